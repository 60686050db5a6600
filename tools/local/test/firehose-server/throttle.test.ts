import { describe, expect, it } from 'vitest';
import { type StreamRates, Throttle } from '../../firehose-server/throttle.ts';

function throttleOf(rates: StreamRates) {
  const clock = { now: 0 };
  return { clock, throttle: new Throttle(rates, () => clock.now) };
}

/** Which of so many tries go through. */
const tries = (count: number, take: () => boolean) => Array.from({ length: count }, take);

describe('a throttle', () => {
  it('without rates lets all through', () => {
    const { throttle } = throttleOf({});
    expect(throttle.takeCall()).toBe(true);
    expect(throttle.takeRecord(1e12)).toBe(true);
  });

  it('lets as many calls through as a second has, and then as time goes by', () => {
    const { clock, throttle } = throttleOf({ callsPerSecond: 2 });
    expect(tries(3, () => throttle.takeCall())).toEqual([true, true, false]);
    clock.now = 499;
    expect(throttle.takeCall()).toBe(false);
    clock.now = 500;
    expect(tries(2, () => throttle.takeCall())).toEqual([true, false]);
    clock.now = 60_000;
    expect(tries(3, () => throttle.takeCall())).toEqual([true, true, false]);
  });

  it('counts records and bytes, neither of what it rejects', () => {
    const { clock, throttle } = throttleOf({ recordsPerSecond: 3, bytesPerSecond: 100 });
    expect(throttle.takeRecord(101)).toBe(false);
    expect([90, 11, 10, 0, 0].map((bytes) => throttle.takeRecord(bytes))).toEqual([
      ...[true, false, true, true, false],
    ]);
    clock.now = 1000;
    expect(throttle.takeRecord(100)).toBe(true);
  });
});
