import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';

/** How much to read at once. */
export interface ReadLimits {
  readonly maxRecords: number;
  /** Bytes of keys and values; reading ends with the record that reaches them. */
  readonly maxBytes: number;
}

/** Reads some partitions of a topic, each in offset order, from where their group left off. */
export interface TopicReader {
  /** The next records: at once when there are any, else when there are or when the signal aborts. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly ConsumerRecord[]>;
  /** Whether all was read and nothing more can come. */
  readonly ended: boolean;
  /** Whether a partition of it has gone to another poller: it reads no more. */
  readonly isLost: boolean;
  /**
   * Commits, for each partition given, the offset that its group goes on from; those of partitions
   * that have gone to another poller since are left alone.
   *
   * @returns what was committed
   * @throws where the commit failed, or its answer was lost: it may have been done all the same
   */
  commit(offsets: Offsets): Promise<Offsets>;
}

/** A member of a topic's consumer group. */
export interface Poller {
  /**
   * The partitions that the group assigns to this member, now and after each rebalance; ends when the
   * signal aborts, or with the topic.
   */
  assignments(signal: AbortSignal): AsyncIterable<readonly number[]>;
  /** A reader for some of its partitions; each partition has one reader at a time. */
  reader(partitions: readonly number[]): TopicReader;
  /** Leaves the group, which gives its partitions to others. */
  leave(): Promise<void>;
}

/** A topic as the event source mapping sees it: something whose consumer group can be joined. */
export interface Source {
  readonly topic: string;
  join(): Promise<Poller>;
}
