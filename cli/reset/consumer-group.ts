import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import { chainOf } from '../../kafka/client-errors.ts';
import { clientOptions, type KafkaConnection, keepAlive } from '../../kafka/connection.ts';
import { partitionCounts } from '../../kafka/partition-counts.ts';
import type { Offsets } from '../../kafka/record.ts';
import { invalid } from '../flags.ts';
import { failed, kafkaError } from './errors.ts';
import type { Position } from './plan.ts';
import type { ResetTarget } from './target.ts';

/** A consumer group, as far as it reads one topic. All throw {@link ArchiverError} `LOAD_FAILED`. */
export interface ConsumerGroup {
  /** Log and committed offset of each partition, in order. */
  positions(): Promise<readonly Position[]>;
  /** The offset of each partition where the target is; the end, where no record is so late. */
  offsetsAt(target: ResetTarget): Promise<Offsets>;
  /** How many read by it now; none of those of the consumer protocol that is newer than the client. */
  memberCount(): Promise<number>;
  /**
   * Commits offsets as none of its members.
   *
   * @returns whether it is done: the broker refuses it while there are members, also those not counted
   */
  commit(offsets: Offsets): Promise<boolean>;
  close(): Promise<void>;
}

/** How to open a group, for {@link openConsumerGroup}. */
export interface ConsumerGroupOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly group: string;
}

/** As a person waits: a broker that moves is back in seconds. */
const RETRIES = 5;
const RETRY_MS = 1_000;

/**
 * Reaches a group through its brokers.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where they cannot be reached, or have no such topic
 */
export async function openConsumerGroup(options: ConsumerGroupOptions): Promise<ConsumerGroup> {
  const { connection, group, topic } = options;
  const count = (await partitionCounts(connection, [topic])).get(topic);
  if (count === undefined) {
    throw invalid(`no topic '${topic}' at ${connection.brokers.join(', ')}`);
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

/** Makes a call of the client. */
async function ask<Result>(action: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw kafkaError(action, error);
  }
}

async function listOffsets(
  admin: Admin,
  topic: string,
  { partitions, timestamp }: { partitions: readonly number[]; timestamp: bigint },
): Promise<Offsets> {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const [listed] = await ask(`list of the offsets of '${topic}'`, () =>
    admin.listOffsets({ topics: [{ name: topic, partitions: asked }] }),
  );
  const found = listed?.partitions ?? [];
  return new Map(found.map(({ offset, partitionIndex }) => [partitionIndex, Number(offset)]));
}

interface Named {
  readonly group: string;
  readonly topic: string;
}

async function readPositions(
  admin: Admin,
  { group, partitions, topic }: Named & { readonly partitions: readonly number[] },
): Promise<readonly Position[]> {
  const { EARLIEST, LATEST } = ListOffsetTimestamps;
  const begins = await listOffsets(admin, topic, { partitions, timestamp: EARLIEST });
  const committed = await readCommitted(admin, { group, topic });
  // Last, so that no committed offset is after it by having been read later.
  const ends = await listOffsets(admin, topic, { partitions, timestamp: LATEST });
  return partitions.map((partition) => ({
    partition,
    begin: offsetOf(begins, partition),
    end: offsetOf(ends, partition),
    committed: committed.get(partition),
  }));
}

async function readCommitted(admin: Admin, { group, topic }: Named): Promise<Offsets> {
  const [listed] = await ask(`list of the committed offsets of '${group}'`, () =>
    admin.listConsumerGroupOffsets({ groups: [group] }),
  );
  const found = listed?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return new Map(
    found
      .map((each) => [each.partitionIndex, Number(each.committedOffset)] as const)
      .filter(([, offset]) => offset >= 0),
  );
}

async function readTargets(
  admin: Admin,
  topic: string,
  { partitions, target }: { partitions: readonly number[]; target: ResetTarget },
): Promise<Offsets> {
  const { EARLIEST, LATEST } = ListOffsetTimestamps;
  const ends = await listOffsets(admin, topic, { partitions, timestamp: LATEST });
  if (target === 'latest') return ends;
  const timestamp = target === 'earliest' ? EARLIEST : BigInt(target.timestamp);
  const found = await listOffsets(admin, topic, { partitions, timestamp });
  return new Map(
    [...found].map(([each, offset]) => [each, offset < 0 ? offsetOf(ends, each) : offset]),
  );
}

function offsetOf(offsets: Offsets, partition: number): number {
  const offset = offsets.get(partition);
  if (offset !== undefined) return offset;
  throw failed(`the brokers say nothing of partition ${partition}`);
}

async function countMembers(admin: Admin, group: string): Promise<number> {
  try {
    const described = await admin.describeGroups({ groups: [group] });
    return described.get(group)?.members.size ?? 0;
  } catch (error) {
    // What newer brokers say of a group that has never been.
    if (isNamed(error, 'GROUP_ID_NOT_FOUND')) return 0;
    throw kafkaError(`description of the group '${group}'`, error);
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
    if (isNamed(error, 'UNKNOWN_MEMBER_ID')) return false;
    throw kafkaError('commit of the offsets', error);
  }
}

/** Whether it is, or is caused by, the broker's error of that name. */
function isNamed(error: unknown, apiId: string): boolean {
  return chainOf(error).some((each) => each.apiId === apiId);
}
