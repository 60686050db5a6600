import { describe, expect, it } from 'vitest';
import {
  endOfPeriod,
  folderOfPeriod,
  periodOfKey,
  periodsBetween,
  startOfPeriod,
} from '../../../../lambda/core/audit/hour-period.ts';

const place = { objectPrefix: 'shop/', topic: 'orders' };
const nine = { dt: '2026-11-23', hour: '09' };
const day = { dt: '2026-11-23', hour: 'all' };
const at = (text: string) => Date.parse(`2026-11-${text}Z`);

describe('the hours of a topic', () => {
  it.each([
    ['shop/topic=orders/dt=2026-11-23/hour=09/p0.0-1.jsonl.gz', nine],
    ['shop/topic=orders/dt=2026-11-23/hour=09/stream-1-2026.jsonl.zst', nine],
    ['shop/topic=orders/dt=2026-11-23/p0.0-1.jsonl', day],
    ['shop/topic=orders/p0.0-1.jsonl.gz', undefined],
    ['shop/topic=orders/dt=2026-11-23/hour=09/', undefined],
    ['shop/topic=orders/dt=2026-11-23/hour=09/readme.txt', undefined],
    ['shop/topic=orders/dt=1970-01-01/hour=00/p0.0-1.jsonl.gz', undefined],
    ['shop/topic=orders/dt=invalid/hour=00/p0.0-1.jsonl.gz', undefined],
    ['shop/topic=orders/dt=2026-13-01/hour=00/p0.0-1.jsonl.gz', undefined],
    ['topic=orders/dt=2026-11-23/hour=09/p0.0-1.jsonl.gz', undefined],
    ['shop/topic=order/dt=2026-11-23/hour=09/p0.0-1.jsonl.gz', undefined],
  ])('of %s', (key, period) => {
    expect(periodOfKey(key, place)).toEqual(period);
  });

  it('have a folder, a beginning and an end', () => {
    expect(folderOfPeriod(place, nine)).toBe('shop/topic=orders/dt=2026-11-23/hour=09/');
    expect(folderOfPeriod(place, day)).toBe('shop/topic=orders/dt=2026-11-23/');
    expect([startOfPeriod(nine), endOfPeriod(nine)]).toEqual([at('23T09:00'), at('23T10:00')]);
    expect([startOfPeriod(day), endOfPeriod(day)]).toEqual([at('23T00:00'), at('24T00:00')]);
  });

  it('are over at their end', () => {
    expect(periodsBetween(at('23T22:30'), at('24T00:59'), 'hour')).toEqual([
      { dt: '2026-11-23', hour: '22' },
      { dt: '2026-11-23', hour: '23' },
    ]);
    expect(periodsBetween(at('23T22:00'), at('23T23:00'), 'hour')).toHaveLength(1);
    expect(periodsBetween(at('23T22:30'), at('25T00:00'), 'day')).toEqual([
      { dt: '2026-11-23', hour: 'all' },
      { dt: '2026-11-24', hour: 'all' },
    ]);
    expect(periodsBetween(at('23T22:30'), at('23T22:59'), 'hour')).toEqual([]);
  });
});
