import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import type { Offsets } from '../../../kafka/record.ts';
import type { Poller, Source } from '../mapping/source.ts';
import { KafkaPoller } from './kafka-poller.ts';

/** Where a group without committed offsets begins; epoch milliseconds for a time. */
export type StartingPosition = 'earliest' | 'latest' | { readonly timestamp: number };

/** What becomes of a partition whose next offset is not in its log any more. */
export const outOfRangePolicies = ['earliest', 'latest', 'stop'] as const;

/** Name of one of the {@link outOfRangePolicies}. */
export type OutOfRangePolicy = (typeof outOfRangePolicies)[number];

/** What happened between a poller and its cluster, for whoever watches. */
export type KafkaEvent =
  | { readonly type: 'assigned'; readonly partitions: readonly number[] }
  /** The group has offsets, so it goes on from them instead. */
  | { readonly type: 'starting position ignored'; readonly partitions: readonly number[] }
  /** The log begins after, or ends before, the offset to go on from. */
  | {
      readonly type: 'out of range';
      readonly partition: number;
      readonly from: number;
      /** Where it goes on; absent where it stops. */
      readonly to: number | undefined;
      /** Offsets that were deleted before they were read. */
      readonly lost: number;
    }
  /** Tried again. */
  | { readonly type: 'error'; readonly doing: string; readonly error: Error };

/** A topic and the group that reads it. */
export interface KafkaTopicOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly startingPosition: StartingPosition;
  /** Not documented for the service. @default 'earliest' */
  readonly outOfRange?: OutOfRangePolicy;
  /** Whether records of aborted transactions are left out. Not documented. @default true */
  readonly readCommitted?: boolean;
  /** Milliseconds without a heartbeat after which the broker takes a poller for dead. @default 45000 */
  readonly sessionTimeoutMs?: number;
  readonly observe: (event: KafkaEvent) => void;
}

/** A topic of a Kafka cluster, as a source of the event source mapping. */
export class KafkaTopic implements Source {
  readonly topic: string;
  readonly #options: KafkaTopicOptions;
  readonly #admin: Admin;
  #hasJoined = false;

  constructor(options: KafkaTopicOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.#admin = keepAlive(new Admin(clientOptions(options.connection)));
  }

  /** Resolves when the group has let the new member in. */
  async join(): Promise<Poller> {
    const poller = new KafkaPoller(this.#options);
    await poller.join();
    if (!this.#hasJoined) {
      this.#hasJoined = true;
      const { observe } = this.#options;
      // A warning is not worth failing for.
      const committed = await this.#committed().catch((): Offsets => new Map());
      const partitions = [...committed.keys()];
      if (partitions.length > 0) observe({ type: 'starting position ignored', partitions });
    }
    return poller;
  }

  /**
   * Offsets between the group's and the end of the log, by partition; of all the log, where the group
   * has committed none. An offset is not always a record: the mark that ends a transaction is one.
   */
  async lag(): Promise<Offsets> {
    const ends = await endOffsets(this.#admin, this.topic);
    const committed = await this.#committed();
    return new Map(
      [...ends].map(([partition, end]) => [
        partition,
        Math.max(0, end - (committed.get(partition) ?? 0)),
      ]),
    );
  }

  /** Ends its own connections; its pollers have left before. */
  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #committed(): Promise<Offsets> {
    const { topic, groupId } = this.#options;
    const [group] = await this.#admin.listConsumerGroupOffsets({ groups: [groupId] });
    const listed = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return new Map(
      listed
        .map((each) => [each.partitionIndex, Number(each.committedOffset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }
}

/** The end of each partition's log: the offset that its next record will have. */
export async function endOffsets(admin: Admin, topic: string): Promise<Offsets> {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
  const [listed] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: count }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: ListOffsetTimestamps.LATEST,
        })),
      },
    ],
  });
  return new Map(
    (listed?.partitions ?? [])
      .map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)] as const)
      .sort(([a], [b]) => a - b),
  );
}
