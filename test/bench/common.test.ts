import { describe, expect, it } from 'vitest';
import { markdownTable } from '../../bench/common/markdown-table.ts';
import {
  cpuOf,
  median,
  quantile,
  showSpread,
  spreadOf,
  timeOf,
} from '../../bench/common/sample.ts';

describe('a sample', () => {
  it('has a median and a middle half, in whatever order it was taken', () => {
    const sample = [9, 1, 5, 3, 7];
    expect(median(sample)).toBe(5);
    expect(spreadOf(sample)).toEqual({ median: 5, low: 3, high: 7 });
    expect(quantile(sample, 1)).toBe(9);
    expect(sample).toEqual([9, 1, 5, 3, 7]);
  });

  it('of nothing has none', () => {
    expect(median([])).toBeNaN();
  });

  it('is shown with its middle half', () => {
    expect(showSpread({ median: 5, low: 3.14, high: 7 }, 1)).toBe('5.0 (3.1–7.0)');
  });

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
      ['gzip 6', '129.0', '$1.20'],
      ['zstd 3', '-2', '$12'],
    ];
    expect(markdownTable(['', 'Milliseconds', '$/TB'], rows).split('\n')).toEqual([
      '|        | Milliseconds |  $/TB |',
      '| ------ | -----------: | ----: |',
      '| gzip 6 |        129.0 | $1.20 |',
      '| zstd 3 |           -2 |   $12 |',
    ]);
  });
});
