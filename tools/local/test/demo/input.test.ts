import { Buffer } from 'node:buffer';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { demoRecords, type NewRecord } from '../../demo/input.ts';
import type { DemoOptions } from '../../demo/options.ts';
import { noon } from '../source-records.ts';
import { demoOptions } from './demo-options.ts';

/** Generates all records. */
async function recordsOf(parts: Partial<DemoOptions> = {}): Promise<NewRecord[]> {
  const records: NewRecord[] = [];
  for await (const record of demoRecords(demoOptions(parts), noon)) {
    records.push(record);
  }
  return records;
}

/** Creates a file with a text, which is deleted after the test. */
async function fileOf(text: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-input-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'records.jsonl');
  await writeFile(file, text);
  return file;
}

/** The message with which an input is refused. */
async function refusalOf(parts: Partial<DemoOptions>): Promise<string> {
  const error = await recordsOf(parts).then(
    () => new TypeError('not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
  return error.message;
}

const texts = (records: readonly NewRecord[]) => records.map(({ value }) => value?.toString());
const keys = (records: readonly NewRecord[]) => records.map(({ key }) => key?.toString() ?? null);

describe('file', () => {
  it('has a record per line, unchanged, without a key and at the time of the run', async () => {
    const input = await fileOf('{"a": 1}\nplain, größe 🧾\n');
    const [first, ...others] = await recordsOf({ input });
    expect(first).toEqual({
      partition: 0,
      timestamp: noon,
      timestampType: 'CREATE_TIME',
      key: null,
      value: Buffer.from('{"a": 1}'),
      headers: [{ name: 'producer', value: Buffer.from('demo') }],
    });
    expect(texts(others)).toEqual(['plain, größe 🧾']);
  });

  it.each([
    ['no line break at its end', 'a\nb'],
    ['line breaks of Windows', 'a\r\nb\r\n'],
    ['blank lines', '\na\n\n  \nb\n\n'],
  ])('may have %s', async (_, text) => {
    expect(texts(await recordsOf({ input: await fileOf(text) }))).toEqual(['a', 'b']);
  });

  it('is split at line feeds only: JSON may contain other line breaks', async () => {
    const lines = ['"a\u2028b"', '"a\u2029b"', '"a\u0085b"', '"a"\r\t'];
    expect(texts(await recordsOf({ input: await fileOf(`${lines.join('\n')}\n`) }))).toEqual(lines);
  });

  it('may have lines that are not UTF-8, and a byte order mark', async () => {
    const bytes = Buffer.from([0x63, 0xe9, 0xff]);
    const input = await fileOf(Buffer.concat([Buffer.from('\ufeff{"id":1}\n'), bytes]));
    const records = await recordsOf({ input });
    expect(records.map(({ value }) => value)).toEqual([Buffer.from('{"id":1}'), bytes]);
    const onlyJson = await fileOf('\ufeff{"id":1}\n');
    expect(keys(await recordsOf({ input: onlyJson, key: 'id' }))).toEqual(['1']);
  });

  it.each(['', '\n\n \n'])('is refused without a record: %j', async (text) => {
    const input = await fileOf(text);
    expect(await refusalOf({ input })).toBe(`${input} has no records`);
  });

  it('is distributed over all partitions if it has no keys', async () => {
    const input = await fileOf('a\nb\nc\nd\ne\n');
    const records = await recordsOf({ input, partitions: 2 });
    expect(records.map(({ partition }) => partition)).toEqual([0, 1, 0, 1, 0]);
  });
});

describe('key', () => {
  it('is the field’s bytes', async () => {
    const lines = [{ id: 'größe' }, { id: '' }, { id: 7 }, { id: true }, { id: { a: [1] } }];
    const input = await fileOf(lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(keys(await recordsOf({ input, key: 'id' }))).toEqual([
      'größe',
      '',
      '7',
      'true',
      '{"a":[1]}',
    ]);
  });

  it('may be nested', async () => {
    const input = await fileOf('{"a":{"b":{"c":"deep"}}}\n{"a":{"b":"shallow"}}\n{"a":[{"b":1}]}');
    expect(keys(await recordsOf({ input, key: 'a.b.c' }))).toEqual(['deep', null, null]);
    expect(keys(await recordsOf({ input, key: 'a.0.b' }))).toEqual([null, null, '1']);
  });

  it('is null if the line has none', async () => {
    const input = await fileOf('{"id":null}\n{}\n"text"\n3\nnull\n');
    expect(keys(await recordsOf({ input, key: 'id' }))).toEqual(Array(5).fill(null));
  });

  it('determines the partition', async () => {
    const input = await fileOf('{"id":"a"}\n{"id":"b"}\n{"id":"a"}\n{"id":"c"}\n{"id":"b"}\n');
    const records = await recordsOf({ input, key: 'id', partitions: 1000 });
    expect(records.map(({ partition }) => partition)).toEqual(
      ['a', 'b', 'a', 'c', 'b'].map((key) => crc32(key) % 1000),
    );
  });

  it('cannot be selected from a line that is not JSON, which is named', async () => {
    const input = await fileOf('{"id":1}\n\n{"id":\n');
    expect(await refusalOf({ input, key: 'id' })).toBe(
      `${input}:3 is not JSON, so --key and --timestamp cannot select its fields`,
    );
  });
});

describe('timestamp', () => {
  it.each([
    ['epoch milliseconds', '1517966773840', 1_517_966_773_840],
    ['0', '0', 0],
    ['a time before 1970', '-5', -5],
    ['ISO 8601', '"2018-02-07T01:26:13.840Z"', 1_517_966_773_840],
    ['ISO 8601 with an offset', '"2018-02-07T02:26:13.840+01:00"', 1_517_966_773_840],
    ['an ISO 8601 date', '"2018-02-07"', 1_517_961_600_000],
  ])('may be %s', async (_, json, timestamp) => {
    const input = await fileOf(`{"at":{"time":${json}}}\n`);
    const records = await recordsOf({ input, timestamp: 'at.time' });
    expect(records.map((record) => record.timestamp)).toEqual([timestamp]);
  });

  it.each([
    ['"yesterday"', 'string'],
    ['1.5', 'number'],
    ['1e300', 'number'],
    ['true', 'boolean'],
    ['null', 'object'],
    ['{}', 'object'],
  ])('cannot be %s: file, line and field are named', async (json, type) => {
    const input = await fileOf(`{"time":1}\n{"time":${json}}\n`);
    expect(await refusalOf({ input, timestamp: 'time' })).toBe(
      `${input}:2 time must be epoch milliseconds or an ISO 8601 time, got ${type}`,
    );
  });
});

describe('earthquakes', () => {
  it('are the default input: 1,707, keyed by id, at their own time', async () => {
    const records = await recordsOf();
    expect(records).toHaveLength(1707);
    for (const { key, value, timestamp } of records) {
      const { id, properties } = JSON.parse(String(value));
      expect([key?.toString(), timestamp]).toEqual([id, properties.time]);
    }
    expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
  });
});

describe('orders', () => {
  it('are different JSON of about 1 KB', async () => {
    const records = await recordsOf({ records: 500 });
    for (const [index, { key, value }] of records.entries()) {
      const order = JSON.parse(String(value));
      expect(order).toMatchObject({ order: index, customer: key?.toString() });
      expect(value?.length).toBeGreaterThanOrEqual(1000);
      expect(value?.length).toBeLessThan(1100);
    }
  });

  it('are of the last hour, in order of time', async () => {
    const times = (await recordsOf({ records: 500 })).map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(noon - 3_600_000);
    expect(times[250]).toBe(noon - 1_800_000);
    expect(times.at(-1)).toBeLessThan(noon);
  });

  it('of one customer are in one partition; all partitions are used', async () => {
    const records = await recordsOf({ records: 2000, partitions: 7 });
    for (const { key, partition } of records) expect(partition).toBe(crc32(key ?? '') % 7);
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(7);
  });
});
