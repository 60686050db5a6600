import { Buffer } from 'node:buffer';
import type { SourceRecord } from './source.ts';

/** Where a batch comes from, as its event says it. */
export interface EventOrigin {
  readonly topic: string;
  /** Absent for self-managed Kafka. */
  readonly eventSourceArn?: string;
  readonly bootstrapServers: string;
  /** How a null key or value is written: which of the two the service does is not documented. */
  readonly nullStyle: 'null' | 'absent';
}

/** A record with its part of the event, serialised once. */
export interface BatchRecord {
  readonly record: SourceRecord;
  readonly json: string;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
}

/** Serialises a record as the event source mapping does: base64 text, signed header bytes. */
export function toBatchRecord(record: SourceRecord, origin: EventOrigin): BatchRecord {
  const { partition, offset, timestamp, timestampType, key, value, headers } = record;
  const nothing = origin.nullStyle === 'null' ? null : undefined;
  const json = JSON.stringify({
    topic: origin.topic,
    partition,
    offset,
    timestamp,
    timestampType,
    key: key?.toString('base64') ?? nothing,
    value: value?.toString('base64') ?? nothing,
    headers: headers.map(({ name, value: bytes }) => ({
      [name]: bytes === null ? null : [...new Int8Array(bytes)],
    })),
  });
  return { record, json, bytes: Buffer.byteLength(json) };
}

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

/** The event of a batch, as JSON text: records by topic-partition, each in offset order. */
export function toEventJson(records: readonly BatchRecord[], origin: EventOrigin): string {
  const { eventSourceArn, bootstrapServers } = origin;
  const source = eventSourceArn === undefined ? 'SelfManagedKafka' : 'aws:kafka';
  const head = JSON.stringify({ eventSource: source, eventSourceArn, bootstrapServers });
  const lists = [...Map.groupBy(records, ({ record }) => record.partition)].map(
    ([partition, list]) =>
      `${JSON.stringify(listName(origin, partition))}:[${list.map(({ json }) => json).join(',')}]`,
  );
  return `${head.slice(0, -1)},"records":{${lists.join(',')}}}`;
}

/** The event's name for a topic-partition. */
export function listName({ topic }: Pick<EventOrigin, 'topic'>, partition: number): string {
  return `${topic}-${partition}`;
}
