import type { KafkaConnection } from '../../../kafka/connection.ts';

/** Where a group without committed offsets begins; a timestamp is in epoch milliseconds. */
export type StartingPosition = 'earliest' | 'latest' | { readonly timestamp: number };

/** How to continue a partition whose next offset is no longer in its log. */
export const outOfRangePolicies = ['earliest', 'latest', 'stop'] as const;

/** Name of one of the {@link outOfRangePolicies}. */
export type OutOfRangePolicy = (typeof outOfRangePolicies)[number];

/** What happens between a poller and its cluster, for observers. */
export type KafkaEvent =
  | { readonly type: 'assigned'; readonly partitions: readonly number[] }
  /** The group has committed offsets, and continues from them instead. */
  | { readonly type: 'starting position ignored'; readonly partitions: readonly number[] }
  /** The log begins after, or ends before, the next offset. */
  | {
      readonly type: 'out of range';
      readonly partition: number;
      readonly from: number;
      /** Where the poller continues; undefined if it stops. */
      readonly to: number | undefined;
      /** Number of offsets that were deleted before they were read. */
      readonly lost: number;
    }
  /** Retried. */
  | { readonly type: 'error'; readonly doing: string; readonly error: Error };

/** A topic and its consumer group. */
export interface KafkaTopicOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly startingPosition: StartingPosition;
  /** Not documented for the service. @default 'earliest' */
  readonly outOfRange?: OutOfRangePolicy;
  /** Whether to skip records of aborted transactions. Not documented. @default true */
  readonly readCommitted?: boolean;
  /** Milliseconds without a heartbeat after which the broker considers a poller dead. @default 45000 */
  readonly sessionTimeoutMs?: number;
  readonly observe: (event: KafkaEvent) => void;
}
