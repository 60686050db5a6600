import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { isOfThisLife } from '../../../../lambda/core/audit/another-life.ts';
import type { BrokerRecord } from '../../../../lambda/core/audit/broker.ts';
import { decodeLine } from '../../../../lambda/core/record/decode-line.ts';

const line = (metadata: string) =>
  decodeLine(
    `{"topic":"orders","partition":3,"offset":100,"timestamp":1763890000000,"timestamp_type":"CREATE_TIME","key":"u-17","key_encoding":"utf8","headers":[],"value":{"order":1},"value_encoding":"json","metadata":${metadata}}`,
  );
const plain = line('{"source":"cluster"}');
const decoded = line('{"source":"cluster","value_schema_format":"AVRO","value_schema_id":"1"}');

const record: BrokerRecord = {
  ...{ partition: 3, offset: 100, timestamp: 1_763_890_000_000, timestampType: 'CREATE_TIME' },
  ...{ key: Buffer.from('u-17'), value: Buffer.from('{"order":1}'), headers: [] },
};

describe('isOfThisLife', () => {
  it('compares timestamp, key and value', () => {
    expect(isOfThisLife(plain, record)).toBe(true);
    expect(isOfThisLife(plain, { ...record, timestamp: 1_763_890_000_001 })).toBe(false);
    expect(isOfThisLife(plain, { ...record, key: null })).toBe(false);
    expect(isOfThisLife(plain, { ...record, value: Buffer.from('{"order":2}') })).toBe(false);
  });

  it('compares the timestamp alone where Lambda has decoded the record', () => {
    const other = { ...record, value: Buffer.from([0, 1, 2]) };
    expect(isOfThisLife(decoded, other)).toBe(true);
    expect(isOfThisLife(decoded, { ...other, timestamp: 1_763_890_000_001 })).toBe(false);
  });
});
