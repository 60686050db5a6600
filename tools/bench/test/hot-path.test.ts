import { expect, it } from 'vitest';
import { pairsOf } from '../hot-path/against-bound.ts';
import { shares } from '../hot-path/stage-table.ts';

const gzip6 = { compression: 'gzip', level: 6 } as const;

it('the cases that have no goal get fewer pairs', () => {
  expect(pairsOf(60, '1 KB', gzip6)).toBe(60);
  expect(pairsOf(60, '10 KB', gzip6)).toBe(30);
  expect(pairsOf(60, '1 KB', { ...gzip6, level: 9 })).toBe(10);
  expect(pairsOf(5, '10 KB', { ...gzip6, level: 9 })).toBe(5);
});

it('stages have shares of their sum', () => {
  const stage = (median: number) => ({ median, low: median - 1, high: median + 1 });
  expect(shares([stage(30), stage(10)])).toEqual([
    '30.0 (29.0–31.0), 75 %',
    '10.0 (9.0–11.0), 25 %',
    '40.0',
  ]);
});
