import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { DecodedRecord } from '../../../../lambda/core/record/decode-line.ts';
import { isSameRecord } from '../../../../lambda/core/record/record-identity.ts';

const record: DecodedRecord = {
  ...{ topic: 'orders', partition: 3, offset: 100, timestamp: 1, timestampType: 'CREATE_TIME' },
  ...{ key: Buffer.from('u-17'), keyEncoding: 'utf8', headers: [] },
  ...{ value: Buffer.from('{"order":1}'), valueEncoding: 'json', valueLineBreak: null },
  metadata: '{"source":"x"}',
};

function isSame(a: Partial<DecodedRecord>, b: Partial<DecodedRecord>): boolean {
  const [one, other] = [
    { ...record, ...a },
    { ...record, ...b },
  ];
  expect(isSameRecord(other, one)).toBe(isSameRecord(one, other));
  return isSameRecord(one, other);
}

describe('isSameRecord', () => {
  it.each<[string, Partial<DecodedRecord>]>([
    ['metadata', { metadata: '{"source":"y"}' }],
    ['how the value was written', { valueEncoding: 'base64' }],
    ['how the key was written', { keyEncoding: 'base64' }],
  ])('is true if two lines differ only in %s', (_, other) => {
    expect(isSame(record, other)).toBe(true);
  });

  it.each<[string, Partial<DecodedRecord>]>([
    ['topic', { topic: 'payments' }],
    ['partition', { partition: 4 }],
    ['offset', { offset: 101 }],
    ['timestamp', { timestamp: 2 }],
    ['key', { key: Buffer.from('u-18') }],
    ['a key that is null', { key: null, keyEncoding: 'null' }],
    ['a key of no bytes in the event', { keyEncoding: 'invalid' }],
    ['value', { value: Buffer.from('{"order":2}') }],
    ['a value with a space more', { value: Buffer.from('{"order": 1}') }],
    ['a value that is null', { value: null, valueEncoding: 'null' }],
    ['a value of no bytes in the event', { valueEncoding: 'invalid' }],
  ])('is false if two lines differ in %s', (_, other) => {
    expect(isSame({}, other)).toBe(false);
  });

  const embedded = (text: string): Partial<DecodedRecord> => ({ value: Buffer.from(text) });
  const withBreak = (text: string, valueLineBreak: 'lf' | 'crlf') => ({
    ...embedded(text),
    valueLineBreak,
  });

  it('is true for what format 1 made of line breaks', () => {
    expect(isSame(embedded('{ "a":1}  '), withBreak('{\n"a":1}\n\n', 'lf'))).toBe(true);
    expect(isSame(embedded('{  "a":1}'), withBreak('{\r\n"a":1}', 'crlf'))).toBe(true);
    expect(isSame(embedded('[1,  2]'), { ...embedded('[1,\r\n2]'), valueEncoding: 'base64' })).toBe(
      true,
    );
    // Not embedded by format 2.
    expect(
      isSame(embedded('[1, 2,  \t3]'), { ...embedded('[1,\n2,\r\n\t3]'), valueEncoding: 'utf8' }),
    ).toBe(true);
  });

  it('is false for other values with line breaks', () => {
    expect(isSame(embedded('{ "a":2}'), withBreak('{\n"a":1}', 'lf'))).toBe(false);
    expect(isSame(embedded('{"a":1}'), withBreak('{\n"a":1}', 'lf'))).toBe(false);
    expect(isSame(withBreak('{\n\n}', 'lf'), withBreak('{\r\n}', 'crlf'))).toBe(false);
    expect(isSame({ ...embedded('{ }'), valueEncoding: 'utf8' }, withBreak('{\n}', 'lf'))).toBe(
      false,
    );
    // Not JSON, so format 1 left it as it was.
    expect(isSame(embedded('"a b"'), { ...embedded('"a\nb"'), valueEncoding: 'utf8' })).toBe(false);
    expect(isSame(embedded('{ }'), { ...embedded('{\n}'), valueEncoding: 'invalid' })).toBe(false);
  });
});
