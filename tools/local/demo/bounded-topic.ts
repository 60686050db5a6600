import type { Offsets } from '../../../kafka/record.ts';
import type { Poller, Source, TopicReader } from '../mapping/source.ts';

/**
 * The part of a topic that a run is about. It ends when that is committed, which a topic of a broker
 * by itself never does; what comes after it is left out.
 */
export class BoundedTopic implements Source {
  readonly topic: string;
  readonly #whole: Source;
  readonly #limits: Offsets | undefined;
  /** The offset after the last one known of, by partition. */
  readonly #ends = new Map<number, number>();
  readonly #committed = new Map<number, number>();
  #isComplete = false;
  readonly #done = new AbortController();

  /** @param limits offsets from which on nothing counts; without them, all does */
  constructor(whole: Source, limits?: Offsets) {
    this.topic = whole.topic;
    this.#whole = whole;
    this.#limits = limits;
  }

  /** Says that there is a record, after those said before of its partition. */
  expect(partition: number, offset: number): void {
    this.#ends.set(partition, offset + 1);
    if (!this.#committed.has(partition)) this.#committed.set(partition, offset);
  }

  /** Says that there are no more records than those said. */
  complete(): void {
    this.#isComplete = true;
    this.#endIfDone();
  }

  /** Whether no record was said. */
  get isEmpty(): boolean {
    return this.#ends.size === 0;
  }

  /** Offsets said, and not committed yet. */
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
