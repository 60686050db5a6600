import { Buffer } from 'node:buffer';
import {
  type BatchRecord,
  type EventOrigin,
  toBatchRecord,
} from '../../lambda/core/record/mapping-event.ts';
import { clusterArn } from '../helpers/kafka-events.ts';

/** Where simulated records come from. */
export const origin: EventOrigin = {
  topic: 'orders',
  eventSourceArn: clusterArn,
  bootstrapServers: 'b-1.shop:9098',
  nullStyle: 'null',
};

/** 2025-11-23T10:00:00Z: the hour that the first record of each partition falls into. */
export const FIRST_HOUR = 1_763_892_000_000;
const HOUR_MS = 3_600_000;

/** What a simulated topic holds. */
export interface TopicShape {
  readonly partitions: number;
  /** Of each partition. */
  readonly records: number;
  /** Hours that records fall into by turns: so many objects a long enough run becomes. */
  readonly hours: number;
}

/** The records of a topic from its creation to its deletion. */
export interface TopicLog {
  /** How many topics of this name there were before; records carry it as their value. */
  readonly epoch: number;
  /** By partition, in offset order. */
  readonly partitions: readonly (readonly BatchRecord[])[];
  /** From a record's position among its partition's records to its number of hour. */
  readonly hours: number;
}

const logs = new Map<string, TopicLog>();

/** The log of a topic; offsets have gaps, as those of a compacted or transactional topic have. */
export function topicLog(shape: TopicShape, epoch: number): TopicLog {
  const name = JSON.stringify([shape, epoch]);
  const log = logs.get(name) ?? makeLog(shape, epoch);
  logs.set(name, log);
  return log;
}

function makeLog({ partitions, records, hours }: TopicShape, epoch: number): TopicLog {
  const makeRecord = (partition: number, index: number) =>
    toBatchRecord(
      {
        partition,
        offset: index + Math.floor(index / 2),
        timestamp: FIRST_HOUR + (index % hours) * HOUR_MS,
        timestampType: 'CREATE_TIME',
        key: null,
        value: Buffer.from(String(epoch)),
        headers: [],
      },
      origin,
    );
  return {
    epoch,
    hours,
    partitions: Array.from({ length: partitions }, (_, partition) =>
      Array.from({ length: records }, (_, index) => makeRecord(partition, index)),
    ),
  };
}

/** Offset of a record. */
export function offsetOf({ record }: BatchRecord): number {
  return record.offset;
}

/** The runs of a batch: its records by partition. */
export function runsOf(records: readonly BatchRecord[]): Map<number, BatchRecord[]> {
  return Map.groupBy(records, ({ record }) => record.partition);
}

/** `p0 0-4, p1 7-9`: the runs of a batch, for people. */
export function describeRuns(records: readonly BatchRecord[]): string {
  return [...runsOf(records)]
    .map(([partition, run]) => `p${partition} ${run.map(offsetOf).join(',')}`)
    .join(' + ');
}
