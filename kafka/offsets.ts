import { type Admin, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { ArchiverError } from '../lambda/core/errors.ts';
import type { Offsets } from './record.ts';

/** A place in the log of every partition: one of its ends, or the first record at or after epoch milliseconds. */
export type OffsetTarget = 'earliest' | 'latest' | { readonly timestamp: number };

/** Partitions of a topic, and the end of the log that counts: with `isStable`, the last stable offset. */
export interface OffsetQuery {
  readonly partitions: readonly number[];
  readonly target: OffsetTarget;
  /** @default false, the high watermark */
  readonly isStable?: boolean;
}

/** Lists the target's offset in each partition; the end of the log where no record is that recent. */
export async function targetOffsets(
  admin: Admin,
  topic: string,
  query: OffsetQuery,
): Promise<Offsets> {
  const { partitions, target } = query;
  const found = await listOffsets(admin, topic, query);
  if (typeof target === 'string') return found;
  const ends = await listOffsets(admin, topic, { partitions, target: 'latest' });
  return new Map(
    [...found].map(([each, offset]) => [each, offset < 0 ? offsetOf(ends, each) : offset]),
  );
}

async function listOffsets(
  admin: Admin,
  topic: string,
  { isStable = false, partitions, target }: OffsetQuery,
): Promise<Offsets> {
  const { READ_COMMITTED, READ_UNCOMMITTED } = FetchIsolationLevels;
  const timestamp = timestampOf(target);
  const [listed] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })),
      },
    ],
    isolationLevel: isStable ? READ_COMMITTED : READ_UNCOMMITTED,
  });
  const found = listed?.partitions ?? [];
  return new Map(found.map(({ offset, partitionIndex }) => [partitionIndex, Number(offset)]));
}

function timestampOf(target: OffsetTarget): bigint {
  const { EARLIEST, LATEST } = ListOffsetTimestamps;
  if (target === 'earliest') return EARLIEST;
  return target === 'latest' ? LATEST : BigInt(target.timestamp);
}

/** Lists the offsets that a group has committed for a topic, without those partitions for which it has none. */
export async function committedOffsets(
  admin: Admin,
  { group, topic }: { readonly group: string; readonly topic: string },
): Promise<Offsets> {
  const [listed] = await admin.listConsumerGroupOffsets({ groups: [group] });
  const found = listed?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return new Map(
    found
      .map((each) => [each.partitionIndex, Number(each.committedOffset)] as const)
      .filter(([, offset]) => offset >= 0),
  );
}

/** @throws {ArchiverError} `KAFKA_FAILED` if the brokers left the partition out */
export function offsetOf(offsets: Offsets, partition: number): number {
  const offset = offsets.get(partition);
  if (offset !== undefined) return offset;
  throw new ArchiverError('KAFKA_FAILED', `the brokers did not list partition ${partition}`);
}
