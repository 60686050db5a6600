import { describe, expect, it } from 'vitest';
import { parseWhere } from '../../../cli/find/where.ts';
import { UsageError } from '../../../cli/usage-error.ts';
import { decodeLine } from '../../../lambda/core/record/decode-line.ts';

/** A record whose value is this JSON, in its line. */
function recordOf(value: string, encoding = 'json') {
  const headers = [
    ['trace-id', '"9f2c"', 'utf8'],
    ['n', '"7"', 'utf8'],
    ['n', '"8"', 'utf8'],
    ['a b', 'null', 'null'],
    ['bytes', '"/w=="', 'base64'],
  ].map(([name, text, how]) => `{"name":"${name}","value":${text},"encoding":"${how}"}`);
  return decodeLine(
    `{"topic":"orders","partition":3,"offset":100,"timestamp":1,"timestamp_type":"CREATE_TIME","key":"{\\"id\\":17}","key_encoding":"utf8","headers":[${headers}],"value":${value},"value_encoding":"${encoding}","metadata":{"source":"s","env":"prod"}}`,
  );
}

const order = recordOf(
  '{"total":12.50,"id":9007199254740993,"big":12345678901234567890,"name":"Ä\\"x","paid":true,"note":null,"items":[{"sku":"a"},{"sku":"b"}],"a.b":{"c d":1}}',
);

describe('--where', () => {
  it.each([
    'value.total > 12',
    'value.total>=12.5',
    'value.total = 1.25e1',
    'value.total != 12',
    'value.total < 12.51',
    'value.total <= 12.5',
    'value.id = 9007199254740993',
    'value.id > 9007199254740992',
    'value.id < 1e17',
    'value.big = 12345678901234567890',
    String.raw`value.name = "\u00c4\"x"`,
    `value.name > 'A'`,
    'value.paid = true',
    'value.paid != false',
    'value.note = null',
    'value.note exists',
    'value.total != null',
    'value.items[1].sku = "b"',
    '  value.items  exists  ',
    'value."a.b"."c d" = 1',
    'key.id = 17',
    `key = '{"id":17}'`,
    'headers.trace-id = "9f2c"',
    'headers.n = 8',
    'headers.n = "7"',
    'headers."a b" = null',
    'headers.bytes exists',
    'metadata.env = "prod"',
  ])('finds the record by %s', (condition) => {
    expect(parseWhere(condition)(order)).toBe(true);
  });

  it.each([
    'value.total > 12.5',
    'value.total = "12.5"',
    'value.total != "12.5"',
    'value.id = 9007199254740992',
    'value.big = 12345678901234567891',
    'value.missing != 1',
    'value.missing exists',
    'value.missing = null',
    'value.items.length exists',
    'value.toString exists',
    'value.items[2] exists',
    'value.note != null',
    'value.paid = "true"',
    'headers.n = 9',
    'headers.trace exists',
    'headers.bytes = "/w=="',
    'metadata.env < "prod"',
    'value = null',
  ])('does not find it by %s', (condition) => {
    expect(parseWhere(condition)(order)).toBe(false);
  });

  it('finds tombstones, text, and JSON that is stored as text', () => {
    expect(parseWhere('value = null')(recordOf('null', 'null'))).toBe(true);
    expect(parseWhere('value = null')(recordOf('null'))).toBe(true);
    expect(parseWhere('value = "plain"')(recordOf('"plain"', 'utf8'))).toBe(true);
    expect(parseWhere('value = "plain"')(recordOf('"plain"'))).toBe(true);
    expect(parseWhere('value.a = 1')(recordOf('"{\\"a\\":1}"', 'utf8'))).toBe(true);
    expect(parseWhere('value != null')(recordOf('"/w=="', 'base64'))).toBe(true);
    expect(parseWhere('value.a exists')(recordOf('"/w=="', 'base64'))).toBe(false);
  });

  it.each([
    ['', 1, 'one of value, key, headers, metadata'],
    ['offset > 1', 1, 'one of value, key, headers, metadata'],
    ['values.a = 1', 1, 'one of value, key, headers, metadata'],
    ['value.', 7, 'a name'],
    ['value.a', 8, 'one of != <= >= = < > exists'],
    ['value.a ~ 1', 9, 'one of != <= >= = < > exists'],
    ['value[x] = 1', 6, 'one of != <= >= = < > exists'],
    ['value.a =', 10, 'a number, a string in quotes, true, false or null'],
    ['value.a = secret', 11, 'a number, a string in quotes, true, false or null'],
    ['value.a = "secret', 11, 'a string in double quotes, with the escapes of JSON'],
    ['value."a = 1', 7, 'a string in double quotes, with the escapes of JSON'],
    ['value.a = 1 and', 13, 'the end (repeat --where for further conditions)'],
    ['value.a exists 1', 16, 'the end (repeat --where for further conditions)'],
    ['value.a > true', 11, 'a number or a string after >'],
    ['value.a <= null', 12, 'a number or a string after <='],
  ])('says what is wrong with %j and quotes nothing of it', (condition, at, expected) => {
    const parse = () => parseWhere(condition);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(`--where: expected ${expected} at character ${at}`);
  });
});
