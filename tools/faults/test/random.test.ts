import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';

const drawn = (seed: number, count = 100) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('random numbers', () => {
  it.each([0, 1, 2 ** 32 - 1])('are the same for the same seed: %i', (seed) => {
    expect(drawn(seed)).toEqual(drawn(seed));
  });

  it('are those that seeds of earlier runs had', () => {
    expect(drawn(0, 3)).toEqual([0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]);
  });

  it('are others for another seed', () => {
    expect(new Set([0, 1, 2, 2 ** 31].flatMap((seed) => drawn(seed, 20))).size).toBe(80);
  });

  it('are from 0 to 1, spread evenly', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const value of drawn(7, 10_000)) {
      const tenth = Math.floor(value * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths.reduce((sum, each) => sum + each)).toBe(10_000);
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('a random choice', () => {
  it('is a whole number below an end', () => {
    const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 1000 }), (seed, end) => {
        const value = new Random(seed).below(end);
        return Number.isInteger(value) && value >= 0 && value < end;
      }),
    );
  });

  it('is true as often as it should be', () => {
    const random = new Random(3);
    const often = (share: number) =>
      Array.from({ length: 2000 }, () => random.chance(share)).filter(Boolean).length;
    expect([often(0), often(1)]).toEqual([0, 2000]);
    expect(Math.abs(often(0.25) - 500)).toBeLessThan(100);
  });

  it('is one of the values, each of them at times', () => {
    const random = new Random(5);
    const picked = Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']));
    expect([...new Set(picked)].sort()).toEqual(['a', 'b', 'c']);
  });

  it('is an order of all values, which are left as they are', () => {
    const values = Object.freeze(Array.from({ length: 20 }, (_, i) => i));
    const [first, again, other] = [11, 11, 12].map((seed) => new Random(seed).shuffle(values));
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(first).not.toEqual(values);
    expect(first?.toSorted((a, b) => a - b)).toEqual(values);
  });
});
