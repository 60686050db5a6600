import { describe, expect, it } from 'vitest';
import {
  conflictKey,
  folderOf,
  objectKey,
  periodOf,
} from '../../../../lambda/core/object/object-key.ts';

const name = {
  prefix: 'shop/',
  topic: 'orders',
  partition: 3,
  folder: 'dt=2026-11-23/hour=09/',
  first: 100,
  last: 149,
  place: 1,
  count: 1,
  compression: 'gzip',
} as const;

describe('objectKey', () => {
  it.each([
    [
      name,
      'shop/topic=orders/dt=2026-11-23/hour=09/orders-3-00000000000000000100-00000000000000000149.jsonl.gz',
    ],
    [
      { ...name, prefix: '', folder: '', first: 0, last: 0 },
      'topic=orders/orders-3-00000000000000000000-00000000000000000000.jsonl.gz',
    ],
    [
      { ...name, place: 2, count: 3, compression: 'zstd' as const },
      'shop/topic=orders/dt=2026-11-23/hour=09/orders-3-00000000000000000100-00000000000000000149.2of3.jsonl.zst',
    ],
    [
      { ...name, partition: 12, last: Number.MAX_SAFE_INTEGER, compression: 'none' as const },
      'shop/topic=orders/dt=2026-11-23/hour=09/orders-12-00000000000000000100-00009007199254740991.jsonl',
    ],
  ])('follows from the batch run: %#', (parts, key) => {
    expect(objectKey(parts)).toBe(key);
  });

  it('marks a conflict in front of the extension, whatever the name of the topic', () => {
    const key = objectKey({ ...name, topic: 'a.jsonl.b', place: 1, count: 2 });
    expect(conflictKey(key, 'ab12cd34ef')).toBe(
      key.replace('.1of2.jsonl.gz', '.1of2~ab12cd34.jsonl.gz'),
    );
    expect(conflictKey(key, 'ab12cd34ef')).not.toBe(key);
  });
});

describe('folders', () => {
  const folder = (iso: string, timeFolder: 'hour' | 'day' | 'none') =>
    folderOf(periodOf(Date.parse(iso), timeFolder), timeFolder);

  it.each([
    ['2026-11-23T09:00:00.000Z', 'dt=2026-11-23/hour=09/', 'dt=2026-11-23/'],
    ['2026-11-23T09:59:59.999Z', 'dt=2026-11-23/hour=09/', 'dt=2026-11-23/'],
    ['2026-11-23T23:59:59.999+09:00', 'dt=2026-11-23/hour=14/', 'dt=2026-11-23/'],
    ['2000-01-01T00:00:00.000Z', 'dt=2000-01-01/hour=00/', 'dt=2000-01-01/'],
    ['9999-12-31T23:59:59.999Z', 'dt=9999-12-31/hour=23/', 'dt=9999-12-31/'],
    ['1999-12-31T23:59:59.999Z', 'dt=invalid/hour=00/', 'dt=invalid/'],
    ['+010000-01-01T00:00:00.000Z', 'dt=invalid/hour=00/', 'dt=invalid/'],
  ])('follow the time in UTC: %s', (iso, hour, day) => {
    expect(folder(iso, 'hour')).toBe(hour);
    expect(folder(iso, 'day')).toBe(day);
    expect(folder(iso, 'none')).toBe('');
  });

  it('include one for records without a time', () => {
    expect([null, undefined, -1].map((time) => folderOf(periodOf(time, 'hour'), 'hour'))).toEqual([
      'dt=invalid/hour=00/',
      'dt=invalid/hour=00/',
      'dt=invalid/hour=00/',
    ]);
  });
});
