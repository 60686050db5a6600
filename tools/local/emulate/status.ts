import type { KafkaEvent } from '../kafka/kafka-topic.ts';
import type { MappingEvent } from '../mapping/event-source-mapping.ts';
import {
  describeCounts,
  type FailedBatchCounts,
  type FailedBatchEvent,
} from '../replay/failed-batch-watch.ts';
import type { ReplayFailed } from '../replay/failed-batches.ts';

/** Milliseconds within which the same problem is printed once. */
const REPEAT_MS = 10_000;

/** Counts events for a line of status, and prints the important ones. */
export class EmulateStatus {
  archived = 0;
  failures = 0;
  discarded = 0;
  /** @default - failed batches are not kept */
  failedBatches: FailedBatchCounts | undefined;
  readonly #now: () => number;
  readonly #print: (line: string) => void;
  /** Lag of each topic, in offsets. */
  readonly #lags = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #lastBatch = '';
  #lastFailure = '';
  #before: { at: number; archived: number };

  /** @param now epoch milliseconds */
  constructor(now: () => number, print: (line: string) => void) {
    this.#now = now;
    this.#print = print;
    this.#before = { at: now(), archived: 0 };
  }

  /** Reports an event of a topic's mapping. */
  mapping(topic: string, event: MappingEvent): void {
    if (event.type === 'invoked') {
      const { milliseconds, outcome, records } = event;
      if (outcome.kind === 'returned') {
        this.archived += records;
        this.#lastBatch = `${topic} ${count(records)} records in ${count(milliseconds)} ms`;
      } else {
        this.failures += 1;
        this.#lastFailure = outcome.kind === 'failed' ? outcome.errorType : 'throttled';
      }
    } else if (event.type === 'discarded') {
      this.discarded += event.records.length;
      const kept = event.delivered ? 'kept as a failed batch' : 'DROPPED';
      this.#print(
        `${topic}: ${count(event.records.length)} records given up (${event.condition}), ${kept}`,
      );
    } else if (event.type !== 'committed')
      this.#trouble(`${topic}: ${event.type}, will be retried`);
  }

  /** Reports an event between a topic's pollers and the cluster. */
  kafka(topic: string, event: KafkaEvent): void {
    switch (event.type) {
      case 'assigned':
        this.#print(`${topic}: poller has partitions ${event.partitions.join(', ') || 'none'}`);
        break;
      case 'starting position ignored':
        this.#print(
          `${topic}: the group continues from its committed offsets; --starting-position has no effect`,
        );
        break;
      case 'out of range':
        this.#print(outOfRange(topic, event));
        break;
      case 'error':
        this.#trouble(`${topic}: ${event.doing} failed, will be retried: ${event.error.message}`);
    }
  }

  /** Reports an event of a failed batch, except that it was stored, which its mapping reports. */
  replay(event: FailedBatchEvent | ReplayFailed): void {
    if (event.type === 'replayed') {
      const { key, milliseconds, tries } = event;
      this.#print(
        `failed batch replayed in attempt ${tries}, after ${count(milliseconds / 1000)} s: ${key}`,
      );
    } else if (event.type === 'dead') {
      const { code, key, reason } = event;
      this.#print(
        `DEAD LETTER (${code || 'given up by the queue'}): ${key || 'no failed batch'}: ${reason}`,
      );
    } else if (event.type === 'replay failed') {
      this.#trouble(`the replay function failed (${event.errorType}), will be retried`);
    }
  }

  /** Reports the lag of a topic's group. */
  lag(topic: string, offsets: number): void {
    this.#lags.set(topic, offsets);
  }

  /** The line of status; the rate is that since the previous line. */
  line(): string {
    const now = this.#now();
    const { at, archived } = this.#before;
    const rate = now > at ? ((this.archived - archived) / (now - at)) * 1000 : 0;
    this.#before = { at: now, archived: this.archived };
    const lags = [...this.#lags].map(([topic, lag]) => `${topic} ${count(lag)}`).join(', ');
    // The totals first: a terminal cuts off the end.
    const parts = [
      `archived ${count(this.archived)}`,
      `failed ${count(this.failures)}`,
      ...(this.failedBatches ? [describeCounts(this.failedBatches)] : []),
      `lag ${lags || 'unknown'}`,
      `${count(rate)} records/s`,
      `last batch ${this.#lastBatch || 'none yet'}`,
      ...(this.#lastFailure ? [`last failure ${this.#lastFailure}`] : []),
    ];
    return parts.join(' · ');
  }

  #trouble(message: string): void {
    const now = this.#now();
    if (now - (this.#told.get(message) ?? -REPEAT_MS) < REPEAT_MS) return;
    this.#told.set(message, now);
    this.#print(message);
  }
}

function outOfRange(topic: string, event: Extract<KafkaEvent, { type: 'out of range' }>): string {
  const { from, lost, partition, to } = event;
  const what = `${topic}-${partition}: OFFSET OUT OF RANGE: ${from} is not in the log`;
  const gone = lost > 0 ? `; ${count(lost)} offsets were deleted before they were read` : '';
  return `${what}${gone}; ${to === undefined ? 'stops' : `continues at ${to}`}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
