import pLimit from 'p-limit';
import type { CallOptions, FailedBatchEntry, FailedBatchListing } from '../ports.ts';
import type { FailedBatchSummary } from './failed-batch.ts';

/** Which failed batches are meant. */
export interface Selection {
  /** What their keys begin with. */
  readonly prefix: string;
  /** Epoch milliseconds: failed at this time or later. @default - any time */
  readonly since?: number | undefined;
  /** Epoch milliseconds: failed before this time. @default - any time */
  readonly until?: number | undefined;
  /** With records of this topic. @default - any topic */
  readonly topic?: string | undefined;
  /** Whether those that were replayed are meant too. */
  readonly force: boolean;
}

/** Requests for entries at the same time. */
const AT_ONCE = 8;

/** What a page of entries came to. */
export interface SelectedPage {
  /** Entries of the page, before any was left out. */
  readonly scanned: number;
  readonly selected: readonly FailedBatchEntry[];
  /** Meant, but left out since they were replayed. */
  readonly replayed: number;
  /** Key after which the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

/** Reads one page of the bucket of failed batches, and picks those that are meant. */
export async function selectPage(
  listing: FailedBatchListing,
  selection: Selection,
  { after, ...options }: CallOptions & { readonly after: string | undefined },
): Promise<SelectedPage> {
  const { prefix, since = 0, until = Number.POSITIVE_INFINITY } = selection;
  const { entries, next } = await listing.list({ prefix, after }, options);
  const inTime = entries.filter(({ failedAt }) => failedAt >= since && failedAt < until);
  const limit = pLimit(AT_ONCE);
  const judged = await Promise.all(
    inTime.map((entry) => limit(async () => ({ entry, ...(await judge(entry)) }))),
  );
  return {
    scanned: entries.length,
    selected: judged.flatMap(({ entry, verdict }) => (verdict === 'selected' ? [entry] : [])),
    replayed: judged.filter(({ verdict }) => verdict === 'replayed').length,
    next,
  };

  async function judge(
    entry: FailedBatchEntry,
  ): Promise<{ verdict: 'selected' | 'replayed' | 'other' }> {
    if (!(await isOfTopic(entry))) return { verdict: 'other' };
    if (selection.force) return { verdict: 'selected' };
    const mark = await listing.mark(entry, options);
    return { verdict: mark === undefined ? 'selected' : 'replayed' };
  }

  async function isOfTopic(entry: FailedBatchEntry): Promise<boolean> {
    if (selection.topic === undefined) return true;
    const summary = await listing.summary(entry, options);
    return summary !== undefined && topicsOf(summary).includes(selection.topic);
  }
}

/** The topics that a failed batch has records of: one, as each event source mapping reads one. */
export function topicsOf({ ranges }: FailedBatchSummary): readonly string[] {
  const names = ranges.map(({ id = '' }) => /^(.+)-\d+$/.exec(id)?.[1] ?? '');
  return [...new Set(names.filter((name) => name !== ''))];
}
