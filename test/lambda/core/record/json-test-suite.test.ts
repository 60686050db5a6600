import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { JsonScanner, NOT_EMBEDDED } from '../../../../lambda/core/record/json-scanner.ts';
import cases from '../../../fixtures/json-test-suite/cases.json' with { type: 'json' };

type Case = { readonly text: string } | { readonly base64: string };

/** By name: `y_` is JSON, `n_` is not, and parsers may do either with `i_`. */
const suite: readonly (readonly [string, Buffer])[] = [
  ...Object.entries<Case>(cases).map(([name, each]): [string, Buffer] => [
    name,
    'text' in each ? Buffer.from(each.text) : Buffer.from(each.base64, 'base64'),
  ]),
  // Too long for the fixture.
  ['n_structure_100000_opening_arrays', Buffer.from('['.repeat(100_000))],
  ['n_structure_open_array_object', Buffer.from(`${'[{"":'.repeat(50_000)}\n`)],
];

/** The texts that are JSON and not embedded, by the rule that refuses them; see {@link JsonScanner.embed}. */
const refusedJson = {
  'names of an object differ': ['y_object_duplicated_key', 'y_object_duplicated_key_and_value'],
  'surrogates in escapes are paired': [
    'i_object_key_lone_2nd_surrogate',
    'i_string_1st_surrogate_but_2nd_missing',
    'i_string_1st_valid_surrogate_2nd_invalid',
    'i_string_incomplete_surrogate_and_escape_valid',
    'i_string_incomplete_surrogate_pair',
    'i_string_incomplete_surrogates_escape_valid',
    'i_string_invalid_lonely_surrogate',
    'i_string_invalid_surrogate',
    'i_string_inverted_surrogates_U+1D11E',
    'i_string_lone_second_surrogate',
  ],
  'a number is below 10^308, and its exponent has 4 digits at most': [
    'i_number_huge_exp',
    'i_number_neg_int_huge_exp',
    'i_number_pos_double_huge_exp',
    'i_number_real_neg_overflow',
    'i_number_real_pos_overflow',
    'i_number_real_underflow',
  ],
  'the digits before the point or exponent are a 64-bit integer': [
    'i_number_too_big_neg_int',
    'i_number_too_big_pos_int',
    'i_number_very_big_negative_int',
  ],
  'containers are nested 100 deep at most': ['i_structure_500_nested_arrays'],
};
const refusals = new Set(Object.values(refusedJson).flat());

const scanner = new JsonScanner(1_000_000);

/** The text as a line holds it, null if it is not embedded. */
function embed(text: Buffer): string | null {
  text.copy(scanner.bytes);
  const end = scanner.embed(0, text.length);
  return end === NOT_EMBEDDED ? null : scanner.bytes.toString('utf8', 0, end);
}

/** What JSON.parse returns, in a list; empty where it throws, or where the bytes are not UTF-8. */
function parse(text: Buffer): unknown[] {
  try {
    const decoder = new TextDecoder('utf8', { fatal: true, ignoreBOM: true });
    return [JSON.parse(decoder.decode(text))];
  } catch {
    return [];
  }
}

describe('JSONTestSuite', () => {
  it('is complete', () => {
    const counts = Map.groupBy(suite, ([name]) => name.slice(0, 2));
    expect([...counts].map(([kind, { length }]) => [kind, length])).toEqual([
      ['i_', 35],
      ['n_', 188],
      ['y_', 95],
    ]);
  });

  it.each(suite.filter(([name]) => refusals.has(name)))('%s is JSON, refused', (_, text) => {
    expect(parse(text)).toHaveLength(1);
    expect(embed(text)).toBeNull();
  });

  it.each(suite.filter(([name]) => name.startsWith('y_') && !refusals.has(name)))(
    '%s is embedded',
    (_, text) => {
      const [value] = parse(text);
      expect(parse(Buffer.from(embed(text) ?? ''))).toEqual([value]);
    },
  );

  it.each(suite.filter(([name]) => name.startsWith('n_')))('%s is refused', (_, text) => {
    expect(embed(text)).toBeNull();
  });

  it.each(suite.filter(([name]) => name.startsWith('i_') && !refusals.has(name)))(
    '%s is embedded if JSON.parse accepts it',
    (_, text) => {
      expect(parse(Buffer.from(embed(text) ?? ''))).toEqual(parse(text));
    },
  );
});
