import { describe, expect, it } from 'vitest';
import { folderOf, periodOf } from '../../../../lambda/core/object/object-key.ts';

describe('folders', () => {
  const folder = (iso: string, timeFolder: 'hour' | 'day' | 'none') =>
    folderOf(periodOf(Date.parse(iso), timeFolder), timeFolder);

  it.each([
    ['2026-11-23T09:00:00.000Z', 'dt=2026-11-23/hour=09/', 'dt=2026-11-23/'],
    ['2026-11-23T09:59:59.999Z', 'dt=2026-11-23/hour=09/', 'dt=2026-11-23/'],
    ['2026-11-23T23:59:59.999+09:00', 'dt=2026-11-23/hour=14/', 'dt=2026-11-23/'],
    ['2000-01-01T00:00:00.000Z', 'dt=2000-01-01/hour=00/', 'dt=2000-01-01/'],
    ['9999-12-31T23:59:59.999Z', 'dt=9999-12-31/hour=23/', 'dt=9999-12-31/'],
    ['1999-12-31T23:59:59.999Z', 'dt=1970-01-01/hour=00/', 'dt=1970-01-01/'],
    ['+010000-01-01T00:00:00.000Z', 'dt=1970-01-01/hour=00/', 'dt=1970-01-01/'],
  ])('follow the time in UTC: %s', (iso, hour, day) => {
    expect(folder(iso, 'hour')).toBe(hour);
    expect(folder(iso, 'day')).toBe(day);
    expect(folder(iso, 'none')).toBe('');
  });

  it('include one for records without a time, which is a date like any other', () => {
    const undated = [null, undefined, -1, Number.NaN, 'noon'];
    const foldersOf = (timeFolder: 'hour' | 'day') =>
      new Set(undated.map((time) => folderOf(periodOf(time, timeFolder), timeFolder)));
    expect([...foldersOf('hour')]).toEqual(['dt=1970-01-01/hour=00/']);
    expect([...foldersOf('day')]).toEqual(['dt=1970-01-01/']);
  });
});
