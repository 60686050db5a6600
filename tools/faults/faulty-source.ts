import { setTimeout as sleep } from 'node:timers/promises';
import type { Offsets } from '../../kafka/record.ts';
import type { Poller, Source, TopicReader } from '../local/mapping/source.ts';
import type { Kind } from './cell.ts';
import type { Strikes } from './strikes.ts';

const SLOW_MS = 150;
/** Milliseconds that a client waits for a response. */
const REQUEST_TIMEOUT_MS = 400;

/** Faults of the commits of a mapping. */
export interface CommitFaults {
  readonly kind: Kind;
  readonly strikes: Strikes;
  /** Whether these are the last offsets of the topic. */
  readonly isLast: (offsets: Offsets) => boolean;
  /** Kills the mapping's process. */
  readonly kill: () => void;
}

/**
 * A source whose commits fail, as seen by the process of one mapping. After {@link FaultySource.kill} the process neither
 * reads nor commits, and the group has evicted it.
 */
export class FaultySource implements Source {
  readonly topic: string;
  readonly #source: Source;
  readonly #faults: CommitFaults | undefined;
  readonly #pollers: Poller[] = [];
  #isDead = false;
  /** Highest committed offset by partition. */
  readonly #committed = new Map<number, number>();

  constructor(source: Source, faults: CommitFaults | undefined) {
    this.topic = source.topic;
    this.#source = source;
    this.#faults = faults;
  }

  async join(): Promise<Poller> {
    const poller = await this.#source.join();
    this.#pollers.push(poller);
    return {
      assignments: (signal) => poller.assignments(signal),
      reader: (partitions) => this.#reader(poller.reader(partitions)),
      leave: () => poller.leave(),
    };
  }

  /** Sum of the highest committed offsets. */
  get committed(): number {
    return [...this.#committed.values()].reduce((sum, offset) => sum + offset, 0);
  }

  /** Has the effect of SIGKILL on the process. */
  async kill(): Promise<void> {
    this.#isDead = true;
    await Promise.all(this.#pollers.map((poller) => poller.leave()));
  }

  #reader(reader: TopicReader): TopicReader {
    return {
      read: async (limits, signal) => (this.#isDead ? [] : reader.read(limits, signal)),
      get isLost() {
        return reader.isLost;
      },
      get ended() {
        return reader.ended;
      },
      commit: async (offsets) => {
        if (this.#isDead) throw new Error('killed');
        const faults = this.#faults;
        const isStruck = faults?.strikes.strike({
          identity: JSON.stringify([...offsets]),
          isLast: faults.isLast(offsets),
        });
        const isFailing = faults !== undefined && isStruck;
        const committed = await (isFailing
          ? this.#fail(reader, offsets, faults)
          : reader.commit(offsets));
        for (const [partition, offset] of offsets) {
          this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? 0));
        }
        return committed;
      },
    };
  }

  async #fail(reader: TopicReader, offsets: Offsets, { kind, kill, strikes }: CommitFaults) {
    switch (kind) {
      case 'throttle':
      case 'error':
      case 'reset':
        throw new Error(kind);
      case 'slow':
        await sleep(SLOW_MS);
        return reader.commit(offsets);
      case 'hang':
        await sleep(REQUEST_TIMEOUT_MS);
        throw new Error('request timed out');
      case 'lost-answer':
        await reader.commit(offsets);
        throw new Error('connection lost');
      case 'kill': {
        // Alternately before the commit, and between the commit and its response.
        if (strikes.count % 2 === 0) await reader.commit(offsets);
        kill();
        throw new Error('killed');
      }
    }
  }
}
