import { Buffer } from 'node:buffer';
import type { KafkaEvent, KafkaEventRecord } from '../../lambda/core/record/kafka-event.ts';

export const clusterArn =
  'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3';

/** 2025-11-23T10:53:20Z */
export const noon = 1_763_895_200_000;

type Bytes = string | Uint8Array;

export interface RecordParts {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly timestamp?: number | null;
  readonly key?: Bytes | null;
  readonly value?: Bytes | null;
  readonly headers?: readonly (readonly [name: string, value: Bytes | null])[];
}

/** A record as the event source mapping delivers it. */
export function mskRecord(parts: RecordParts = {}): KafkaEventRecord {
  const { topic = 'orders', partition = 3, offset = 100, timestamp = noon, headers = [] } = parts;
  const { key = 'u-17', value = '{"order":1}' } = parts;
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: 'CREATE_TIME',
    key: key === null ? null : Buffer.from(key).toString('base64'),
    value: value === null ? null : Buffer.from(value).toString('base64'),
    headers: headers.map(([name, bytes]) => ({
      [name]: bytes === null ? null : [...new Int8Array(Buffer.from(bytes))],
    })),
  };
}

/** Records with consecutive offsets, starting at `first`. */
export function mskRecords(first: number, count: number, parts: RecordParts = {}) {
  return Array.from({ length: count }, (_, i) => mskRecord({ ...parts, offset: first + i }));
}

/** An event with records grouped by topic-partition, as Lambda sends it. */
export function mskEvent(records: readonly KafkaEventRecord[]): KafkaEvent {
  return {
    eventSource: 'aws:kafka',
    eventSourceArn: clusterArn,
    bootstrapServers: 'b-2.shop.kafka:9098,b-1.shop.kafka:9098',
    records: Object.fromEntries(
      Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`),
    ),
  };
}
