import { Buffer } from 'node:buffer';
import { type BatchRecord, type EventOrigin, listName, toEventJson } from './mapping-event.ts';

/** Limits at which a batch is complete. */
export interface BatchLimits {
  readonly batchSize: number;
  /** Bytes of the serialised event. */
  readonly maxPayloadBytes: number;
}

/**
 * Collects records into a batch up to a number of records and a size of the serialised event. Pure:
 * the caller is responsible for the batch window.
 */
export class BatchBuilder {
  readonly records: BatchRecord[] = [];
  /** Size of the event so far. */
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

  /** Adds a record, unless the batch has no room for it. @returns whether it was added */
  tryAdd(record: BatchRecord): boolean {
    const added = this.#bytesOf(record);
    if (this.isFull || this.bytes + added > this.#limits.maxPayloadBytes) return false;
    this.bytes += added;
    this.#partitions.add(record.record.partition);
    this.records.push(record);
    return true;
  }

  #bytesOf({ record: { partition }, bytes }: BatchRecord): number {
    // A comma before all but the first item; a name, a colon and brackets for each list.
    if (this.#partitions.has(partition)) return bytes + 1;
    const list = Buffer.byteLength(JSON.stringify(listName(this.#origin, partition))) + 3;
    return bytes + list + (this.#partitions.size > 0 ? 1 : 0);
  }
}
