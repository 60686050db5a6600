import { describe, expect, it } from 'vitest';
import { shared, sizeOf, without } from '../../../../lambda/core/object/range-sets.ts';

const ranges = (text: string) =>
  text.split(' ').map((range) => {
    const [first, last] = range.split('-').map(Number) as [number, number];
    return { first, last };
  });

describe('ranges', () => {
  it.each([
    ['0-9', '3-4', '0-2 5-9'],
    ['0-9', '0-4', '5-9'],
    ['0-9', '5-12', '0-4'],
    ['0-3 6-9', '2-7', '0-1 8-9'],
    ['0-3 6-9 12-15', '1-1 3-3 13-20', '0-0 2-2 6-9 12-12'],
    ['10-19', '0-3 30-31', '10-19'],
  ])('%s without %s are %s', (from, others, left) => {
    expect(without(ranges(from), ranges(others))).toEqual(ranges(left));
  });

  it('are empty without what covers them', () => {
    expect(without(ranges('2-5 7-8'), ranges('0-9'))).toEqual([]);
    expect(without([], ranges('0-9'))).toEqual([]);
  });

  it('share what both have', () => {
    expect(shared(ranges('0-3 6-9'), ranges('2-7 9-20'))).toEqual(ranges('2-3 6-7 9-9'));
  });

  it('have a size', () => {
    expect(sizeOf(ranges('0-3 6-9'))).toBe(8);
  });
});
