import pLimit from 'p-limit';
import type { CallOptions, FailedBatchEntry, FailedBatchListing } from '../ports.ts';
import { parseTopicPartition } from '../record/topic-partition.ts';
import type { FailedBatchSummary } from './failed-batch.ts';

/** Which failed batches to select. */
export interface Selection {
  /** What their keys begin with; the whole key selects one entry. @default - any key */
  readonly prefix?: string;
  /** Epoch milliseconds: failed at this time or later. @default - any time */
  readonly since?: number | undefined;
  /** Epoch milliseconds: failed before this time. @default - any time */
  readonly until?: number | undefined;
  /** With records of this topic. @default - any topic */
  readonly topic?: string | undefined;
  /** Whether to select failed batches that are already replayed, too. @default false */
  readonly force?: boolean;
}

/** Requests about entries in parallel. */
const AT_ONCE = 8;

/** The outcome of one page of entries. */
export interface SelectedPage {
  /** How many entries the page has. */
  readonly scanned: number;
  readonly selected: readonly FailedBatchEntry[];
  /** How many match but are left out because they are already replayed. */
  readonly replayed: number;
  /** Key after which the next page begins; undefined on the last page. */
  readonly next: string | undefined;
}

/** The limits of each call, and where in the bucket to begin. */
export interface SelectOptions extends CallOptions {
  /** Key after which to begin: `next` of an earlier page. @default - the first entry */
  readonly after?: string | undefined;
}

/**
 * Selects failed batches from their bucket, page by page, in the order of their keys. Stop iterating to
 * read no further pages; the last page's `next` says where to continue.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function* selectFailedBatches(
  listing: FailedBatchListing,
  selection: Selection,
  { after, ...options }: SelectOptions,
): AsyncGenerator<SelectedPage, void, undefined> {
  let from = after;
  do {
    const page = await selectPage(listing, selection, { after: from, ...options });
    yield page;
    from = page.next;
  } while (from !== undefined);
}

async function selectPage(
  listing: FailedBatchListing,
  { force, prefix = '', since = 0, topic, until = Number.POSITIVE_INFINITY }: Selection,
  { after, ...options }: SelectOptions,
): Promise<SelectedPage> {
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
    if (force) return { verdict: 'selected' };
    const mark = await listing.mark(entry, options);
    return { verdict: mark === undefined ? 'selected' : 'replayed' };
  }

  async function isOfTopic(entry: FailedBatchEntry): Promise<boolean> {
    if (topic === undefined) return true;
    const summary = await listing.summary(entry, options);
    return summary !== undefined && topicsOf(summary).includes(topic);
  }
}

/** The topics of a failed batch's records: one, as each event source mapping reads one topic. */
export function topicsOf({ ranges }: FailedBatchSummary): readonly string[] {
  const topics = ranges.flatMap(({ id = '' }) => parseTopicPartition(id)?.topic ?? []);
  return [...new Set(topics)];
}
