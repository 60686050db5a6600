import type { Offsets } from '../../../kafka/record.ts';
import type { Poller, Source, TopicReader } from '../mapping/source.ts';

/**
 * The part of a topic that a run archives. It ends when that part is committed, unlike a broker's topic,
 * which never ends; later records are ignored.
 */
export class BoundedTopic implements Source {
  readonly topic: string;
  readonly #whole: Source;
  readonly #limits: Offsets | undefined;
  /** The offset after the last expected one, by partition. */
  readonly #ends = new Map<number, number>();
  readonly #committed = new Map<number, number>();
  #isComplete = false;
  readonly #done = new AbortController();

  /** @param limits offsets at which the part ends; by default it has no end */
  constructor(whole: Source, limits?: Offsets) {
    this.topic = whole.topic;
    this.#whole = whole;
    this.#limits = limits;
  }

  /** Expects a record; offsets of a partition must ascend. */
  expect(partition: number, offset: number): void {
    this.#ends.set(partition, offset + 1);
    if (!this.#committed.has(partition)) this.#committed.set(partition, offset);
  }

  /** Declares that no more records are expected. */
  complete(): void {
    this.#isComplete = true;
    this.#endIfDone();
  }

  /** Whether no record is expected. */
  get isEmpty(): boolean {
    return this.#ends.size === 0;
  }

  /** Number of expected offsets that are not committed yet. */
  lag(): number {
    let offsets = 0;
    for (const [partition, end] of this.#ends) {
      offsets += Math.max(0, end - (this.#committed.get(partition) ?? 0));
    }
    return offsets;
  }

  async join(): Promise<Poller> {
    const poller = await this.#whole.join();
    return {
      assignments: (signal) => poller.assignments(this.#untilDone(signal)),
      reader: (partitions) => this.#reader(poller.reader(partitions)),
      leave: () => poller.leave(),
    };
  }

  #reader(reader: TopicReader): TopicReader {
    const isDone = () => this.#done.signal.aborted;
    const counts = (partition: number, offset: number) =>
      this.#limits === undefined || offset < (this.#limits.get(partition) ?? 0);
    return {
      read: async (limits, signal) => {
        const records = await reader.read(limits, this.#untilDone(signal));
        return records.filter(({ partition, offset }) => counts(partition, offset));
      },
      get ended() {
        return isDone();
      },
      get isLost() {
        return reader.isLost;
      },
      commit: async (offsets) => {
        const committed = await reader.commit(offsets);
        for (const [partition, offset] of committed) {
          this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? 0));
        }
        this.#endIfDone();
        return committed;
      },
    };
  }

  #untilDone(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#done.signal]);
  }

  #endIfDone(): void {
    if (this.#isComplete && this.lag() === 0) this.#done.abort();
  }
}
