// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { Buffer } from 'node:buffer';
import pLimit, { type LimitFunction } from 'p-limit';
import { MAX_PAYLOAD_BYTES } from '../lambda/contract.ts';
import {
  BatchBuilder,
  type BatchRecord,
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from './batch.ts';
import {
  type Attempt,
  type DiscardCondition,
  decideRetry,
  type InvokeOutcome,
  splitByAge,
} from './retry-policy.ts';
import type { MappingSettings } from './settings.ts';
import type { Source, SourceRecord, TopicReader } from './source.ts';

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
  | { readonly type: 'committed'; readonly offsets: ReadonlyMap<number, number> }
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
 * A lane is a sequence of batches one after the other: partitions whose batch is being invoked or
 * tried again wait for it, as the service's do.
 */
export class EventSourceMapping {
  readonly #deps: MappingDeps;
  readonly #stop = new AbortController();

  constructor(deps: MappingDeps) {
    this.#deps = deps;
  }

  /** Resolves when the source has ended and all is committed, or when stopped. */
  async run(): Promise<void> {
    const { source, settings } = this.#deps;
    const pollers = Array.from({ length: Math.min(settings.pollers, source.partitions.length) });
    const lanes = pollers.flatMap((_, poller) => {
      const share = source.partitions.filter((_, i) => i % pollers.length === poller);
      const limit = pLimit(settings.invokesPerPoller);
      const groups = settings.mixPartitions ? [share] : share.map((partition) => [partition]);
      return groups.map((group) => new Lane(this.#deps, source.reader(group), limit));
    });
    await Promise.all(lanes.map((lane) => lane.run(this.#stop.signal)));
  }

  /** Stops polling; a batch in the function is awaited, and committed if it succeeds. */
  stop(): void {
    this.#stop.abort();
  }
}

class Lane {
  readonly #deps: MappingDeps;
  readonly #reader: TopicReader;
  readonly #limit: LimitFunction;
  /** Read, but not in a batch yet. */
  #carried: readonly BatchRecord[] = [];
  /** What the next commit commits: the offset after the last record done with, by partition. */
  #offsets = new Map<number, number>();

  constructor(deps: MappingDeps, reader: TopicReader, limit: LimitFunction) {
    this.#deps = deps;
    this.#reader = reader;
    this.#limit = limit;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !(this.#reader.ended && this.#carried.length === 0)) {
      const batch = await this.#collect(stop);
      const isDone = batch.length === 0 || (await this.#limit(() => this.#deliver(batch, stop)));
      if (isDone) await this.#commit(batch);
    }
  }

  /** The next batch: closed by its count, its bytes or its window; empty where the window had none. */
  async #collect(stop: AbortSignal): Promise<readonly BatchRecord[]> {
    const { clock, origin, settings } = this.#deps;
    const { batchSize, batchWindowMs } = settings;
    const builder = new BatchBuilder(origin, { batchSize, maxPayloadBytes: MAX_PAYLOAD_BYTES });
    const timer = new AbortController();
    const closed = new AbortController();
    const window = clock
      .sleep(batchWindowMs, AbortSignal.any([stop, timer.signal]))
      .then(() => closed.abort());
    while (await this.#fill(builder)) {
      const isEmpty = builder.records.length === 0;
      // A window of 0 seconds still waits for a first record.
      const waitsForFirst = isEmpty && batchWindowMs === 0;
      if (stop.aborted || (closed.signal.aborted && !waitsForFirst)) break;
      if (this.#reader.ended) {
        if (!isEmpty) await window;
        break;
      }
      const limits = {
        maxRecords: batchSize - builder.records.length,
        maxBytes: MAX_PAYLOAD_BYTES,
      };
      const read = await this.#reader.read(limits, waitsForFirst ? stop : closed.signal);
      this.#carried = read.map((record) => toBatchRecord(record, origin));
    }
    timer.abort();
    await window;
    return builder.records;
  }

  /** Moves what was read into the batch; false when it is full. */
  async #fill(builder: BatchBuilder): Promise<boolean> {
    for (const [index, record] of this.#carried.entries()) {
      if (builder.tryAdd(record)) continue;
      if (builder.records.length > 0) {
        this.#carried = this.#carried.slice(index);
        return false;
      }
      await this.#discard('MaximumPayloadSizeExceeded', [record], 0);
      this.#done(record.record);
    }
    this.#carried = [];
    return !builder.isFull;
  }

  /** Invokes until each record is done or given up; false when stopped before that. */
  async #deliver(batch: readonly BatchRecord[], stop: AbortSignal): Promise<boolean> {
    const { clock, onFailure, settings, source } = this.#deps;
    const policy = { ...settings, topic: source.topic, hasDestination: onFailure !== undefined };
    const queue: Attempt[] = [{ records: batch, failures: 0 }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (stop.aborted) return false;
      const { failures } = next;
      const age = splitByAge(next.records, settings.maximumRecordAgeSeconds, clock.now());
      await this.#discard('RecordAgeExceeded', age.expired, failures);
      if (age.fresh.length === 0) continue;
      const attempt = { records: age.fresh, failures };
      const { retry, discarded } = decideRetry(attempt, await this.#invoke(age.fresh), policy);
      await this.#discard('RetryAttemptsExhausted', discarded, failures + 1);
      if (retry.length === 0) continue;
      await clock.sleep(settings.retryDelayMs, stop);
      queue.unshift(...retry);
    }
    return true;
  }

  async #invoke(records: readonly BatchRecord[]): Promise<InvokeOutcome> {
    const { clock, invoke, observe, origin } = this.#deps;
    const event = toEventJson(records, origin);
    const started = clock.now();
    const outcome = await invoke(event);
    observe({
      type: 'invoked',
      records: records.length,
      bytes: Buffer.byteLength(event),
      milliseconds: clock.now() - started,
      outcome,
    });
    return outcome;
  }

  async #discard(
    condition: DiscardCondition,
    records: readonly BatchRecord[],
    invokes: number,
  ): Promise<void> {
    if (records.length === 0) return;
    const { observe, onFailure } = this.#deps;
    const discard = { condition, records, invokes };
    const delivered =
      onFailure === undefined
        ? false
        : await onFailure(discard).then(
            () => true,
            // The service drops what its destination does not take, and goes on. DG: monitoring-metrics-types
            () => false,
          );
    observe({ type: 'discarded', ...discard, delivered });
  }

  async #commit(batch: readonly BatchRecord[]): Promise<void> {
    for (const { record } of batch) this.#done(record);
    if (this.#offsets.size === 0) return;
    await this.#reader.commit(this.#offsets);
    this.#deps.observe({ type: 'committed', offsets: this.#offsets });
    this.#offsets = new Map();
  }

  #done({ partition, offset }: SourceRecord): void {
    this.#offsets.set(partition, Math.max(offset + 1, this.#offsets.get(partition) ?? 0));
  }
}
