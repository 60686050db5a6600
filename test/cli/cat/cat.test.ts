import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { mskRecord, mskRecords, noon, type RecordParts } from '../../helpers/kafka-events.ts';
import {
  archived,
  bucketOf,
  folderOf,
  type Objects,
  run,
  runOn,
} from '../archive/archive-console.ts';

const hour = 3_600_000;
const dt = 'shop/topic=orders/dt=2025-11-23/hour=10/';
const all = 'cat --topic orders --partition 3';

/** Records of partition 3, with consecutive offsets from 100. */
const records = (...parts: readonly RecordParts[]) =>
  parts.map((each, index) => mskRecord({ offset: 100 + index, ...each }));

/** Offsets of printed lines. */
const offsetsOf = (out: string) =>
  [...out.matchAll(/"offset":(\d+)/g)].map(([, offset]) => Number(offset));

const awkward = records(
  {
    value: '{"a": 1,\r\n"b":[]}',
    headers: [
      ['h', 'x,"y"'],
      ['n', null],
    ],
  },
  { value: null },
  { value: 'two\nlines, "quoted"' },
  { value: Buffer.from([0xff, 0x0a, 0]), key: Buffer.from([0xfe]) },
  { value: '', key: null },
  { value: 'null', timestamp: null },
);

describe('cat', () => {
  it('prints the stored lines of objects', async () => {
    const objects = await archived([awkward.slice(0, 5), mskRecords(7, 2, { partition: 4 })]);
    const keys = [`${dt}p4.7-8.jsonl.gz`, `${dt}p3.100-104.jsonl.gz`];
    const expected = keys
      .map((key) => gunzipSync(objects.get(key)?.body ?? '').toString())
      .join('');
    const folder = folderOf(objects);
    expect(await runOn(folder, `cat ${keys.join(' ')}`)).toEqual({
      ...{ code: 0, errors: [], out: expected },
    });
    expect((await run(['cat', ...keys, ...(await bucketOf(objects))])).out).toBe(expected);
  });

  it('prints the exact bytes of values, without tombstones', async () => {
    const folder = folderOf(await archived([awkward]));
    const written: Buffer[] = [];
    const write = async (bytes: Uint8Array) => {
      written.push(Buffer.from(bytes));
    };
    const { code, errors } = await runOn(folder, `${all} --format raw --delimiter \\0`, { write });
    expect({ code, errors }).toEqual({ code: 0, errors: ['Left out 1 tombstone'] });
    const values = [
      '{"a": 1,\r\n"b":[]}',
      'two\nlines, "quoted"',
      Buffer.from([0xff, 0x0a, 0]),
      '',
      'null',
    ];
    expect(Buffer.concat(written)).toEqual(
      Buffer.concat(values.flatMap((value) => [Buffer.from(value), Buffer.from([0])])),
    );
    const numbers = folderOf(await archived([records({ value: '1' }, { value: '2' })]));
    const raw = async (more: string) => (await runOn(numbers, `${all} --format raw${more}`)).out;
    expect(await raw('')).toBe('1\n2\n');
    expect(await raw(' --delimiter=')).toBe('12');
    expect(await raw(' --delimiter=\\r\\n\\t\\\\n;')).toBe('1\r\n\t\\n;2\r\n\t\\n;');
  });

  it('prints JSON', async () => {
    const folder = folderOf(await archived([awkward]));
    const { out } = await runOn(folder, `${all} --format jsonl`);
    const [first, ...others] = out.trimEnd().split('\n');
    expect(first).toBe(
      '{"topic":"orders","partition":3,"offset":100,"timestamp":"2025-11-23T10:53:20.000Z","timestampType":"CREATE_TIME","key":"u-17","keyEncoding":"utf8","headers":[{"name":"h","value":"x,\\"y\\"","encoding":"utf8"},{"name":"n","value":null,"encoding":"null"}],"value":{"a": 1,  "b":[]},"valueEncoding":"json","metadata":{"source":"arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3","env":"test"}}',
    );
    const decoded = others.map((line) => JSON.parse(line));
    expect(decoded.map(({ value, valueEncoding }) => [value, valueEncoding])).toEqual([
      ...[
        [null, 'null'],
        ['two\nlines, "quoted"', 'utf8'],
        ['/woA', 'base64'],
        ['', 'utf8'],
      ],
      [null, 'json'],
    ]);
    expect(decoded.map(({ key, keyEncoding }) => [key, keyEncoding])).toEqual([
      ...[
        ['u-17', 'utf8'],
        ['u-17', 'utf8'],
        ['/g==', 'base64'],
        [null, 'null'],
        ['u-17', 'utf8'],
      ],
    ]);
    expect(decoded.at(-1).timestamp).toBeNull();
  });

  it('prints CSV by RFC 4180, with tombstones that are none of the empty values', async () => {
    const folder = folderOf(await archived([awkward]));
    const { out } = await runOn(folder, `${all} --format csv`);
    const metadata =
      '"{""source"":""arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3"",""env"":""test""}"';
    const row = (offset: number, key: string, rest: string, time = '2025-11-23T10:53:20.000Z') =>
      `orders,3,${offset},${time},CREATE_TIME,${key},${rest},${metadata}`;
    const headers =
      '"[{""name"":""h"",""value"":""x,\\""y\\"""",""encoding"":""utf8""},{""name"":""n"",""value"":null,""encoding"":""null""}]"';
    expect(out.split('\r\norders').join('\r\n\norders')).toBe(
      [
        'topic,partition,offset,timestamp,timestamp_type,key,key_encoding,headers,value,value_encoding,metadata\r\n',
        `${row(100, 'u-17,utf8', `${headers},"{""a"": 1,\r\n""b"":[]}",json`)}\r\n`,
        `${row(101, 'u-17,utf8', '[],,null')}\r\n`,
        `${row(102, 'u-17,utf8', '[],"two\nlines, ""quoted""",utf8')}\r\n`,
        `${row(103, '/g==,base64', '[],/woA,base64')}\r\n`,
        `${row(104, ',null', '[],,utf8')}\r\n`,
        `${row(105, 'u-17,utf8', '[],null,json', '')}\r\n`,
      ].join('\n'),
    );
  });

  it('prints each record of a partition once, in the order of offsets', async () => {
    const late = [0, 3, 1, 2].map((hours, index) =>
      mskRecord({ offset: 200 + index, timestamp: noon + hours * hour }),
    );
    const objects = await archived([
      ...[mskRecords(150, 50), mskRecords(100, 50), mskRecords(140, 20), late],
      mskRecords(0, 500, { partition: 4 }),
    ]);
    for (const { code, errors, out } of [
      await runOn(folderOf(objects), all),
      await run([...all.split(' '), ...(await bucketOf(objects))]),
    ]) {
      expect({ code, errors }).toEqual({ code: 0, errors: ['Left out 20 duplicates'] });
      expect(offsetsOf(out)).toEqual(Array.from({ length: 104 }, (_, index) => 100 + index));
    }
    const folder = folderOf(objects);
    const some = await runOn(folder, `${all} --from-offset 145 --to-offset 147 --all`);
    expect(offsetsOf(some.out)).toEqual([145, 145, 146, 146, 147, 147]);
    expect(some.errors).toEqual([]);
    expect(offsetsOf((await runOn(folder, `${all} --from-offset 202`)).out)).toEqual([202, 203]);
    const timed = await runOn(
      folder,
      `${all} --from 2025-11-23T11:00:00Z --to 2025-11-23T12:00:00Z`,
    );
    expect(offsetsOf(timed.out)).toEqual([202]);
  });

  it('fails if the partition has no such record', async () => {
    const folder = folderOf(await archived([mskRecords(100, 2)]));
    const none = (partition: number, read: number) => ({
      ...{ code: 1, out: '' },
      errors: [
        `Found 0 records of orders-${partition} with these offsets and times: 1 object listed, ${read} read`,
      ],
    });
    expect(await runOn(folder, 'cat --topic orders --partition 9')).toEqual(none(9, 0));
    const early = `${all} --to 2025-11-23T10:30:00Z`;
    expect(await runOn(folder, early)).toEqual(none(3, 1));
  });

  it('prints both records of a conflict, and of duplicates the one of the newer format', async () => {
    const root = join(import.meta.dirname, '../../fixtures/format-1');
    const old: Objects = new Map(
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.gz'))
        .map((name) => [name.replaceAll('\\', '/'), { body: readFileSync(join(root, name)) }]),
    );
    expect(old.size).toBeGreaterThan(0);
    const before = mskRecord({ value: '{"a":\n1}', offset: 5 });
    const [[, { body }] = ['', { body: Buffer.alloc(0) }]] = await archived([[before]]);
    const line = gunzipSync(body).toString();
    const format1 = gzipSync(line.replace('\t', ' ').replace(',"value_line_break":"lf"', ''));
    const padded = '5'.padStart(20, '0');
    const objects = new Map([
      [`${dt}orders-3-${padded}-${padded}.jsonl.gz`, { body: format1 }],
      [`${dt}p3.5-5.jsonl.gz`, { body }],
      [`${dt}p3.5-5~0a1b2c3d.jsonl.gz`, { body: gzipSync(line.replace('u-17', 'u-18')) }],
    ]);
    const { errors, out } = await runOn(folderOf(objects), all);
    expect(out).toBe(line + line.replace('u-17', 'u-18'));
    expect(errors).toEqual([
      'Left out 1 duplicate',
      '1 offset with more than one record, all of which are printed',
    ]);
    const everything = await runOn(
      folderOf(old),
      `cat ${[...old.keys()].join(' ')} --format jsonl`,
    );
    expect(everything.code).toBe(0);
    expect(offsetsOf(everything.out).length).toBeGreaterThan(40);
  });

  it('says which objects it cannot put in order', async () => {
    const objects = await archived([mskRecords(100, 1)]);
    const [[, object] = ['', { body: Buffer.alloc(0) }]] = objects;
    const more = new Map([...objects, [`${dt}s-1-2025-a.jsonl.gz`, object]]);
    const { errors, out } = await runOn(folderOf(more), all);
    expect(offsetsOf(out)).toEqual([100]);
    expect(errors).toEqual([
      'Not read: 1 object without offsets in the name, as Firehose writes them; pass their keys instead',
    ]);
  });

  it('fails for keys that do not exist, other files, and lines of no record', async () => {
    const line = '{"topic":"payments","partition":3,"offset":1}';
    const bad = new Map([
      [`${dt}p3.1-1.jsonl`, { body: Buffer.from(`${line}\n`) }],
      ['readme.txt', { body: Buffer.from('x') }],
    ]);
    const folder = folderOf(bad);
    expect(await runOn(folder, 'cat topic=x/p3.1-1.jsonl')).toEqual({
      ...{ code: 1, out: '' },
      errors: [`'topic=x/p3.1-1.jsonl' cannot be read from '${folder}': ENOENT`],
    });
    expect((await runOn(folder, 'cat readme.txt')).errors).toEqual([
      "'readme.txt' does not end in one of .jsonl, .jsonl.gz, .jsonl.zst",
    ]);
    const problem = `'${dt}p3.1-1.jsonl': not a record line: it does not have the fields of one, in their order`;
    expect((await runOn(folder, all)).errors).toEqual([problem]);
    expect((await runOn(folder, `cat ${dt}p3.1-1.jsonl --format csv`)).errors).toEqual([problem]);
    const flags = await bucketOf(bad);
    expect((await run(['cat', 'topic=x/k.jsonl', ...flags])).errors).toEqual([
      "'topic=x/k.jsonl' does not exist in 'archive': The specified key does not exist.",
    ]);
  });

  it('fails where a topic is in several archives, until one is named', async () => {
    const objects = await archived([mskRecords(100, 1)]);
    const both = new Map(
      [...objects].flatMap(([key, object]) => [
        [key, object],
        [`b/${key}`, object],
      ]),
    );
    const folder = folderOf(both);
    expect((await runOn(folder, all)).errors).toEqual([
      "topic 'orders' is under several prefixes: pass --prefix with one of 'b/shop/', 'shop/'",
    ]);
    expect(offsetsOf((await runOn(folder, `${all} --prefix b/shop`)).out)).toEqual([100]);
  });

  it.each([
    ['cat', 'Pass keys, or --topic and --partition'],
    ['cat --topic t', 'Pass keys, or --topic and --partition'],
    ['cat k --topic t', 'Pass either keys, or --topic and what belongs to it'],
    ['cat k --all', 'Pass either keys, or --topic and what belongs to it'],
    [`${all} --from-offset 2 --to-offset 1`, '--from-offset must not be above --to-offset'],
    [`${all} --from 2h --to 3h`, '--from must be before --to'],
    ['cat k --delimiter ,', '--delimiter needs --format raw'],
  ])('refuses "%s"', async (line, message) => {
    expect(await runOn('none', line)).toEqual({
      ...{ code: 2, out: '', errors: [`${message}; see 'kafka-archive cat --help'`] },
    });
  });
});
