import pLimit from 'p-limit';
import type { BatchRecord, EventOrigin } from '../../../kafka/mapping-event.ts';
import type { Offsets } from '../../../kafka/record.ts';
import { Lane } from './lane.ts';
import type { DiscardCondition, InvokeOutcome } from './retry-policy.ts';
import type { MappingSettings } from './settings.ts';
import type { Poller, Source, TopicReader } from './source.ts';

/** Time, as an argument. */
export interface EmulatorClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Waits, less long when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** What happened, for whoever watches; in the order in which it did. */
export type MappingEvent =
  | {
      readonly type: 'invoked';
      readonly records: number;
      /** Bytes of the event. */
      readonly bytes: number;
      readonly milliseconds: number;
      readonly outcome: InvokeOutcome;
    }
  | { readonly type: 'committed'; readonly offsets: Offsets }
  /** It may have been done all the same; it is tried again. */
  | { readonly type: 'commit failed' }
  | { readonly type: 'destination failed'; readonly attempt: number }
  | (Discard & { readonly type: 'discarded'; readonly delivered: boolean });

/** Records given up. */
export interface Discard {
  readonly condition: DiscardCondition;
  readonly records: readonly BatchRecord[];
  /** Tries that counted against their retries. */
  readonly invokes: number;
}

/** The parts that a mapping works with. */
export interface MappingDeps {
  readonly source: Source;
  /** Invokes the function with an event of JSON text. */
  readonly invoke: (event: string) => Promise<InvokeOutcome>;
  /** The on-failure destination; a rejection drops the records, as the service does. */
  readonly onFailure?: (discard: Discard) => Promise<void>;
  readonly clock: EmulatorClock;
  readonly observe: (event: MappingEvent) => void;
  readonly origin: EventOrigin;
  readonly settings: MappingSettings;
}

/**
 * An event source mapping for one topic, in process: polls, batches, invokes, retries, commits.
 *
 * Each poller is a member of the topic's consumer group. When a rebalance changes what it has, the
 * lanes of other partitions than before are abandoned: what is in the function is awaited, and its
 * commit leaves out the partitions that were lost.
 */
export class EventSourceMapping {
  readonly #deps: MappingDeps;
  readonly #stop = new AbortController();
  readonly #pollers: RunningPoller[] = [];
  /** One change of their number at a time. */
  #scaling = Promise.resolve();
  #failure: unknown;

  constructor(deps: MappingDeps) {
    this.#deps = deps;
  }

  /** Resolves when the source has ended and all is committed, or when stopped. */
  async run(): Promise<void> {
    await this.#guard(this.scale(this.#deps.settings.pollers));
    // Those added later are waited for as well.
    for (const poller of this.#pollers) await poller.done;
    await this.#scaling;
    for (const poller of this.#pollers) await poller.done;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Adds pollers, or has the latest leave, until there are so many. */
  scale(pollers: number): Promise<void> {
    const scaled = this.#scaling.then(() => this.#scaleTo(pollers));
    this.#scaling = scaled.catch(() => undefined);
    return scaled;
  }

  async #scaleTo(pollers: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const working = this.#pollers.filter(({ stop }) => !stop.signal.aborted);
    for (const { stop } of working.slice(pollers)) stop.abort();
    await Promise.all(working.slice(pollers).map(({ done }) => done));
    const missing = Array.from({ length: Math.max(0, pollers - working.length) });
    const joining = await Promise.allSettled(missing.map(() => this.#deps.source.join()));
    for (const { value: poller } of joining.filter((each) => each.status === 'fulfilled')) {
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
      this.#pollers.push({ stop, done: this.#guard(this.#poll(poller, signal)) });
    }
    const [failed] = joining.filter((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Stops polling; a batch in the function is awaited, and committed if it succeeds. */
  stop(): void {
    this.#stop.abort();
  }

  async #poll(poller: Poller, stop: AbortSignal): Promise<void> {
    const { invokesPerPoller, mixPartitions } = this.#deps.settings;
    const limit = pLimit(invokesPerPoller);
    let lanes = new Map<string, RunningLane>();
    /** The last lane of each partition, to its end. */
    const ends = new Map<number, Promise<void>>();
    for await (const partitions of poller.assignments(stop)) {
      const groups = mixPartitions ? [partitions] : partitions.map((partition) => [partition]);
      const wanted = new Map(groups.map((group) => [group.join(), group]));
      // Partitions may have gone and come back meanwhile, with others' commits in between.
      const isKept = (name: string, { reader }: RunningLane) =>
        wanted.has(name) && reader?.isLost !== true;
      const kept = new Map([...lanes].filter(([name, lane]) => isKept(name, lane)));
      for (const [name, lane] of lanes) if (!kept.has(name)) lane.stop.abort();
      for (const [name, group] of wanted) {
        if (kept.has(name) || group.length === 0) continue;
        const lane: RunningLane = { stop: new AbortController() };
        kept.set(name, lane);
        const signal = AbortSignal.any([stop, lane.stop.signal]);
        const before = Promise.all(group.map((partition) => ends.get(partition)));
        const end = this.#guard(
          // What the lane before commits last is where this one begins.
          before.then(() => {
            lane.reader = poller.reader(group);
            return new Lane(this.#deps, lane.reader, limit).run(signal);
          }),
        );
        for (const partition of group) ends.set(partition, end);
      }
      lanes = kept;
    }
    await Promise.all(ends.values());
    await poller.leave();
  }

  /** Stops all where one fails. */
  #guard(running: Promise<void>): Promise<void> {
    return running.catch((error) => {
      this.#failure ??= error;
      this.#stop.abort();
    });
  }
}

interface RunningLane {
  readonly stop: AbortController;
  /** Once it has begun. */
  reader?: TopicReader;
}

interface RunningPoller {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}
