import { Buffer } from 'node:buffer';
import type { BrokerRecord } from '../audit/broker.ts';

/** The source of a batch, as its event names it. */
export interface EventOrigin {
  readonly topic: string;
  /** Absent for self-managed Kafka. */
  readonly eventSourceArn?: string;
  readonly bootstrapServers: string;
  /** How a null key or value is written; AWS does not document which of the two the service does. */
  readonly nullStyle: 'null' | 'absent';
}

/** A record and its part of the event, serialised once. */
export interface BatchRecord {
  readonly record: BrokerRecord;
  readonly json: string;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
}

/** Serialises a record as the event source mapping does: base64 key and value, signed header bytes. */
export function toBatchRecord(record: BrokerRecord, origin: EventOrigin): BatchRecord {
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

/** Serialises the event of a batch as JSON: records grouped by topic-partition, in the order given. */
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

/** Name of a topic-partition in the event, such as `orders-3`. */
export function listName({ topic }: Pick<EventOrigin, 'topic'>, partition: number): string {
  return `${topic}-${partition}`;
}
