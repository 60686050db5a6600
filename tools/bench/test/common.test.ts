import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/usage-error.ts';
import { markdownTable } from '../common/markdown-table.ts';
import { median, quantile, rangeOf, showSpread, spreadOf } from '../common/sample.ts';
import { pairsOf } from '../hot-path/against-bound.ts';
import { extractRevision } from '../hot-path/revision.ts';
import { shares } from '../hot-path/stage-table.ts';

describe('quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('at %d of 1 to 100 is %d, in any order', (share, expected) => {
    expect(quantile(hundred, share)).toBe(expected);
    expect(hundred[0]).toBe(100);
  });

  it('of an empty sample is NaN', () => {
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

  it('of an empty sample is NaN', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a sample', () => {
  it('has quartiles, a minimum and a maximum', () => {
    const sample = [9, 1, 5, 3, 7];
    expect(spreadOf(sample)).toEqual({ median: 5, low: 3, high: 7 });
    expect(rangeOf(sample)).toEqual({ median: 5, low: 1, high: 9 });
  });

  it('has none of them if it is empty', () => {
    const nothing = { median: Number.NaN, low: Number.NaN, high: Number.NaN };
    expect(spreadOf([])).toEqual(nothing);
    expect(rangeOf([])).toEqual(nothing);
  });

  it('is shown with its range, unless that looks like the median', () => {
    expect(showSpread({ median: 1005, low: 3.14, high: 2e6 }, 1)).toBe('1,005.0 (3.1–2,000,000.0)');
    expect(showSpread({ median: 1.02, low: 1.01, high: 1.04 }, 1)).toBe('1.0');
  });
});

describe('a Markdown table', () => {
  it('aligns its columns, numeric ones to the right', () => {
    const rows = [
      ['gzip 6', '129.0', '$1.20', '0.7, 0 %', '3 of 4'],
      ['zstd 3', '-2', '$12', '9 (8–10), 5 %', '17 of 20'],
    ];
    expect(markdownTable(['', 'Milliseconds', '$/TB', 'Share', 'Of'], rows).split('\n')).toEqual([
      '|        | Milliseconds |  $/TB |         Share | Of       |',
      '| ------ | -----------: | ----: | ------------: | -------- |',
      '| gzip 6 |        129.0 | $1.20 |      0.7, 0 % | 3 of 4   |',
      '| zstd 3 |           -2 |   $12 | 9 (8–10), 5 % | 17 of 20 |',
    ]);
  });

  it('escapes bars, and aligns numeric columns with gaps to the right', () => {
    const rows = [
      ['a | b', '17'],
      ['c', ''],
    ];
    expect(markdownTable(['Peer', 'Objects'], rows).split('\n')).toEqual([
      '| Peer   | Objects |',
      '| ------ | ------: |',
      '| a \\| b |      17 |',
      '| c      |         |',
    ]);
  });
});

describe('the hot path', () => {
  const gzip6 = { compression: 'gzip', level: 6 } as const;

  it('gives fewer pairs to cases without a goal', () => {
    expect(pairsOf(60, '1 KB', gzip6)).toBe(60);
    expect(pairsOf(60, '10 KB', gzip6)).toBe(30);
    expect(pairsOf(60, '1 KB', { ...gzip6, level: 9 })).toBe(10);
    expect(pairsOf(5, '10 KB', { ...gzip6, level: 9 })).toBe(5);
  });

  it('shows stages with their shares of the sum', () => {
    const stage = (median: number) => ({ median, low: median - 1, high: median + 1 });
    expect(shares([stage(30), stage(10)])).toEqual([
      '30.0 (29.0–31.0), 75 %',
      '10.0 (9.0–11.0), 25 %',
      '40.0',
    ]);
  });
});

describe('the sources of a commit', () => {
  it('are refused if the repository has no such commit', () => {
    expect(() => extractRevision('no-such-commit')).toThrow(
      new UsageError("--against: no commit 'no-such-commit' in this repository"),
    );
  });
});
