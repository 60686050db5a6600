import { describe, expect, it } from 'vitest';
import { findFolders } from '../../../../lambda/core/catalog/find-folders.ts';
import { MemoryFolders } from '../../../helpers/memory-folders.ts';

const options = {
  ...{ maxPages: 100, skip: ['firehose-errors/'] },
  ...{ signal: new AbortController().signal, attemptTimeout: 1000 },
};
const find = (keys: readonly string[], pageSize?: number, maxPages = 100) =>
  findFolders(new MemoryFolders(keys, pageSize), { ...options, maxPages });

const dates = Array.from({ length: 70 }, (_, day) =>
  new Date(Date.UTC(2026, 8, day + 1)).toISOString().slice(0, 10),
);

describe('the folders of an archive', () => {
  it('are those of topics and dates at any depth, without the errors of a stream', async () => {
    const { folders, isComplete } = await find([
      'firehose-errors/shop/topic=orders/dt=2026-11-24/a',
      'shop/eu/topic=orders/dt=2026-11-23/hour=09/p0.0-9.jsonl.gz',
      'topic=orders/dt=2026-11-24/hour=10/p0.10-19.jsonl.gz',
      'other/a.txt',
    ]);
    expect(isComplete).toBe(true);
    expect(folders).toEqual([
      { objectPrefix: '', topic: 'orders', dt: '2026-11-24' },
      { objectPrefix: '', topic: 'orders', dt: '2026-11-24', timeFolder: 'hour' },
      { objectPrefix: 'shop/eu/', topic: 'orders', dt: '2026-11-23' },
      { objectPrefix: 'shop/eu/', topic: 'orders', dt: '2026-11-23', timeFolder: 'hour' },
    ]);
  });

  it('have the form of the first and the last date, and not that of undated records', async () => {
    const { folders } = await find([
      'topic=orders/dt=1970-01-01/hour=00/p0.3-3.jsonl.gz',
      'topic=orders/dt=2026-11-21/p0.0-1.jsonl.gz',
      'topic=orders/dt=2026-11-22/p0.2-2.jsonl.gz',
      'topic=orders/dt=2026-11-23/hour=09/p0.4-4.jsonl.gz',
      'topic=orders/dt=2026-11-23/orders-0-00000000000000000005-00000000000000000005.jsonl.gz',
      'topic=orders/dt=invalid/orders-0-00000000000000000006-00000000000000000006.jsonl.gz',
    ]);
    expect(folders.map(({ dt, timeFolder }) => [dt, timeFolder])).toEqual([
      ...['1970-01-01', '2026-11-21', '2026-11-22', '2026-11-23', 'invalid'].map((dt) => [
        dt,
        undefined,
      ]),
      ['2026-11-21', 'day'],
      ['2026-11-23', 'hour'],
      ['2026-11-23', 'day'],
    ]);
  });

  it.each(['alpha-0-1.jsonl', 'p0.0-1.jsonl'])(
    'include that of a topic with objects of its own, among many dates: %s',
    async (object) => {
      const keys = dates.map((date) => `topic=a/dt=${date}/hour=00/p0.1-1.jsonl`);
      const { folders } = await find([...keys, `topic=a/${object}`], 30);
      expect(folders[0]).toEqual({ objectPrefix: '', topic: 'a', timeFolder: 'none' });
      expect(folders.slice(1, -2).map(({ dt }) => dt)).toEqual(dates);
    },
  );

  it('are found without a page of objects for each', async () => {
    const keys = Array.from({ length: 500 }, (_, offset) => `topic=a/p0.${offset}-${offset}.jsonl`);
    const listing = new MemoryFolders(keys, 30);
    await findFolders(listing, options);
    expect(listing.queries).toEqual([
      { prefix: '' },
      { prefix: 'topic=a/dt=' },
      { prefix: 'topic=a/' },
      { prefix: 'topic=a/', startAfter: 'topic=a/dt>' },
    ]);
    expect(listing.options[0]).toEqual({ signal: options.signal, attemptTimeout: 1000 });
  });

  it.each([1, 3, 8])('are incomplete after %i pages', async (maxPages) => {
    const keys = ['a', 'b', 'c'].flatMap((topic) =>
      dates.map((date) => `shop/topic=${topic}/dt=${date}/hour=00/p0.1-1.jsonl`),
    );
    const { isComplete } = await find(keys, 30, maxPages);
    expect(isComplete).toBe(false);
  });

  it('of an empty bucket are none', async () => {
    expect(await find([])).toEqual({ folders: [], isComplete: true });
  });
});
