import { Buffer } from 'node:buffer';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import {
  type BatchRecord,
  type EventOrigin,
  toBatchRecord,
} from '../../../lambda/core/record/mapping-event.ts';

/** 2025-11-23T10:53:20Z */
export const noon = 1_763_895_200_000;

export const origin: EventOrigin = {
  topic: 'orders',
  eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-3',
  bootstrapServers: 'b-2.shop:9098,b-1.shop:9098',
  nullStyle: 'null',
};

/** A record as in a topic. */
export function sourceRecord(parts: Partial<ConsumerRecord> = {}): ConsumerRecord {
  return {
    partition: 0,
    offset: 0,
    timestamp: noon,
    timestampType: 'CREATE_TIME',
    key: Buffer.from('u-17'),
    value: Buffer.from('{"order":1}'),
    headers: [],
    ...parts,
  };
}

/** A record as in a batch. */
export function batchRecord(parts: Partial<ConsumerRecord> = {}): BatchRecord {
  return toBatchRecord(sourceRecord(parts), origin);
}

/** Records with offsets 0 to `count` - 1 of each of these partitions, interleaved. */
export function batchRecords(count: number, partitions: readonly number[] = [0]): BatchRecord[] {
  return Array.from({ length: count }, (_, offset) =>
    partitions.map((partition) => batchRecord({ partition, offset })),
  ).flat();
}

/** Partition and offset of each record, as `partition:offset`. */
export function places(records: readonly (ConsumerRecord | BatchRecord)[]): string[] {
  return records
    .map((record) => ('record' in record ? record.record : record))
    .map(({ partition, offset }) => `${partition}:${offset}`);
}
