import { describe, expect, it } from 'vitest';
import {
  flag,
  invalid,
  list,
  oneOf,
  readFlags,
  readWordsAndFlags,
  text,
  wholeNumber,
} from '../../cli/flags.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { refusalOf } from '../helpers/refusal.ts';

const options = { out: { ...text, default: 'here' }, name: text, attempts: text, ric: flag };

describe('flags', () => {
  it.each([
    ['', { out: 'here', ric: false }],
    ['--out there --ric', { out: 'there', ric: true }],
    ['--out=there --name=', { out: 'there', name: '', ric: false }],
    ['--name a --name b', { out: 'here', name: 'b', ric: false }],
    ['--attempts=-1', { out: 'here', attempts: '-1', ric: false }],
  ])('are read from "%s"', (line, values) => {
    expect({ ...readFlags(line === '' ? [] : line.split(' '), options) }).toEqual(values);
  });

  it.each([
    ['--bogus', "Unknown option '--bogus'"],
    ['file', "Unexpected argument 'file'"],
    ['--out', "Option '--out <value>' argument missing"],
    ['--ric=yes', "Option '--ric' does not take an argument"],
    ['--attempts -1', "Option '--attempts' argument is ambiguous"],
    ['--out --ric', "Option '--out' argument is ambiguous"],
  ])('are refused by name, in one line: "%s"', (line, start) => {
    const message = refusalOf(() => readFlags(line.split(' '), options));
    expect(message.slice(0, start.length)).toBe(start);
    expect(message).toMatch(/^.+; see --help$/);
  });
});

describe('words and flags', () => {
  it.each([
    ['', { words: [], values: { out: 'here', ric: false } }],
    ['show a --ric b', { words: ['show', 'a', 'b'], values: { out: 'here', ric: true } }],
    ['--out there show', { words: ['show'], values: { out: 'there', ric: false } }],
    ['show -- --ric', { words: ['show', '--ric'], values: { out: 'here', ric: false } }],
  ])('are read from "%s"', (line, read) => {
    const { values, words } = readWordsAndFlags(line === '' ? [] : line.split(' '), options);
    expect({ words, values: { ...values } }).toEqual(read);
  });

  it('are refused as flags are', () => {
    const message = refusalOf(() => readWordsAndFlags(['show', '--bogus'], options));
    expect(message).toMatch(/^Unknown option '--bogus'.*; see --help$/);
  });
});

describe('a whole number', () => {
  const ranges = { attempts: { min: -1, max: 10, default: 3 } };

  it.each([
    [undefined, 3],
    ['-1', -1],
    ['0', 0],
    ['007', 7],
    ['10', 10],
  ])('is read from %s', (given, value) => {
    expect(wholeNumber(ranges, 'attempts', given)).toBe(value);
  });

  it.each(['-2', '11', '1.0', '1e1', '0x1', '+1', ' 1', '1 ', '', '-', 'NaN', 'Infinity', '९'])(
    'is not "%s"',
    (given) => {
      expect(refusalOf(() => wholeNumber(ranges, 'attempts', given))).toBe(
        `--attempts must be a whole number from -1 to 10, got '${given}'; see --help`,
      );
    },
  );
});

describe('one of some values', () => {
  it.each(['gzip', 'none'] as const)('is %s', (given) => {
    expect(oneOf('compression', given, ['gzip', 'none'])).toBe(given);
  });

  it.each(['', 'GZIP', 'gzip ', 'toString'])('is not "%s"', (given) => {
    expect(refusalOf(() => oneOf('compression', given, ['gzip', 'none']))).toBe(
      `--compression must be one of gzip, none, got '${given}'; see --help`,
    );
  });
});

describe('a list', () => {
  it.each([
    ['', []],
    [' , ,', []],
    ['a', ['a']],
    ['b, a ,b,,a b', ['b', 'a', 'a b']],
  ])('of "%s" is %j', (given, names) => {
    expect(list(given)).toEqual(names);
  });
});

describe('what is invalid', () => {
  it('is an error of the settings that points to the help', () => {
    const error = invalid('--x is needed');
    expect(error).toBeInstanceOf(ArchiverError);
    expect(error).toMatchObject({
      code: 'INVALID_SETTINGS',
      message: '--x is needed; see --help',
      retryable: false,
    });
  });
});
