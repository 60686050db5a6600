import { parseFailedBatch } from '../../lambda/core/failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import type { FailedBatchEntry, FailedBatchListing, ReplayMark } from '../../lambda/core/ports.ts';

interface Entry {
  readonly text: string;
  readonly failedAt: number;
  mark: ReplayMark | undefined;
}

/** A failed-batch bucket in memory, with pages of three entries. */
export class MemoryFailedBatches implements FailedBatchListing {
  readonly #entries = new Map<string, Entry>();

  /** Adds an entry. */
  add(key: string, text: string, failedAt: number): void {
    this.#entries.set(key, { text, failedAt, mark: undefined });
  }

  /** Marks an entry as replayed, or as dismissed where it has no number of objects. */
  setMark(key: string, mark: ReplayMark): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.mark = mark;
  }

  async list({
    after = '',
    prefix,
  }: {
    readonly prefix: string;
    readonly after: string | undefined;
  }) {
    const rest = [...this.#entries]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const entries = rest.slice(0, PAGE).map<FailedBatchEntry>(([key, { failedAt, text }]) => ({
      ...{ bucket: 'failed', key, failedAt },
      bytes: text.length,
    }));
    return { entries, next: rest.length > PAGE ? entries.at(-1)?.key : undefined };
  }

  async mark({ key }: FailedBatchPointer): Promise<ReplayMark | undefined> {
    return this.#entries.get(key)?.mark;
  }

  async summary({ key }: FailedBatchPointer) {
    const text = this.#entries.get(key)?.text;
    return text === undefined ? undefined : parseFailedBatch(text);
  }

  /** The event of an entry, to replay it. */
  event(key: string): unknown {
    return parseFailedBatch(this.#entries.get(key)?.text ?? '').event;
  }
}

const PAGE = 3;
