import { describe, expect, it } from 'vitest';
import { type StreamIndex, StreamListing } from '../../../../lambda/core/audit/stream-index.ts';
import { Coverage } from '../../../../lambda/core/object/coverage.ts';

/** Key of an object of the stream: delivered at a time such as `2026-11-23-09-05-01`. */
function keyOf(time: string, number: number, folder = 'dt=2026-11-23/hour=09/'): string {
  const uuid = `0f1e2d3c-4b5a-6978-8796-${String(number).padStart(12, '0')}`;
  return `topic=orders/${folder}archive-stream-1-${time}-${uuid}.jsonl.gz`;
}

/** What an audit reads of the keys, and the index that it leaves. */
function audit(
  last: StreamIndex | undefined,
  keys: readonly string[],
  { at = 0, isFullListing = false, offsets = [] as readonly number[], through = 0 } = {},
) {
  const listing = new StreamListing(last);
  const coverage = new Coverage();
  listing.addAhead(coverage);
  const read = keys.filter((key) => listing.add(key));
  for (const offset of offsets) coverage.partition(3).addStored({ first: offset, last: offset });
  const index = listing.index(coverage, {
    ...{ isFullListing, through: new Map([[3, through]]) },
    committed: { at, offsets: { 3: at / 1_000 } },
  });
  // As the ledger stores it.
  return {
    read,
    listing,
    coverage,
    deleted: listing.deletedDays(),
    index: JSON.parse(JSON.stringify(index)),
  };
}

const first = keyOf('2026-11-23-09-05-01', 1);
const second = keyOf('2026-11-23-09-15-01', 2);
const third = keyOf('2026-11-23-09-25-01', 3);

describe('objects of a delivery stream', () => {
  it('are read once', () => {
    const one = audit(undefined, [first, second]);
    expect(one.read).toEqual([first, second]);
    expect(one.index).toEqual({
      latest: Date.parse('2026-11-23T09:15:01Z'),
      recent: {
        [Object.keys(one.index.recent)[0] as string]: Date.parse('2026-11-23T09:05:01Z'),
        [Object.keys(one.index.recent)[1] as string]: Date.parse('2026-11-23T09:15:01Z'),
      },
      days: { '2026-11-23': 2 },
      ahead: [],
      committed: [{ at: 0, offsets: { 3: 0 } }],
    });
    expect(Object.keys(one.index.recent)[0]).toMatch(/^[0-9a-f]{16}$/);
    const two = audit(one.index, [first, second, third]);
    expect(two.read).toEqual([third]);
    expect(two.index.days).toEqual({ '2026-11-23': 3 });
    expect(audit(two.index, [first, second, third]).read).toEqual([]);
  });

  it('are read even if they appear a day after their time, and forgotten then', () => {
    const late = keyOf('2026-11-24-10-05-02', 4);
    const one = audit(undefined, [first, late]);
    expect(Object.values(one.index.recent)).toEqual([Date.parse('2026-11-24T10:05:02Z')]);
    // Older than anything that can appear, so that it was read.
    expect(audit(one.index, [first, late]).read).toEqual([]);
    // Firehose could not deliver it earlier.
    expect(audit(one.index, [first, second, late]).read).toEqual([second]);
  });

  it('are remembered although an audit does not list their folder', () => {
    const one = audit(undefined, [first, second]);
    const two = audit(one.index, [third]);
    expect(audit(two.index, [first, second, third]).read).toEqual([]);
  });

  it('without a time in their names are read in every audit', () => {
    const foreign = 'topic=orders/dt=2026-11-23/hour=09/part-0.jsonl.gz';
    const one = audit(undefined, [foreign]);
    expect(one.read).toEqual([foreign]);
    expect(one.index).toMatchObject({ latest: 0, recent: {}, days: {}, ahead: [] });
    expect(one.listing.hasObjects).toBe(false);
    expect(audit(undefined, [first]).listing.hasObjects).toBe(true);
    expect(audit(one.index, []).listing.hasObjects).toBe(true);
    expect(audit(one.index, [foreign]).read).toEqual([foreign]);
  });

  it('that were deleted are missed by a full listing', () => {
    const old = keyOf('2026-11-20-09-25-01', 5);
    const one = audit(undefined, [first, old, second], { isFullListing: true });
    expect(one.deleted).toEqual([]);
    expect(audit(one.index, [first, old, second], { isFullListing: true }).deleted).toEqual([]);
    const two = audit(one.index, [first, second, third]);
    expect(two.index.days).toEqual({ '2026-11-20': 1, '2026-11-23': 3 });
    const three = audit(two.index, [first, third], { isFullListing: true });
    expect(three.deleted).toEqual(['2026-11-20', '2026-11-23']);
    expect(three.index.days).toEqual({ '2026-11-23': 2 });
    // Another reading of all that is left shows what is missing.
    expect(audit(undefined, [first, third]).read).toEqual([first, third]);
  });

  it('can hold offsets that are judged by the next audit', () => {
    const one = audit(undefined, [first], { offsets: [1, 2, 3, 5, 6], through: 3 });
    expect(one.index.ahead).toEqual([
      {
        partition: 3,
        ranges: [
          { first: 3, last: 3 },
          { first: 5, last: 6 },
        ],
      },
    ]);
    const two = audit(one.index, [first, second], { offsets: [4, 6, 7], through: 8 });
    expect(two.read).toEqual([second]);
    expect(two.coverage.partition(3).stored.ranges).toEqual([{ first: 3, last: 7 }]);
    expect(two.coverage.partition(3).overlaps.ranges).toEqual([{ first: 6, last: 6 }]);
    expect(two.index.ahead).toEqual([]);
  });

  it('are due once the stream cannot hold their records any more', () => {
    const minute = 60_000;
    let last: StreamIndex | undefined;
    const due: (number | undefined)[] = [];
    for (const at of [10, 20, 30, 40, 50, 90].map((each) => each * minute)) {
      const { index, listing } = audit(last, [first], { at });
      due.push(listing.due(3, at), listing.due(4, at));
      last = index;
    }
    const none = undefined;
    // What was committed half an hour before, in thousands of a second.
    expect(due).toEqual([
      ...[none, none, none, none, none, none],
      ...[600, none, 1_200, none, 3_000, none],
    ]);
    expect(last?.committed.map(({ at }) => at / minute)).toEqual([50, 90]);
  });
});
