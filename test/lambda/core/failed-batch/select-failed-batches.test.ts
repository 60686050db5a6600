import { describe, expect, it } from 'vitest';
import {
  type Selection,
  selectFailedBatches,
  topicsOf,
} from '../../../../lambda/core/failed-batch/select-failed-batches.ts';
import { MemoryListing } from '../../../helpers/memory-listing.ts';

const options = { signal: new AbortController().signal, attemptTimeout: 1000 };

/** The pages of a selection, with the keys that they select. */
async function pagesOf(listing: MemoryListing, selection: Selection, after?: string) {
  const pages: object[] = [];
  for await (const page of selectFailedBatches(listing, selection, { ...options, after })) {
    pages.push({ ...page, selected: page.selected.map(({ key }) => key) });
  }
  return pages;
}

/** The keys that a selection selects. */
async function keysOf(listing: MemoryListing, selection: Selection) {
  const keys: string[] = [];
  for await (const { selected } of selectFailedBatches(listing, selection, options)) {
    keys.push(...selected.map(({ key }) => key));
  }
  return keys;
}

describe('selectFailedBatches', () => {
  const four = [{ key: 'a' }, { key: 'b', isReplayed: true }, { key: 'c' }, { key: 'd' }];

  it('selects what is not replayed, a page at a time', async () => {
    const listing = new MemoryListing(four);
    expect(await pagesOf(listing, {})).toEqual([
      { scanned: 3, selected: ['a', 'c'], replayed: 1, next: 'c' },
      { scanned: 1, selected: ['d'], replayed: 0, next: undefined },
    ]);
    expect(listing.calls).toEqual({ list: 2, mark: 4, summary: 0 });
  });

  it('continues after a key', async () => {
    expect(await pagesOf(new MemoryListing(four), {}, 'c')).toMatchObject([{ selected: ['d'] }]);
  });

  it('reads no page that is not asked for', async () => {
    const listing = new MemoryListing(four);
    for await (const _ of selectFailedBatches(listing, {}, options)) break;
    expect(listing.calls.list).toBe(1);
  });

  it('selects everything with force, without asking for marks', async () => {
    const listing = new MemoryListing([{ key: 'a' }, { key: 'b', isReplayed: true }]);
    expect(await keysOf(listing, { force: true })).toEqual(['a', 'b']);
    expect(listing.calls.mark).toBe(0);
  });

  it('selects by time of failure, from the start inclusive to the end exclusive', async () => {
    const listing = new MemoryListing([
      { key: 'a', failedAt: 9 },
      { key: 'b', failedAt: 10 },
      { key: 'c', failedAt: 20 },
    ]);
    expect(await keysOf(listing, { since: 10, until: 20 })).toEqual(['b']);
    expect(await keysOf(listing, { since: 10 })).toEqual(['b', 'c']);
    expect(await keysOf(listing, { until: 20 })).toEqual(['a', 'b']);
  });

  it('selects by prefix', async () => {
    const listing = new MemoryListing([{ key: 'x/a' }, { key: 'y/b' }]);
    expect(await pagesOf(listing, { prefix: 'y/' })).toMatchObject([
      { scanned: 1, selected: ['y/b'] },
    ]);
  });

  it('selects by topic, and no objects that are not failed batches', async () => {
    const listing = new MemoryListing([
      { key: 'a', topic: 'orders' },
      { key: 'b', topic: 'orders-2' },
      { key: 'c', isForeign: true },
    ]);
    expect(await pagesOf(listing, { topic: 'orders' })).toMatchObject([
      { scanned: 3, selected: ['a'] },
    ]);
    expect(await keysOf(listing, { topic: 'orders-2', force: true })).toEqual(['b']);
  });
});

describe('topicsOf', () => {
  const range = {
    firstOffset: '0',
    lastOffset: '0',
    firstTimestamp: undefined,
    lastTimestamp: undefined,
  };
  const summary = {
    condition: 'x',
    functionError: undefined,
    invokeCount: undefined,
    requestId: undefined,
    failedAt: undefined,
    records: undefined,
  };

  it('names each topic once, and ignores ranges without one', () => {
    const ids = ['a-b-1', 'a-b-12', undefined, 'nothing'];
    const ranges = ids.map((id) => ({ ...range, id }));
    expect(topicsOf({ ...summary, ranges })).toEqual(['a-b']);
  });
});
