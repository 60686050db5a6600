import { describe, expect, it } from 'vitest';
import { markdownTable } from '../common/markdown-table.ts';
import {
  cpuOf,
  median,
  quantile,
  rangeOf,
  showSpread,
  spreadOf,
  timeOf,
} from '../common/sample.ts';

describe('quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of a share of %d of 1 to 100 is %d, in whatever order', (share, expected) => {
    expect(quantile(hundred, share)).toBe(expected);
    expect(hundred[0]).toBe(100);
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

describe('a sample', () => {
  it('has a middle half, and both ends', () => {
    const sample = [9, 1, 5, 3, 7];
    expect(spreadOf(sample)).toEqual({ median: 5, low: 3, high: 7 });
    expect(rangeOf(sample)).toEqual({ median: 5, low: 1, high: 9 });
  });

  it('of nothing has none', () => {
    const nothing = { median: Number.NaN, low: Number.NaN, high: Number.NaN };
    expect(spreadOf([])).toEqual(nothing);
    expect(rangeOf([])).toEqual(nothing);
  });

  it('is shown with what is around its middle, unless that is shown as the middle is', () => {
    expect(showSpread({ median: 1005, low: 3.14, high: 2e6 }, 1)).toBe('1,005.0 (3.1–2,000,000.0)');
    expect(showSpread({ median: 1.02, low: 1.01, high: 1.04 }, 1)).toBe('1.0');
  });
});

describe('a measurement', () => {
  it('is taken of time on the wall and of the CPU', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    expect(await timeOf(wait)).toBeGreaterThan(10);
    const busy = () => {
      const end = performance.now() + 30;
      while (performance.now() < end);
    };
    expect(await cpuOf(busy)).toBeGreaterThan(1);
  });
});

describe('a Markdown table', () => {
  it('has its columns aligned, those of numbers to the right', () => {
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

  it('has bars of a cell escaped, and to the right a column of numbers that has gaps', () => {
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
