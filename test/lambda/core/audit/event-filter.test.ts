import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { evaluateFilters, type FilterVerdict } from '../../../../lambda/core/audit/event-filter.ts';

const evaluate = (rule: unknown, value: string) =>
  evaluateFilters([{ value: rule }], Buffer.from(value));

type Case = readonly [rule: unknown, value: string, verdict: FilterVerdict];

/** Rules for the field `a` of a JSON value. */
const fields: readonly Case[] = [
  [['x'], '"x"', 'matches'],
  [['x', 'y'], '"y"', 'matches'],
  [['x'], '"X"', 'fails'],
  [['x'], '["z","x"]', 'matches'],
  [['x'], '[["x"]]', 'matches'],
  [['x'], '["z"]', 'fails'],
  [['x'], '{"b":"x"}', 'fails'],
  [[''], '""', 'matches'],
  [[null], 'null', 'matches'],
  [[null], '0', 'fails'],
  [[5], '5', 'matches'],
  [[5], '"5"', 'fails'],
  [[true], 'true', 'matches'],
  [[['x']], '"x"', 'unknown'],
  [[{ prefix: 'AB' }], '"AB12"', 'matches'],
  [[{ prefix: 'AB' }], '"ab12"', 'fails'],
  [[{ prefix: 'AB' }], '12', 'fails'],
  [[{ prefix: { 'equals-ignore-case': 'ab' } }], '"AB12"', 'unknown'],
  [[{ suffix: '.png' }], '"a.png"', 'matches'],
  [[{ suffix: '.png' }], '"a.gif"', 'fails'],
  [[{ 'equals-ignore-case': 'Alice' }], '"aLICE"', 'matches'],
  [[{ 'equals-ignore-case': 'straße' }], '"STRASSE"', 'matches'],
  [[{ 'equals-ignore-case': 'Alice' }], '"Bob"', 'fails'],
  [[{ 'anything-but': ['x', 'y'] }], '"z"', 'matches'],
  [[{ 'anything-but': ['x', 'y'] }], '"y"', 'fails'],
  [[{ 'anything-but': 'x' }], '"x"', 'fails'],
  [[{ 'anything-but': 'x' }], '["x","z"]', 'matches'],
  [[{ 'anything-but': [1] }], '2', 'matches'],
  [[{ 'anything-but': [1] }], '1', 'unknown'],
  [[{ 'anything-but': { prefix: 'x' } }], '"xy"', 'unknown'],
  [[{ numeric: ['=', 5] }], '5', 'matches'],
  [[{ numeric: ['=', 5] }], '6', 'fails'],
  [[{ numeric: ['=', 5] }], '"5"', 'fails'],
  [[{ numeric: ['>', 0, '<=', 5] }], '5', 'matches'],
  [[{ numeric: ['>', 0, '<=', 5] }], '0', 'fails'],
  [[{ numeric: ['>=', 0, '<', 5] }], '0', 'matches'],
  [[{ numeric: ['>=', 0, '<', 5] }], '5', 'fails'],
  [[{ numeric: ['>', 0] }], '1e10', 'unknown'],
  [[{ numeric: ['>', '0'] }], '1', 'unknown'],
  [[{ numeric: ['!=', 0] }], '1', 'unknown'],
  [[{ numeric: ['>'] }], '1', 'unknown'],
  [[{ numeric: [] }], '1', 'unknown'],
  [[{ numeric: 1 }], '1', 'unknown'],
  [[{ exists: true }], '""', 'matches'],
  [[{ exists: true }], '{"b":1}', 'fails'],
  [[{ exists: false }], '""', 'fails'],
  [[{ exists: false }], '{"b":1}', 'matches'],
  [[{ exists: 'no' }], '1', 'unknown'],
  [[{ wildcard: 'a*' }], '"b"', 'unknown'],
  [[{ cidr: '10.0.0.0/24' }], '"192.0.2.1"', 'unknown'],
  [[{ prefix: 'a', suffix: 'b' }], '"c"', 'unknown'],
  [['x', { wildcard: 'a*' }], '"x"', 'matches'],
  [[], '"x"', 'fails'],
  ['x', '"x"', 'unknown'],
  [{ b: ['x'] }, '{"b":"x"}', 'matches'],
  [{ b: ['x'] }, '{"b":"y"}', 'fails'],
  [{ b: ['x'] }, '"x"', 'fails'],
  [{ b: ['x'] }, '[{"b":"y"},{"b":"x"}]', 'matches'],
  [{ b: ['x'], c: ['y'] }, '[{"b":"x"},{"c":"y"}]', 'fails'],
  [{ b: [{ exists: false }] }, '[{"b":1}]', 'unknown'],
  [{ b: [{ exists: false }] }, '[{"c":1}]', 'matches'],
  [{ b: [{ exists: false }] }, '1', 'matches'],
  [{}, '{}', 'unknown'],
];

/** Rules for a whole value. */
const values: readonly Case[] = [
  [{ a: ['x'], b: [1] }, '{"a":"x","b":1}', 'matches'],
  [{ a: ['x'], b: [1] }, '{"a":"x","b":2}', 'fails'],
  [{ a: ['x'], b: [{ wildcard: '*' }] }, '{"a":"x","b":""}', 'unknown'],
  [{ a: ['x'], b: [{ wildcard: '*' }] }, '{"a":"y","b":""}', 'fails'],
  [{ a: ['x'] }, '{}', 'fails'],
  [{ a: [{ exists: false }] }, '{}', 'matches'],
  [{ a: [{ wildcard: '*' }] }, '{}', 'unknown'],
  [{ toString: ['x'] }, '{}', 'fails'],
  [{ 'a.b': ['x'] }, '{"a":{"b":"x"}}', 'unknown'],
  [{ a: { b: ['x'] } }, '{"a.b":"x"}', 'unknown'],
  [{ $or: [{ a: ['x'] }, { b: [1] }] }, '{"a":"y","b":1}', 'matches'],
  [{ $or: [{ a: ['x'] }, { b: [1] }] }, '{"a":"y"}', 'fails'],
  [{ $or: [{ a: ['x'] }] }, '{"a":"y"}', 'unknown'],
  [{ $or: { a: ['x'] } }, '{"a":"y"}', 'unknown'],
  [{ $or: ['a', { b: [1] }] }, '{"a":"y"}', 'unknown'],
  [{ a: ['x'] }, 'plain text', 'matches'],
  [{ a: ['x'] }, '[{"a":"y"}]', 'unknown'],
  [{ a: ['x'] }, '42', 'unknown'],
  [['error'], 'error', 'matches'],
  [['error'], 'fine', 'fails'],
  [[{ 'anything-but': ['error'] }], 'fine', 'matches'],
  [[{ 'anything-but': ['error'] }], 'error', 'fails'],
  [['error'], '{"a":1}', 'matches'],
  [['error'], '42', 'unknown'],
  ['error', 'error', 'unknown'],
];

describe('evaluateFilters', () => {
  it.each(fields)('of the field %j finds that %s %s', (rule, value, verdict) => {
    expect(evaluate({ a: rule }, `{"a":${value}}`)).toBe(verdict);
  });

  it.each(values)('of the value %j finds that %s %s', (rule, value, verdict) => {
    expect(evaluate(rule, value)).toBe(verdict);
  });

  it('matches every record without patterns', () => {
    expect(evaluateFilters([], null)).toBe('matches');
  });

  it('cannot evaluate a record without a value', () => {
    expect(evaluateFilters([{ value: ['x'] }], null)).toBe('unknown');
  });

  it('matches a value that is not UTF-8, since Lambda does not filter by it', () => {
    expect(evaluateFilters([{ value: ['x'] }], Buffer.from([0xff]))).toBe('matches');
  });

  it('cannot evaluate a pattern for other fields', () => {
    const patterns = [{ value: ['x'], key: ['y'] }];
    expect(evaluateFilters(patterns, Buffer.from('z'))).toBe('unknown');
  });

  it('takes a record that matches one of several patterns', () => {
    const patterns = [{ value: { a: ['x'] } }, { value: { a: ['y'] } }];
    expect(evaluateFilters(patterns, Buffer.from('{"a":"y"}'))).toBe('matches');
    expect(evaluateFilters(patterns, Buffer.from('{"a":"z"}'))).toBe('fails');
  });
});
