import { describe, expect, it } from 'vitest';
import { formatAge, formatBatches, formatLetters, tableLines, toLine } from '../../cli/table.ts';

describe('a table', () => {
  it('aligns its columns, without trailing spaces', () => {
    const rows = [['A', 'LONG', 'C'], ['aaa', 'b', ''], ['a'], ['a', '', 'c']];
    expect(tableLines(rows)).toEqual(['A    LONG  C', 'aaa  b', 'a', 'a          c']);
    expect(tableLines([])).toEqual([]);
  });

  it('has one line for each row', () => {
    expect(tableLines([['a\nb\u0000\u001b[1m\u009b', 'c']])).toEqual(['a b [1m   c']);
  });
});

describe('a line', () => {
  it('is text without control characters', () => {
    expect(toLine('a\r\n\tb\u007f ü\u{1f600}')).toBe('a b  ü\u{1f600}');
  });

  it.each([
    ['a right-to-left override', '\u202e'],
    ['an Arabic letter mark', '\u061c'],
    ['bidirectional isolates', '\u2066\u2067\u2068\u2069'],
    ['characters without width', '\u200b\u2060\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['separators of lines and paragraphs', '\u2028\u2029'],
    ['tag characters', '\u{e0001}\u{e0041}'],
    ['lone surrogates', '\ud83d'],
  ])('does not contain %s, which would reorder, hide or break text', (_, hostile) => {
    expect(toLine(`a${hostile}b`)).toBe('a b');
  });
});

describe('an age', () => {
  const day = 86_400_000;
  it.each([
    [-5_000, '0s'],
    [0, '0s'],
    [999, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [7_199_999, '119m'],
    [7_200_000, '2h'],
    [2 * day - 1, '47h'],
    [2 * day, '2d'],
    [400 * day, '400d'],
  ])('of %i ms is %s', (milliseconds, age) => {
    expect(formatAge(milliseconds)).toBe(age);
  });
});

describe('a number of things', () => {
  it('is singular or plural', () => {
    expect([0, 1, 1_500].map(formatBatches)).toEqual([
      '0 failed batches',
      '1 failed batch',
      '1,500 failed batches',
    ]);
    expect([1, 2].map(formatLetters)).toEqual(['1 dead letter', '2 dead letters']);
  });
});
