import { setTimeout as sleep } from 'node:timers/promises';
import { toError } from '../../../kafka/client-errors.ts';
import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';
import type { Poller, ReadLimits, TopicReader } from '../mapping/source.ts';
import { RecordBuffer, takeInTurn } from '../mapping/take-in-turn.ts';
import { GroupMember } from './group-member.ts';
import { type Cursor, PartitionFetcher } from './partition-fetcher.ts';
import type { KafkaTopicOptions } from './topic-options.ts';

/** Milliseconds before a retry. */
const RETRY_DELAY_MS = 250;

/** A member of a topic's consumer group that fetches its partitions. */
export class KafkaPoller implements Poller {
  readonly #options: KafkaTopicOptions;
  readonly #member: GroupMember;
  readonly #fetcher: PartitionFetcher;

  constructor(options: KafkaTopicOptions) {
    this.#options = options;
    this.#member = new GroupMember(options);
    this.#fetcher = new PartitionFetcher(options);
  }

  /** Resolves when the poller has joined the group. */
  async join(): Promise<void> {
    await this.#member.join();
  }

  async *assignments(signal: AbortSignal): AsyncGenerator<readonly number[]> {
    let last: readonly number[] | undefined;
    while (!signal.aborted) {
      if (last === this.#member.partitions) await this.#member.change.next(signal);
      else {
        last = this.#member.partitions;
        yield last;
      }
    }
  }

  reader(partitions: readonly number[]): TopicReader {
    const tenures = new Map(partitions.map((each) => [each, this.#member.tenure(each)]));
    const owns = (partition: number) => {
      const tenure = tenures.get(partition);
      return tenure !== undefined && this.#member.tenure(partition) === tenure;
    };
    let cursors: Cursor[] | undefined;
    return {
      ended: false,
      get isLost() {
        return !partitions.every(owns);
      },
      read: async (limits, signal) => {
        cursors ??= await this.#cursors(partitions, owns, signal);
        return cursors === undefined || !partitions.every(owns)
          ? []
          : this.#read(cursors, limits, signal);
      },
      commit: async (offsets) => {
        const own = new Map([...offsets].filter(([partition]) => owns(partition)));
        if (own.size > 0) await this.#member.commit(own);
        return own;
      },
    };
  }

  async leave(): Promise<void> {
    await this.#member.leave();
    await this.#fetcher.close();
  }

  async #read(
    cursors: Cursor[],
    limits: ReadLimits,
    signal: AbortSignal,
  ): Promise<readonly ConsumerRecord[]> {
    const isEmpty = () => cursors.every(({ fetched }) => fetched.isEmpty);
    if (isEmpty()) this.#fetcher.resume(cursors);
    while (isEmpty() && !signal.aborted) {
      await this.#fetcher.change.next(signal);
      const failed = cursors.find(({ failure }) => failure !== undefined);
      if (failed) throw failed.failure;
    }
    this.#fetcher.pause(cursors);
    // Start with another partition next time.
    cursors.push(...cursors.splice(0, 1));
    return takeInTurn(
      cursors.map(({ fetched }) => fetched),
      limits,
    );
  }

  /** Finds where each partition begins, with retries; undefined if the signal aborts before. */
  async #cursors(
    partitions: readonly number[],
    owns: (partition: number) => boolean,
    signal: AbortSignal,
  ): Promise<Cursor[] | undefined> {
    const { observe } = this.#options;
    while (!signal.aborted && partitions.every(owns)) {
      try {
        const offsets = await this.#positions(partitions, owns);
        return partitions.map((partition) => ({
          partition,
          position: offsets.get(partition) ?? 0,
          fetched: new RecordBuffer(),
        }));
      } catch (error) {
        observe({ type: 'error', doing: 'finding the starting offsets', error: toError(error) });
        await sleep(RETRY_DELAY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #positions(
    partitions: readonly number[],
    owns: (partition: number) => boolean,
  ): Promise<Offsets> {
    const { startingPosition } = this.#options;
    const committed = await this.#member.committed(partitions);
    const others = partitions.filter((partition) => !committed.has(partition));
    const started = await this.#fetcher.offsetsAt(startingPosition, others);
    // Commit at once, or 'latest' would be a later offset after a crash before the first commit. Not if
    // another poller has taken over meanwhile: it may have started at an earlier offset.
    if (started.size > 0 && partitions.every(owns)) await this.#member.commit(started);
    return new Map([...committed, ...started]);
  }
}
