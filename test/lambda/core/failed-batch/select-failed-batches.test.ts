import { describe, expect, it } from 'vitest';
import {
  selectPage,
  topicsOf,
} from '../../../../lambda/core/failed-batch/select-failed-batches.ts';
import { MemoryListing } from '../../../helpers/memory-listing.ts';

const options = {
  after: undefined,
  signal: new AbortController().signal,
  attemptTimeout: 1000,
};
const all = { prefix: '', force: false };

async function select(listing: MemoryListing, selection: object, after?: string) {
  const page = await selectPage(listing, { ...all, ...selection }, { ...options, after });
  return { ...page, selected: page.selected.map(({ key }) => key) };
}

describe('selectPage', () => {
  it('takes what was not replayed, a page at a time', async () => {
    const listing = new MemoryListing([
      { key: 'a' },
      { key: 'b', isReplayed: true },
      { key: 'c' },
      { key: 'd' },
    ]);
    expect(await select(listing, {})).toEqual({
      scanned: 3,
      selected: ['a', 'c'],
      replayed: 1,
      next: 'c',
    });
    expect(await select(listing, {}, 'c')).toEqual({
      scanned: 1,
      selected: ['d'],
      replayed: 0,
      next: undefined,
    });
    expect(listing.calls).toEqual({ list: 2, mark: 4, summary: 0 });
  });

  it('takes all with force, without asking for marks', async () => {
    const listing = new MemoryListing([{ key: 'a' }, { key: 'b', isReplayed: true }]);
    expect((await select(listing, { force: true })).selected).toEqual(['a', 'b']);
    expect(listing.calls.mark).toBe(0);
  });

  it('takes those of a time, its start included and its end not', async () => {
    const listing = new MemoryListing([
      { key: 'a', failedAt: 9 },
      { key: 'b', failedAt: 10 },
      { key: 'c', failedAt: 20 },
    ]);
    expect((await select(listing, { since: 10, until: 20 })).selected).toEqual(['b']);
    expect((await select(listing, { since: 10 })).selected).toEqual(['b', 'c']);
    expect((await select(listing, { until: 20 })).selected).toEqual(['a', 'b']);
  });

  it('takes those of a prefix', async () => {
    const listing = new MemoryListing([{ key: 'x/a' }, { key: 'y/b' }]);
    expect(await select(listing, { prefix: 'y/' })).toMatchObject({
      scanned: 1,
      selected: ['y/b'],
    });
  });

  it('takes those of a topic, and no other objects', async () => {
    const listing = new MemoryListing([
      { key: 'a', topic: 'orders' },
      { key: 'b', topic: 'orders-2' },
      { key: 'c', isForeign: true },
    ]);
    expect(await select(listing, { topic: 'orders' })).toMatchObject({
      scanned: 3,
      selected: ['a'],
    });
    expect((await select(listing, { topic: 'orders-2', force: true })).selected).toEqual(['b']);
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

  it('reads a topic with dashes, once, and leaves out what names none', () => {
    const ids = ['a-b-1', 'a-b-12', undefined, 'nothing'];
    const ranges = ids.map((id) => ({ ...range, id }));
    expect(topicsOf({ ...summary, ranges })).toEqual(['a-b']);
  });
});
