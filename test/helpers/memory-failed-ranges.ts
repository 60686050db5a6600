import type { FailedBatchSummary } from '../../lambda/core/failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import type { FailedBatchListing, ReplayMark } from '../../lambda/core/ports.ts';

/** Failed batches in memory that name offsets, and may be replayed or dismissed. */
export class MemoryFailedRanges implements FailedBatchListing {
  readonly #summaries = new Map<string, FailedBatchSummary>();
  readonly #marks = new Map<string, ReplayMark>();

  /** @param ranges by `topic-partition` */
  add(
    key: string,
    ranges: Readonly<Record<string, readonly [first: number, last: number]>>,
    condition = 'RetryAttemptsExhausted',
  ): void {
    this.#summaries.set(key, {
      ...{ condition, functionError: undefined, invokeCount: 3, requestId: 'request-1' },
      ...{ failedAt: undefined, records: undefined },
      ranges: Object.entries(ranges).map(([id, [first, last]]) => ({
        ...{ id, firstOffset: String(first), lastOffset: String(last) },
        ...{ firstTimestamp: undefined, lastTimestamp: undefined },
      })),
    });
  }

  /** Marks a failed batch as replayed into objects, or as dismissed without a number of them. */
  settle(key: string, objects?: number): void {
    this.#marks.set(key, { at: '2026-11-24T00:00:00.000Z', objects });
  }

  async list() {
    const entries = [...this.#summaries.keys()].map((key) => ({
      ...{ bucket: 'failed', key, failedAt: 0, bytes: 100 },
    }));
    return { entries, next: undefined };
  }

  async mark({ key }: FailedBatchPointer) {
    return this.#marks.get(key);
  }

  async summary({ key }: FailedBatchPointer) {
    return this.#summaries.get(key);
  }
}
