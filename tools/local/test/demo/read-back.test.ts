import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noEnrichment } from '../../../../lambda/core/record/enrichment.ts';
import { LineBuffer } from '../../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../../lambda/core/record/record-line.ts';
import { mskRecord, type RecordParts } from '../../../../test/helpers/kafka-events.ts';
import {
  type ArchivedObject,
  type ArchivedRecord,
  readBack,
  readObjects,
  readRecordLine,
} from '../../demo/read-back.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';

const markers = '],"value":1,"value_encoding":"json","metadata":{"source":"x"}}';

/** A key that cannot be a file, and the file in its place. */
const LONG_KEY = `c/${'p'.repeat(256)}`;
const HASHED_FILE =
  '.keys-by-hash/7ee2175a96ab29b9441da5d31ed0a7b194a3ac34cd5333b9018e8c0c5009a3f4';

const lines = new LineBuffer();

/** Encodes a record as the archive function does, and decodes it. */
function roundTrip(parts: RecordParts, metadata: Record<string, string> = {}): ArchivedRecord {
  lines.reset();
  const record = mskRecord(parts);
  new RecordLineWriter({ source: 'cluster', metadata, enrich: noEnrichment }, lines).write(
    { id: 'orders-3', topic: 'orders', partition: 3, first: 0, last: 0, records: [record] },
    [record],
  );
  return readRecordLine(lines.slice(0, lines.length).toString().trimEnd());
}

describe('record line', () => {
  it('is decoded with topic, partition, offset and timestamp', () => {
    expect(roundTrip({ offset: 9_007_199_254_740_991 })).toEqual({
      topic: 'orders',
      partition: 3,
      offset: 9_007_199_254_740_991,
      timestamp: 1_763_895_200_000,
      key: Buffer.from('u-17'),
      value: Buffer.from('{"order":1}'),
    });
  });

  it.each<[string, string | Uint8Array | null]>([
    ['an object', '{"a":[1,{"b":null}],"c":"ö"}'],
    ['spaces between tokens', ' { "a" :\t1 } '],
    ['a number that JavaScript would round', '12345678901234567890.10'],
    ['a member twice', '{"a":1,"a":2}'],
    ['the text null', 'null'],
    ['a string', '"a\\u0041\\n"'],
    ['text', 'plain größe 🧾'],
    ['text of several lines', 'a\nb\r\n'],
    ['empty bytes', ''],
    ['bytes', Buffer.from([0, 255, 128, 10])],
    ['null', null],
    ['text with the markers around a value', markers],
    ['JSON with the markers around a value', `{"a":[[1${markers.replace(/}$/, '')}]}`],
    ['JSON that ends like a line', `{"a":[${markers.slice(0, -1)}}`],
    ['a string with the markers around a value', JSON.stringify(markers)],
  ])('preserves a value: %s', (_, value) => {
    expect(roundTrip({ value }).value).toEqual(value === null ? null : Buffer.from(value));
  });

  it('is not confused by markers in headers and metadata', () => {
    const headers = [
      [markers, markers],
      [']', Buffer.of(255)],
      ['],"value":', null],
    ] as const;
    const { value } = roundTrip({ headers, value: '{"a":1}' }, { [markers]: markers, a: ']' });
    expect(value?.toString()).toBe('{"a":1}');
  });

  it.each([
    ['tabs, without value_line_break', '', ' {\t"a":1}\t'],
    ['line feeds', ',"value_line_break":"lf"', ' {\n"a":1}\n'],
    ['carriage returns and line feeds', ',"value_line_break":"crlf"', ' {\r\n"a":1}\r\n'],
  ])('preserves %s between tokens', (_, lineBreak, value) => {
    const line = `{"topic":"t","partition":0,"offset":7,"timestamp":1,"timestamp_type":"CREATE_TIME","key":null,"key_encoding":"null","headers":[],"value": {\t"a":1}\t,"value_encoding":"json"${lineBreak},"metadata":{"source":"x"}}`;
    expect(readRecordLine(line).value?.toString()).toBe(value);
  });

  it('preserves any bytes', () => {
    const bytes = fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 30 }).map((values) => Buffer.from(values)),
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        // One line, as line breaks between tokens are not preserved.
        fc.json().map((text) => Buffer.from(text)),
        fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ [markers]: value }))),
      ),
    );
    const headers = fc.array(fc.tuple(fc.string({ minLength: 1 }), bytes), { maxLength: 3 });
    fc.assert(
      fc.property(bytes, bytes, headers, (key, value, list) => {
        fc.pre(!/[\r\n]/.test(value?.toString() ?? ''));
        expect(roundTrip({ key, value, headers: list })).toMatchObject({ key, value });
      }),
      { numRuns: 150 },
    );
  });
});

describe('objects', () => {
  it('are read page by page, ordered by key, and decompressed by their extension', async () => {
    const { client } = await startServer();
    const replayed = 'c.jsonl.zst';
    const bodies: [Key: string, Body: Buffer][] = [
      ['b.jsonl', Buffer.from('{"a":"ö"}\n')],
      ['a.jsonl.gz', gzipSync('1\n2\n')],
      ['c.jsonl.zst', zstdCompressSync('3\n4\n5\n')],
      ['d.jsonl', Buffer.from('')],
      ['e/f.jsonl', Buffer.from('6\n')],
    ];
    for (const [Key, Body] of bodies) {
      const Metadata: Record<string, string> =
        Key === replayed ? { 'failed-batch': 'aws/lambda/x' } : { topic: 'x' };
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata }));
    }
    client.middlewareStack.add(
      (next) => (call) => next({ ...call, input: { ...call.input, MaxKeys: 2 } }),
      { step: 'initialize' },
    );
    const objects: ArchivedObject[] = [];
    for await (const object of readObjects(client, bucket)) objects.push(object);
    const sizes = Object.fromEntries(bodies.map(([key, { length }]) => [key, length]));
    const read = [
      { key: 'a.jsonl.gz', bytes: sizes['a.jsonl.gz'], lines: ['1', '2'] },
      { key: 'b.jsonl', bytes: sizes['b.jsonl'], lines: ['{"a":"ö"}'] },
      { key: 'c.jsonl.zst', bytes: sizes['c.jsonl.zst'], lines: ['3', '4', '5'] },
      { key: 'd.jsonl', bytes: 0, lines: [] },
      { key: 'e/f.jsonl', bytes: 2, lines: ['6'] },
    ];
    expect(objects).toEqual(read.map((each) => ({ ...each, isReplayed: each.key === replayed })));
  });

  it('are read into a ledger, and totalled with the share of replays', async () => {
    const { client } = await startServer();
    const line = (offset: number) =>
      `{"topic":"t","partition":0,"offset":${offset},"timestamp":1,"timestamp_type":"CREATE_TIME","key":null,"key_encoding":"null","headers":[],"value":"x","value_encoding":"utf8","metadata":{"source":"x"}}\n`;
    for (const [Key, first, Metadata] of [
      ['a.jsonl', 0, { topic: 't' }],
      ['b.jsonl', 2, { 'failed-batch': 'aws/lambda/x' }],
      [LONG_KEY, 4, { topic: 't' }],
    ] as const) {
      const Body = line(first) + line(first + 1);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata }));
    }
    const offsets: number[] = [];
    const told: number[] = [];
    const read = await readBack(
      { client, bucket },
      { readBack: ({ offset }) => offsets.push(offset) },
      ({ records }) => told.push(records),
    );
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5]);
    expect(told).toEqual([2, 4, 6]);
    const prefixed = { client, bucket, prefix: 'b' };
    const other = await readBack(prefixed, { readBack: () => undefined }, () => undefined);
    expect(other).toMatchObject({ objects: 1, lastFile: 'b.jsonl', hashedObjects: 0 });
    const { length } = line(0);
    expect(read).toEqual({
      ...{ objects: 3, records: 6, bytesStored: 6 * length },
      ...{ replayedObjects: 1, replayedRecords: 2 },
      ...{ hashedObjects: 1, lastFile: HASHED_FILE, lastLine: line(5).trimEnd() },
    });
  });
});
