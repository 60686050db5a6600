import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';

/** Limits of one read. */
export interface ReadLimits {
  readonly maxRecords: number;
  /** Bytes of keys and values; the record that reaches the limit is still read. */
  readonly maxBytes: number;
}

/** Reads some partitions of a topic, each in offset order, from the offsets of their group. */
export interface TopicReader {
  /** Reads the next records, waiting for at least one until the signal aborts. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly ConsumerRecord[]>;
  /** Whether everything was read and no more records can come. */
  readonly ended: boolean;
  /** Whether another poller has taken one of the partitions; then this reader reads no more. */
  readonly isLost: boolean;
  /**
   * Commits, for each partition, the offset at which the group continues. Partitions that another
   * poller has taken meanwhile are skipped.
   *
   * @returns the offsets that were committed
   * @throws if the commit fails or its response is lost, in which case it may have succeeded
   */
  commit(offsets: Offsets): Promise<Offsets>;
}

/** A member of a topic's consumer group. */
export interface Poller {
  /**
   * The partitions that the group assigns to this member, now and after each rebalance. Ends when the
   * signal aborts, or with the topic.
   */
  assignments(signal: AbortSignal): AsyncIterable<readonly number[]>;
  /** Creates a reader of some of its partitions; each partition has one reader at a time. */
  reader(partitions: readonly number[]): TopicReader;
  /** Leaves the group, which gives its partitions to others. */
  leave(): Promise<void>;
}

/** A topic as an event source mapping uses it: its consumer group can be joined. */
export interface Source {
  readonly topic: string;
  join(): Promise<Poller>;
}
