import { describe, expect, it } from 'vitest';
import { rateUntil } from '../../peers/throughput.ts';

describe('rateUntil', () => {
  const begun = 1_000_000;
  /** 100 records each second for 9 seconds, and the last 100 a minute later. */
  const counts = Array.from({ length: 10 }, (_, i) => ({
    storedAt: begun + (i === 9 ? 69_000 : (i + 1) * 1000),
    records: 100,
  }));

  it('leaves out the time in which the last records wait', () => {
    expect(rateUntil(counts, begun, 0.9)).toBe(100);
    expect(rateUntil(counts, begun, 1)).toBeCloseTo(1000 / 69);
  });

  it('goes by time, not by the order in which objects are listed', () => {
    expect(rateUntil(counts.toReversed(), begun, 0.5)).toBe(100);
  });

  it('is not a number where nothing was stored', () => {
    expect(rateUntil([], begun, 0.95)).toBeNaN();
  });
});
