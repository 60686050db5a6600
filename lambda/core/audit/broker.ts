import type { Buffer } from 'node:buffer';
import type { CallOptions } from '../ports.ts';

/** A record as a broker holds it. */
export interface BrokerRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/**
 * A record batch as a broker holds it: https://kafka.apache.org/documentation/#recordbatch. After compaction it spans
 * offsets that have no record any more, and may have no records at all.
 */
export interface BrokerBatch {
  readonly firstOffset: number;
  /** Inclusive: the first offset and the batch's `lastOffsetDelta`. */
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** What the batch does to the producer's transaction; undefined for a batch of records. */
  readonly control: 'commit' | 'abort' | undefined;
  readonly records: readonly BrokerRecord[];
}

/** Offsets of one partition at a broker. All but `end` and `committed` are those of the log. */
export interface BrokerPartition {
  readonly partition: number;
  /** Offset of the first record that the log still has. */
  readonly logStart: number;
  /** The last stable offset: every transaction below it is decided. */
  readonly lastStable: number;
  /** The high watermark: the offset after the last record that consumers can read. */
  readonly end: number;
  /** The offset that the mapping's consumer group reads next; undefined if it has committed none. */
  readonly committed: number | undefined;
}

/** Settings of a topic that decide what a hole or an hour can mean. */
export interface BrokerTopicSettings {
  /** Whether `cleanup.policy` has `compact`. */
  readonly isCompacted: boolean;
  /** `message.timestamp.type`. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** `message.timestamp.before.max.ms`; undefined if unlimited or unknown to the broker. */
  readonly beforeMaxMs: number | undefined;
  /** All settings that are not the broker's defaults, by Kafka's names, such as `max.message.bytes`. */
  readonly own: Readonly<Record<string, string>>;
}

/** A topic at the brokers, at one time. */
export interface BrokerTopic {
  readonly topic: string;
  /** Kafka's id of the topic, a UUID: another one after the topic was deleted and created again. */
  readonly topicId: string;
  readonly settings: BrokerTopicSettings;
  /** In order. */
  readonly partitions: readonly BrokerPartition[];
}

/** Offsets to read again. */
export interface BrokerRange {
  readonly partition: number;
  /** Inclusive. */
  readonly first: number;
  /** Inclusive: reading ends with the batch that has it, at the end of the log, or where the caller stops. */
  readonly last: number;
}

/**
 * The brokers, for one topic and the consumer group of its mapping. Nothing that it does commits an offset or joins a
 * group. Every method rejects with an {@link ArchiverError}: `KAFKA_FAILED` or `STORE_ABORTED`.
 */
export interface AuditBroker {
  /** Returns undefined if the topic does not exist. */
  describe(options: CallOptions): Promise<BrokerTopic | undefined>;
  /**
   * Returns for each partition the offset of the first record at or after a time, in epoch milliseconds; the end of the
   * log where no record is that recent.
   */
  offsetsAt(timestamp: number, options: CallOptions): Promise<ReadonlyMap<number, number>>;
  /**
   * Reads whole batches uncommitted, in order of offsets, control batches, aborted records and records of open
   * transactions included: the control batch that decides a record below the last stable offset can lie above it. The
   * first batch may begin before the range. If the log begins after `first`, reading begins there.
   */
  read(range: BrokerRange, options: CallOptions): AsyncIterable<BrokerBatch>;
}
