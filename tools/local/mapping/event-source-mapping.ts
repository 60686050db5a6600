import pLimit from 'p-limit';
import { Lane } from './lane.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { Poller, TopicReader } from './source.ts';

export type { Discard, MappingDeps, MappingEvent } from './mapping-deps.ts';

/**
 * An event source mapping for one topic, in process: it polls, batches, invokes, retries and commits.
 *
 * Each poller is a member of the topic's consumer group. When a rebalance changes its partitions, the
 * lanes whose partitions changed are abandoned: a running invocation is awaited, and its commit skips
 * the partitions that were lost.
 */
export class EventSourceMapping {
  readonly #deps: MappingDeps;
  readonly #stop = new AbortController();
  readonly #pollers: RunningPoller[] = [];
  /** Serialises changes of the number of pollers. */
  #scaling = Promise.resolve();
  #failure: unknown;

  constructor(deps: MappingDeps) {
    this.#deps = deps;
  }

  /** Resolves when the source has ended and everything is committed, or after a stop. */
  async run(): Promise<void> {
    await this.#guard(this.scale(this.#deps.settings.pollers));
    // Pollers may be added meanwhile.
    for (const poller of this.#pollers) await poller.done;
    await this.#scaling;
    for (const poller of this.#pollers) await poller.done;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Adds pollers, or removes the latest ones, until there are `pollers`. */
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

  /** Stops polling; awaits a running invocation, and commits its batch if it succeeds. */
  stop(): void {
    this.#stop.abort();
  }

  async #poll(poller: Poller, stop: AbortSignal): Promise<void> {
    const { invokesPerPoller, mixPartitions } = this.#deps.settings;
    const limit = pLimit(invokesPerPoller);
    let lanes = new Map<string, RunningLane>();
    /** The end of the last lane of each partition. */
    const ends = new Map<number, Promise<void>>();
    for await (const partitions of poller.assignments(stop)) {
      const groups = mixPartitions ? [partitions] : partitions.map((partition) => [partition]);
      const wanted = new Map(groups.map((group) => [group.join(), group]));
      // A partition may have been lost and regained meanwhile, with commits of others in between.
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
          // This lane begins at the last commit of the previous one.
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

  /** Stops everything if one part fails. */
  #guard(running: Promise<void>): Promise<void> {
    return running.catch((error) => {
      this.#failure ??= error;
      this.#stop.abort();
    });
  }
}

interface RunningLane {
  readonly stop: AbortController;
  /** Set once the lane has started. */
  reader?: TopicReader;
}

interface RunningPoller {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}
