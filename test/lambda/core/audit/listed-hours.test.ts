import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ListedHours, sourcesOf } from '../../../../lambda/core/audit/listed-hours.ts';

const object = (name: string, bytes: number) => ({
  key: `topic=orders/dt=2026-11-23/${name}`,
  bytes,
});
const eight = object('hour=08/p0.0-9.jsonl.gz', 10);
const nine = [object('hour=09/p0.10-19.jsonl.gz', 20), object('hour=09/p0.20-29.jsonl.gz', 30)];

describe('the hours of a listing', () => {
  it('have the digest of their sorted keys and sizes', () => {
    const lines = nine.map(({ bytes, key }) => `${key}\t${bytes}\n`).join('');
    const digest = createHash('sha256').update(lines).digest('hex');
    expect(sourcesOf(nine)).toEqual({ objects: 2, digest });
    expect(sourcesOf(nine.toReversed())).toEqual({ objects: 2, digest });
    const other = nine.map((each) => ({ ...each, bytes: each.bytes + 1 }));
    expect(sourcesOf(other).digest).not.toBe(digest);
  });

  it('are those of the objects that were added in order', () => {
    const listed = new ListedHours({ objectPrefix: '', topic: 'orders' });
    expect(listed.periods()).toEqual([]);
    const others = [object('hour=09/readme.txt', 1), { key: 'topic=orders/p0.jsonl', bytes: 1 }];
    for (const each of [eight, ...nine, ...others]) listed.add(each);
    expect(listed.periods()).toEqual([
      { dt: '2026-11-23', hour: '08' },
      { dt: '2026-11-23', hour: '09' },
    ]);
    expect(listed.sources({ dt: '2026-11-23', hour: '08' })).toEqual(sourcesOf([eight]));
    expect(listed.sources({ dt: '2026-11-23', hour: '09' })).toEqual(sourcesOf(nine));
    expect(listed.sources({ dt: '2026-11-23', hour: '10' })).toBeUndefined();
    // A folder that is listed again replaces what was listed before.
    listed.add(eight);
    expect(listed.sources({ dt: '2026-11-23', hour: '08' })).toEqual(sourcesOf([eight]));
  });
});
