import { Buffer } from 'node:buffer';
import type {
  AuditBroker,
  BrokerBatch,
  BrokerPartition,
  BrokerRange,
  BrokerRecord,
  BrokerTopic,
  BrokerTopicSettings,
} from '../../lambda/core/audit/broker.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { noon } from './kafka-events.ts';

/** A record to append; what is left out is a default. */
export interface MemoryRecord {
  readonly timestamp?: number;
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: BrokerRecord['headers'];
}

/** A partition's log, as a leader keeps it. */
interface Log {
  logStart: number;
  end: number;
  committed: number | undefined;
  batches: BrokerBatch[];
  /** First offset of each open transaction, by producer. */
  readonly open: Map<bigint, number>;
}

const NO_PRODUCER = -1n;

/**
 * A topic at brokers in memory: record batches with transactions, aborts, compaction, deleted records, and another
 * life of the topic. Its offsets are as Kafka gives them: a mark has an offset of its own, a batch keeps its span when
 * compaction removes records from it, and the last stable offset is that of the first open transaction.
 */
export class MemoryBroker implements AuditBroker {
  readonly topic: string;
  topicId = '0f1e2d3c-0000-4000-8000-000000000001';
  settings: BrokerTopicSettings = {
    isCompacted: false,
    timestampType: 'CreateTime',
    beforeMaxMs: undefined,
    own: {},
  };
  exists = true;
  /** Every range that was read, in order. */
  readonly reads: BrokerRange[] = [];
  /** The failure of the next calls, if any. */
  failure: ArchiverError | undefined;
  #logs: Log[];

  constructor(topic = 'orders', partitions = 1) {
    this.topic = topic;
    this.#logs = Array.from({ length: partitions }, emptyLog);
  }

  /** Number of partitions. */
  get partitions(): number {
    return this.#logs.length;
  }

  /** Appends records as one batch, and returns them. */
  append(partition: number, records: readonly MemoryRecord[]): readonly BrokerRecord[] {
    return this.#append(partition, records, NO_PRODUCER);
  }

  /** Appends a batch of a producer's transaction, which begins with the first one. */
  appendInTransaction(
    partition: number,
    producerId: bigint,
    records: readonly MemoryRecord[],
  ): readonly BrokerRecord[] {
    const log = this.#log(partition);
    if (!log.open.has(producerId)) log.open.set(producerId, log.end);
    return this.#append(partition, records, producerId);
  }

  /** Ends a producer's transaction in a partition with a control batch, and returns its offset. */
  endTransaction(partition: number, producerId: bigint, control: 'commit' | 'abort'): number {
    const log = this.#log(partition);
    log.open.delete(producerId);
    const offset = log.end;
    log.end += 1;
    log.batches.push({
      ...{ firstOffset: offset, lastOffset: offset, producerId, isTransactional: true, control },
      records: [],
    });
    return offset;
  }

  /** Compacts a partition: keeps the batches' spans, and drops those without records. */
  compact(partition: number, keeps: (record: BrokerRecord) => boolean): void {
    const log = this.#log(partition);
    log.batches = log.batches
      .map((batch) => ({ ...batch, records: batch.records.filter(keeps) }))
      .filter(({ control, records }) => control !== undefined || records.length > 0);
  }

  /** Raises the log start, as `DeleteRecords` and retention do. Whole batches below it are removed. */
  deleteRecords(partition: number, before: number): void {
    const log = this.#log(partition);
    log.logStart = before;
    log.batches = log.batches.filter(({ lastOffset }) => lastOffset >= before);
  }

  /** Commits the group's offset; by default everything below the last stable offset. */
  commit(partition: number, offset = this.lastStable(partition)): void {
    this.#log(partition).committed = offset;
  }

  /** Deletes the topic and creates it again, with another id and without records or committed offsets. */
  recreate(partitions = this.partitions): void {
    const life = Number(this.topicId.slice(-12)) + 1;
    this.topicId = `${this.topicId.slice(0, -12)}${String(life).padStart(12, '0')}`;
    this.#logs = Array.from({ length: partitions }, emptyLog);
  }

  addPartitions(count: number): void {
    this.#logs.push(...Array.from({ length: count }, emptyLog));
  }

  lastStable(partition: number): number {
    const { end, open } = this.#log(partition);
    return Math.min(end, ...open.values());
  }

  /** The records that consumers see from an offset on, up to the last stable offset: those of no aborted transaction. */
  committedRecords(partition: number, from = 0): readonly BrokerRecord[] {
    const { batches, logStart } = this.#log(partition);
    const aborted = new Set<BrokerBatch>();
    const pending = new Map<bigint, BrokerBatch[]>();
    for (const batch of batches.filter(({ isTransactional }) => isTransactional)) {
      const own = pending.get(batch.producerId) ?? [];
      if (batch.control === undefined) pending.set(batch.producerId, [...own, batch]);
      else {
        if (batch.control === 'abort') for (const each of own) aborted.add(each);
        pending.delete(batch.producerId);
      }
    }
    const stable = this.lastStable(partition);
    return batches
      .filter((batch) => !aborted.has(batch))
      .flatMap(({ records }) => records)
      .filter(({ offset }) => offset >= Math.max(from, logStart) && offset < stable);
  }

  async describe({ signal }: CallOptions): Promise<BrokerTopic | undefined> {
    this.#check(signal);
    if (!this.exists) return undefined;
    const partitions = this.#logs.map<BrokerPartition>(
      ({ committed, end, logStart }, partition) => ({
        ...{ partition, logStart, end, committed },
        lastStable: this.lastStable(partition),
      }),
    );
    const { settings, topic, topicId } = this;
    return { topic, topicId, settings, partitions };
  }

  async offsetsAt(timestamp: number, { signal }: CallOptions) {
    this.#check(signal);
    return new Map(
      this.#logs.map(({ batches, end }, partition) => {
        const records = batches.flatMap((batch) => batch.records);
        return [partition, records.find((each) => each.timestamp >= timestamp)?.offset ?? end];
      }),
    );
  }

  async *read(range: BrokerRange, { signal }: CallOptions): AsyncGenerator<BrokerBatch> {
    this.reads.push(range);
    for (const batch of [...this.#log(range.partition).batches]) {
      this.#check(signal);
      if (batch.firstOffset > range.last) return;
      if (batch.lastOffset < range.first) continue;
      yield batch;
    }
  }

  #append(
    partition: number,
    records: readonly MemoryRecord[],
    producerId: bigint,
  ): readonly BrokerRecord[] {
    const log = this.#log(partition);
    const firstOffset = log.end;
    const appended = records.map((record, index) => ({
      ...{ partition, offset: firstOffset + index, timestamp: record.timestamp ?? noon },
      timestampType: 'CREATE_TIME' as const,
      key: bytesOf(record.key, 'u-17'),
      value: bytesOf(record.value, `{"order":${firstOffset + index}}`),
      headers: record.headers ?? [],
    }));
    log.end += records.length;
    log.batches.push({
      ...{ firstOffset, lastOffset: log.end - 1, producerId, control: undefined },
      isTransactional: producerId !== NO_PRODUCER,
      records: appended,
    });
    return appended;
  }

  #check(signal: AbortSignal): void {
    if (this.failure !== undefined) throw this.failure;
    if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true });
  }

  #log(partition: number): Log {
    const log = this.#logs[partition];
    if (log === undefined) throw new RangeError(`no partition ${partition}`);
    return log;
  }
}

function emptyLog(): Log {
  return { logStart: 0, end: 0, committed: undefined, batches: [], open: new Map() };
}

function bytesOf(bytes: string | Buffer | null | undefined, otherwise: string): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes ?? otherwise);
}
