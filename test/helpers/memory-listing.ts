import { parseFailedBatch } from '../../lambda/core/failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import type {
  FailedBatchEntry,
  FailedBatchListing,
  ReplayMark,
  ReplayRequests,
} from '../../lambda/core/ports.ts';
import { failedBatchOf } from './failed-batches.ts';
import { mskEvent, mskRecords } from './kafka-events.ts';

/** A failed batch in a listing. */
export interface ListedBatch {
  readonly key: string;
  readonly failedAt?: number;
  readonly topic?: string;
  readonly isReplayed?: boolean;
  /** Whether it is an object that is not a failed batch. */
  readonly isForeign?: boolean;
}

/** A failed-batch bucket in memory with pages of three entries. */
export class MemoryListing implements FailedBatchListing {
  readonly #batches: readonly ListedBatch[];
  /** Calls so far, by name. */
  readonly calls = { list: 0, mark: 0, summary: 0 };

  constructor(batches: readonly ListedBatch[]) {
    this.#batches = [...batches].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async list({
    prefix,
    after = '',
  }: {
    readonly prefix: string;
    readonly after: string | undefined;
  }) {
    this.calls.list += 1;
    const rest = this.#batches.filter(({ key }) => key.startsWith(prefix) && key > after);
    const entries = rest.slice(0, 3).map<FailedBatchEntry>(({ failedAt = 0, key }) => ({
      ...{ bucket: 'failed', key, failedAt },
      bytes: 100,
    }));
    return { entries, next: rest.length > 3 ? entries.at(-1)?.key : undefined };
  }

  async mark({ key }: FailedBatchPointer): Promise<ReplayMark | undefined> {
    this.calls.mark += 1;
    const isReplayed = this.#find(key)?.isReplayed ?? false;
    return isReplayed ? { at: '2026-11-24T00:00:00.000Z', objects: 1 } : undefined;
  }

  async summary({ key }: FailedBatchPointer) {
    this.calls.summary += 1;
    const { isForeign = false, topic = 'orders' } = this.#find(key) ?? {};
    if (isForeign) return undefined;
    return parseFailedBatch(failedBatchOf(mskEvent(mskRecords(1, 2, { topic }))));
  }

  #find(key: string): ListedBatch | undefined {
    return this.#batches.find((batch) => batch.key === key);
  }
}

/** Records what is put on the replay queue, call by call. */
export class RecordingRequests implements ReplayRequests {
  readonly enqueued: string[][] = [];

  async enqueue(pointers: readonly FailedBatchPointer[]) {
    this.enqueued.push(pointers.map(({ key }) => key));
  }
}
