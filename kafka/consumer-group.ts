import { Admin } from '@platformatic/kafka';
import { ArchiverError } from '../lambda/core/errors.ts';
import { hasApiError, kafkaError } from './client-errors.ts';
import { clientOptions, type KafkaConnection, keepAlive } from './connection.ts';
import {
  committedOffsets,
  type OffsetQuery,
  type OffsetTarget,
  offsetOf,
  targetOffsets,
} from './offsets.ts';
import { partitionCounts } from './partition-counts.ts';
import type { Offsets } from './record.ts';

export type { OffsetTarget };

/** Where a group stands in one partition. */
export interface Position {
  readonly partition: number;
  /** Offset of the first record that the log still has. */
  readonly begin: number;
  /** Offset that the next record will get. */
  readonly end: number;
  /** Offset that the group reads next. @default - none is committed */
  readonly committed: number | undefined;
}

/** A consumer group, limited to one topic. Every method throws {@link ArchiverError} `KAFKA_FAILED`. */
export interface ConsumerGroup {
  /** Log and committed offset of each partition, in order. */
  positions(): Promise<readonly Position[]>;
  /** The target's offset in each partition; the end of the log where no record is that recent. */
  offsetsAt(target: OffsetTarget): Promise<Offsets>;
  /** Number of current members, without those of the newer consumer protocol, which the client cannot list. */
  memberCount(): Promise<number>;
  /**
   * Commits offsets without being a member.
   *
   * @returns false if the broker refuses because the group has members, including those not counted
   */
  commit(offsets: Offsets): Promise<boolean>;
  close(): Promise<void>;
}

/** Which group to open with {@link openConsumerGroup}. */
export interface ConsumerGroupOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly group: string;
}

/** A person is waiting: a broker that moves is back within seconds. */
const RETRIES = 5;
const RETRY_MS = 1_000;

/**
 * Connects to the brokers of a group.
 *
 * @throws {ArchiverError} `KAFKA_FAILED` if they cannot be reached, reject the login, or have no such topic
 */
export async function openConsumerGroup(options: ConsumerGroupOptions): Promise<ConsumerGroup> {
  const { connection, group, topic } = options;
  const count = (await partitionCounts(connection, [topic])).get(topic);
  if (count === undefined) {
    const where = connection.brokers.join(', ');
    throw new ArchiverError('KAFKA_FAILED', `topic '${topic}' does not exist at ${where}`);
  }
  const settings = { ...clientOptions(connection), retries: RETRIES, retryDelay: RETRY_MS };
  const admin = keepAlive(new Admin(settings));
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  return {
    positions: () => readPositions(admin, { group, topic, partitions }),
    offsetsAt: (target) => readTargets(admin, topic, { partitions, target }),
    memberCount: () => countMembers(admin, group),
    commit: (offsets) => commitOffsets(admin, { group, topic, offsets }),
    close: () => admin.close(),
  };
}

async function ask<Result>(action: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw kafkaError(action, error);
  }
}

interface Named {
  readonly group: string;
  readonly topic: string;
}

async function readPositions(
  admin: Admin,
  { group, partitions, topic }: Named & { readonly partitions: readonly number[] },
): Promise<readonly Position[]> {
  const begins = await readTargets(admin, topic, { partitions, target: 'earliest' });
  const committed = await ask(`listing the committed offsets of '${group}'`, () =>
    committedOffsets(admin, { group, topic }),
  );
  // Read last, so that a committed offset cannot lie behind an end that was read earlier.
  const ends = await readTargets(admin, topic, { partitions, target: 'latest' });
  return partitions.map((partition) => ({
    partition,
    begin: offsetOf(begins, partition),
    end: offsetOf(ends, partition),
    committed: committed.get(partition),
  }));
}

async function readTargets(admin: Admin, topic: string, query: OffsetQuery): Promise<Offsets> {
  return ask(`listing the offsets of '${topic}'`, () => targetOffsets(admin, topic, query));
}

async function countMembers(admin: Admin, group: string): Promise<number> {
  try {
    const described = await admin.describeGroups({ groups: [group] });
    return described.get(group)?.members.size ?? 0;
  } catch (error) {
    // Newer brokers return this for a group that never existed.
    if (hasApiError(error, 'GROUP_ID_NOT_FOUND')) return 0;
    throw kafkaError(`describing the group '${group}'`, error);
  }
}

async function commitOffsets(
  admin: Admin,
  { group, offsets, topic }: Named & { readonly offsets: Offsets },
): Promise<boolean> {
  const partitionOffsets = [...offsets].map(([partition, offset]) => ({
    partition,
    offset: BigInt(offset),
  }));
  const topics = [{ name: topic, partitionOffsets }];
  try {
    await admin.alterConsumerGroupOffsets({ groupId: group, topics });
    return true;
  } catch (error) {
    if (hasApiError(error, 'UNKNOWN_MEMBER_ID')) return false;
    throw kafkaError('committing the offsets', error);
  }
}
