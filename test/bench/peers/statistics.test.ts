import { describe, expect, it } from 'vitest';
import { median, quantile, spreadOf } from '../../../bench/peers/statistics.ts';

describe('quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of a share of %d of 1 to 100 is %d, in whatever order', (share, expected) => {
    expect(quantile(hundred, share)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (sample, expected) => {
    expect(median(sample)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('spreadOf', () => {
  it('has the middle and both ends', () => {
    expect(spreadOf([7, 2, 30])).toEqual({ median: 7, min: 2, max: 30 });
  });

  it('of nothing is not a number', () => {
    expect(spreadOf([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });
});
