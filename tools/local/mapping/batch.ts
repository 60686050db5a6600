import { Buffer } from 'node:buffer';
import {
  type BatchRecord,
  type EventOrigin,
  listName,
  toEventJson,
} from '../../../kafka/mapping-event.ts';

/** When a batch is complete. */
export interface BatchLimits {
  readonly batchSize: number;
  /** Bytes of the whole serialised event. */
  readonly maxPayloadBytes: number;
}

/**
 * Gathers records into a batch up to a count of records and to a size of the event, counted on the
 * event as it will be sent. Pure: the batch window is the caller's.
 */
export class BatchBuilder {
  readonly records: BatchRecord[] = [];
  /** Bytes of the event so far. */
  bytes: number;
  readonly #origin: EventOrigin;
  readonly #limits: BatchLimits;
  readonly #partitions = new Set<number>();

  constructor(origin: EventOrigin, limits: BatchLimits) {
    this.#origin = origin;
    this.#limits = limits;
    this.bytes = Buffer.byteLength(toEventJson([], origin));
  }

  get isFull(): boolean {
    return this.records.length >= this.#limits.batchSize;
  }

  /** Takes a record, or leaves it where the batch has no room for it. */
  tryAdd(record: BatchRecord): boolean {
    const added = this.#bytesOf(record);
    if (this.isFull || this.bytes + added > this.#limits.maxPayloadBytes) return false;
    this.bytes += added;
    this.#partitions.add(record.record.partition);
    this.records.push(record);
    return true;
  }

  #bytesOf({ record: { partition }, bytes }: BatchRecord): number {
    // A comma before all but the first; a name, a colon and brackets for each list.
    if (this.#partitions.has(partition)) return bytes + 1;
    const list = Buffer.byteLength(JSON.stringify(listName(this.#origin, partition))) + 3;
    return bytes + list + (this.#partitions.size > 0 ? 1 : 0);
  }
}
