import { expect, it } from 'vitest';
import { retryDelaySeconds } from '../../../../lambda/core/failed-batch/backoff.ts';

it.each([
  [1, 60, 30, 60],
  [2, 60, 60, 120],
  [5, 60, 480, 960],
  [7, 60, 1800, 3600],
  [1000, 60, 1800, 3600],
  [1, 1, 1, 1],
  [1, 3600, 1800, 3600],
])(
  'after try %i, with a first delay of %i s, waits %i to %i seconds',
  (tries, first, least, most) => {
    expect(retryDelaySeconds(tries, first, 0)).toBe(least);
    expect(retryDelaySeconds(tries, first, 1)).toBe(most);
  },
);

it('spreads ten tries over hours by default', () => {
  const waits = Array.from({ length: 9 }, (_, i) => retryDelaySeconds(i + 1, 60, 0));
  expect(waits.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(2 * 3600);
});
