import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';
import { Change } from './change.ts';
import { MemoryGroup } from './memory-group.ts';
import type { Poller, Source, TopicReader } from './source.ts';
import { sizeOf, takeInTurn } from './take-in-turn.ts';

/** Options of a {@link MemoryTopic}. */
export interface MemoryTopicOptions {
  readonly topic: string;
  readonly partitions: number;
  /** Bytes of uncommitted keys and values from which `produce` waits. */
  readonly maxBufferedBytes: number;
}

interface Partition {
  /** Offset of the first record that is kept. */
  base: number;
  records: ConsumerRecord[];
}

/**
 * A topic in memory, with offsets and committed positions as in Kafka. Memory is bounded: committed
 * records are discarded, and producers wait while too many bytes are uncommitted.
 */
export class MemoryTopic implements Source {
  readonly topic: string;
  readonly #logs: readonly Partition[];
  readonly #group: MemoryGroup;
  readonly #maxBufferedBytes: number;
  #bufferedBytes = 0;
  #ended = false;
  /** Any change: produced, committed, ended, rebalanced. */
  readonly change = new Change();

  constructor({ topic, partitions, maxBufferedBytes }: MemoryTopicOptions) {
    this.topic = topic;
    this.#logs = Array.from({ length: partitions }, () => ({ base: 0, records: [] }));
    this.#group = new MemoryGroup(this);
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Appends a record as soon as there is room, and returns its offset. */
  async produce(record: Omit<ConsumerRecord, 'offset'>): Promise<number> {
    while (this.#bufferedBytes >= this.#maxBufferedBytes) await this.change.next();
    const log = this.#log(record.partition);
    const offset = log.base + log.records.length;
    log.records.push({ ...record, offset });
    this.#bufferedBytes += sizeOf(record);
    this.change.happened();
    return offset;
  }

  /** Declares that no more records will be produced. */
  end(): void {
    this.#ended = true;
    this.change.happened();
  }

  /** Whether the topic has ended and everything is committed. */
  get isDone(): boolean {
    return this.#ended && this.#logs.every(({ records }) => records.length === 0);
  }

  get partitionCount(): number {
    return this.#logs.length;
  }

  async join(): Promise<Poller> {
    return this.#group.join();
  }

  /** The offset of a partition that the group reads next. */
  committed(partition: number): number {
    return this.#log(partition).base;
  }

  /** Number of uncommitted records of a partition. */
  lag(partition: number): number {
    return this.#log(partition).records.length;
  }

  /**
   * Creates a reader of some partitions.
   *
   * @param owns whether it may still read and commit a partition; always, by default
   */
  reader(
    partitions: readonly number[],
    owns: (partition: number) => boolean = () => true,
  ): TopicReader {
    const queues = partitions.map((partition) => new LogReader(this.#log(partition)));
    const isDrained = () => queues.every((queue) => queue.isDrained);
    const isEnded = () => this.#ended && isDrained();
    return {
      read: async (limits, signal) => {
        while (isDrained() && !isEnded() && !signal.aborted) await this.change.next(signal);
        // Another reader has a partition by now: do not advance.
        if (!partitions.every(owns)) return [];
        return takeInTurn(queues, limits);
      },
      get isLost() {
        return !partitions.every(owns);
      },
      get ended() {
        return isEnded();
      },
      commit: async (offsets) => {
        const owned = new Map([...offsets].filter(([partition]) => owns(partition)));
        this.#commit(owned);
        return owned;
      },
    };
  }

  #commit(offsets: Offsets): void {
    for (const [partition, offset] of offsets) {
      const log = this.#log(partition);
      const done = log.records.splice(0, offset - log.base);
      log.base = offset;
      for (const record of done) this.#bufferedBytes -= sizeOf(record);
    }
    this.change.happened();
  }

  #log(partition: number): Partition {
    const log = this.#logs[partition];
    if (!log) throw new RangeError(`topic '${this.topic}' has no partition ${partition}`);
    return log;
  }
}

/** The position of a reader in a partition, which starts at the committed offset. */
class LogReader {
  readonly #log: Partition;
  #position: number;

  constructor(log: Partition) {
    this.#log = log;
    this.#position = log.base;
  }

  get isDrained(): boolean {
    return this.#position === this.#log.base + this.#log.records.length;
  }

  shift(): ConsumerRecord | undefined {
    const record = this.#log.records[this.#position - this.#log.base];
    if (record !== undefined) this.#position += 1;
    return record;
  }
}
