// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { Buffer } from 'node:buffer';
import type { LimitFunction } from 'p-limit';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { MAX_PAYLOAD_BYTES } from '../../../lambda/contract.ts';
import { BatchBuilder } from '../../../lambda/core/record/batch-builder.ts';
import {
  type BatchRecord,
  toBatchRecord,
  toEventJson,
} from '../../../lambda/core/record/mapping-event.ts';
import type { Discard, MappingDeps } from './mapping-deps.ts';
import {
  type Attempt,
  type DiscardCondition,
  decideRetry,
  type InvokeOutcome,
  splitByAge,
} from './retry-policy.ts';
import type { TopicReader } from './source.ts';

const NEVER = new AbortController().signal;

/**
 * Processes the batches of some partitions one after the other: while a batch is being invoked or
 * retried, its partitions wait, as in the service.
 */
export class Lane {
  readonly #deps: MappingDeps;
  readonly #reader: TopicReader;
  readonly #limit: LimitFunction;
  /** Records that were read but are not in a batch yet. */
  #carried: readonly BatchRecord[] = [];
  /** Offsets for the next commit: the one after the last finished record of each partition. */
  #offsets = new Map<number, number>();

  constructor(deps: MappingDeps, reader: TopicReader, limit: LimitFunction) {
    this.#deps = deps;
    this.#reader = reader;
    this.#limit = limit;
  }

  /** Runs until the reader has ended. After a stop, awaits a running invocation and commits its batch. */
  async run(stop: AbortSignal): Promise<void> {
    while (!this.#isOver(stop) && !(this.#reader.ended && this.#carried.length === 0)) {
      const batch = await this.#collect(stop);
      const isDone = batch.length === 0 || (await this.#limit(() => this.#deliver(batch, stop)));
      if (isDone) await this.#commit(batch, stop);
    }
  }

  #isOver(stop: AbortSignal): boolean {
    return stop.aborted || this.#reader.isLost;
  }

  /** Collects the next batch until its count, size or window closes it; empty if the window was. */
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
      // A window of 0 seconds still waits for the first record.
      const waitsForFirst = isEmpty && batchWindowMs === 0;
      if (this.#isOver(stop) || (closed.signal.aborted && !waitsForFirst)) break;
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

  /** Moves the records that were read into the batch; false if it is full. */
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

  /** Invokes until each record is finished or given up; false if stopped before. */
  async #deliver(batch: readonly BatchRecord[], stop: AbortSignal): Promise<boolean> {
    const { clock, onFailure, settings, source } = this.#deps;
    const policy = { ...settings, topic: source.topic, hasDestination: onFailure !== undefined };
    const queue: Attempt[] = [{ records: batch, failures: 0 }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (this.#isOver(stop)) return false;
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
    const discard = { condition, records, invokes };
    const delivered = await this.#deliverToDestination(discard);
    this.#deps.observe({ type: 'discarded', ...discard, delivered });
  }

  async #deliverToDestination(discard: Discard): Promise<boolean> {
    const { clock, observe, onFailure, settings } = this.#deps;
    if (onFailure === undefined) return false;
    for (let attempt = 1; attempt <= settings.destinationAttempts; attempt++) {
      try {
        await onFailure(discard);
        return true;
      } catch {
        observe({ type: 'destination failed', attempt });
        if (attempt < settings.destinationAttempts) await clock.sleep(settings.retryDelayMs, NEVER);
      }
    }
    // The service drops what its destination refuses, and continues. DG: monitoring-metrics-types
    return false;
  }

  /** Commits, with retries until it succeeds or a stop. */
  async #commit(batch: readonly BatchRecord[], stop: AbortSignal): Promise<void> {
    const { clock, observe, settings } = this.#deps;
    for (const { record } of batch) this.#done(record);
    while (this.#offsets.size > 0) {
      try {
        const offsets = await this.#reader.commit(this.#offsets);
        this.#offsets = new Map();
        if (offsets.size > 0) observe({ type: 'committed', offsets });
      } catch {
        observe({ type: 'commit failed' });
        if (stop.aborted) return;
        await clock.sleep(settings.retryDelayMs, stop);
      }
    }
  }

  #done({ partition, offset }: ConsumerRecord): void {
    this.#offsets.set(partition, Math.max(offset + 1, this.#offsets.get(partition) ?? 0));
  }
}
