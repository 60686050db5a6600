import pLimit from 'p-limit';
import { selectFailedBatches } from '../../lambda/core/failed-batch/select-failed-batches.ts';
import type { CallOptions, FailedBatchEntry, FailedBatchListing } from '../../lambda/core/ports.ts';
import { MAX_CONNECTIONS } from '../aws-clients.ts';
import { type FailedBatchRow, sortRows } from './rows.ts';

/**
 * Visits every entry of the failed-batch bucket, page by page, and many entries of a page concurrently.
 *
 * @param look visits one entry
 * @param seen is called after each page with the number of entries so far
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function lookAtEntries<Found>(
  listing: FailedBatchListing,
  options: CallOptions,
  {
    look,
    seen,
  }: {
    readonly look: (entry: FailedBatchEntry) => Promise<Found>;
    readonly seen: (count: number) => void;
  },
): Promise<Found[]> {
  const limit = pLimit(MAX_CONNECTIONS);
  const found: Found[] = [];
  for await (const { selected } of selectFailedBatches(listing, { force: true }, options)) {
    found.push(...(await Promise.all(selected.map((entry) => limit(() => look(entry))))));
    seen(found.length);
  }
  return found;
}

/** Reads the columns of a table that come from the entry itself. */
export async function describeEntry(
  entry: FailedBatchEntry,
  listing: FailedBatchListing,
  options: CallOptions,
): Promise<Pick<FailedBatchRow, 'condition' | 'note' | 'ranges' | 'records'>> {
  const summary = await listing.summary(entry, options);
  if (summary === undefined) return { condition: undefined, ranges: [], note: 'unreadable' };
  const { condition, ranges, records } = summary;
  return { condition, records, ranges };
}

/**
 * Reads the rows of a table of entries, in its order.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function describeEntries(
  entries: readonly FailedBatchEntry[],
  listing: FailedBatchListing,
  options: CallOptions,
): Promise<FailedBatchRow[]> {
  const limit = pLimit(MAX_CONNECTIONS);
  const rows = entries.map((entry) =>
    limit(async () => {
      const { bytes, failedAt, key } = entry;
      const row = { key, failedAt, bytes, deadLetters: [] };
      return { ...row, ...(await describeEntry(entry, listing, options)) };
    }),
  );
  return sortRows(await Promise.all(rows));
}
