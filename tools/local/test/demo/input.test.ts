import { Buffer } from 'node:buffer';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { demoRecords, type NewRecord } from '../../demo/input.ts';
import type { DemoOptions } from '../../demo/options.ts';
import { noon } from '../source-records.ts';
import { demoOptions } from './demo-options.ts';

/** Generates all records. */
async function recordsOf(parts: Partial<DemoOptions> = {}): Promise<NewRecord[]> {
  return (await inputOf(parts)).records;
}

/** Generates all records, with what is printed about their lines. */
async function inputOf(parts: Partial<DemoOptions>) {
  const records: NewRecord[] = [];
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  for await (const record of demoRecords(demoOptions(parts), { now: noon, print })) {
    records.push(record);
  }
  return { records, printed };
}

/** Creates a file with a text, which is deleted after the test. */
async function fileOf(text: string | Buffer, name = 'records.jsonl'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-input-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, name);
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

  it('may be compressed with gzip, whatever its name', async () => {
    const input = await fileOf(gzipSync('{"id":1}\n{"id":2}\n'));
    expect(keys(await recordsOf({ input, key: 'id' }))).toEqual(['1', '2']);
  });

  it('is refused if its gzip data is damaged', async () => {
    const input = await fileOf(gzipSync('{"id":1}\n'.repeat(9999)).subarray(0, -20));
    expect(await refusalOf({ input })).toBe(`cannot read ${input}: unexpected end of file`);
  });

  it.each([
    ['an array', '[\n  {"a":1},\n  {"a":2}\n]\n'],
    ['an array of objects, one per line', '[{"a":1},\n{"a":2}]\n'],
    ['an object', '{\n  "a": 1\n}\n'],
  ])('is refused if it holds one JSON value on several lines: %s', async (_, text) => {
    const input = await fileOf(text);
    expect(await refusalOf({ input })).toBe(
      `${input}:1 begins a JSON value of several lines, but each line is one record: convert an array with jq -c '.[]'`,
    );
  });

  it('may have lines of text that begin like an array', async () => {
    const { printed, records } = await inputOf({ input: await fileOf('[INFO] a\n[{"a":1}]\n[') });
    expect(texts(records)).toEqual(['[INFO] a', '[{"a":1}]', '[']);
    expect(printed).toEqual([]);
  });

  it('of one line that is a JSON array is one record, with a warning', async () => {
    const input = await fileOf('[{"a":1},{"a":2}]\n');
    const { printed, records } = await inputOf({ input });
    expect(texts(records)).toEqual(['[{"a":1},{"a":2}]']);
    expect(printed).toEqual([
      `warning: ${input} is one JSON array on one line, and became one record: convert it with jq -c '.[]'`,
    ]);
  });

  it.each(['table.csv', 'table.TSV'])(
    'of rows is archived as it is, with a warning: %s',
    async (name) => {
      const input = await fileOf('a,b\n1,2\n', name);
      const { printed, records } = await inputOf({ input });
      expect(texts(records)).toEqual(['a,b', '1,2']);
      expect(printed).toEqual([
        `warning: each line of ${input} became a record as it stands, including a header`,
      ]);
    },
  );

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

  it('is null for a line that is not JSON in UTF-8; such lines are counted, and the first are named', async () => {
    const invalid = Buffer.concat([
      Buffer.from('{"id":"caf'),
      Buffer.from([0xe9]),
      Buffer.from('"}'),
    ]);
    const lines = [Buffer.from('{"id":1}\n\n{"id":\n'), invalid, Buffer.from('\n{"id":2}')];
    const input = await fileOf(Buffer.concat(lines));
    const { printed, records } = await inputOf({ input, key: 'id' });
    expect(keys(records)).toEqual(['1', null, null, '2']);
    expect(records[2]?.value).toEqual(invalid);
    expect(printed).toEqual([
      `warning: 2 lines of ${input} are not JSON in UTF-8, so that their records have no key: lines 3, 4`,
    ]);
  });

  it('has a warning that names five lines at most', async () => {
    const input = await fileOf(`{"id":1}\n${'x\n'.repeat(1200)}`);
    const { printed } = await inputOf({ input, key: 'id' });
    expect(printed).toEqual([
      `warning: 1,200 lines of ${input} are not JSON in UTF-8, so that their records have no key: lines 2, 3, 4, 5, 6, …`,
    ]);
  });

  it.each(['id,name\n1,a\n', '\u001f\n'])(
    'cannot be selected if the first line is not JSON: %j',
    async (text) => {
      const input = await fileOf(text);
      expect(await refusalOf({ input, key: 'id' })).toBe(
        `${input}:1 is not JSON in UTF-8, so --key and --timestamp cannot select its fields`,
      );
    },
  );
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
  ])(
    'cannot be %s: in the first line it is refused, and another line gets the time of the run',
    async (json, type) => {
      const first = await fileOf(`{"time":${json}}\n`);
      expect(await refusalOf({ input: first, timestamp: 'time' })).toBe(
        `${first}:1 time must be epoch milliseconds or an ISO 8601 time, got ${type}`,
      );
      const input = await fileOf(`{"time":1}\n{"time":${json}}\n`);
      const { printed, records } = await inputOf({ input, timestamp: 'time' });
      expect(records.map(({ timestamp }) => timestamp)).toEqual([1, noon]);
      expect(printed).toEqual([
        `warning: 1 line of ${input} has no usable time, so that its record has the time of the run: line 2`,
      ]);
    },
  );

  it('of a line that is not JSON is the time of the run', async () => {
    const input = await fileOf('{"time":1,"id":2}\nx\n');
    const { printed, records } = await inputOf({ input, key: 'id', timestamp: 'time' });
    expect(records.map(({ timestamp }) => timestamp)).toEqual([1, noon]);
    expect(printed).toEqual([
      `warning: 1 line of ${input} is not JSON in UTF-8, so that its record has no key and the time of the run: line 2`,
    ]);
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
