import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { isSameRecord } from '../../lambda/core/record/record-identity.ts';
import { catalogQueries } from '../../lib/catalog/saved-queries.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { archiveSettings } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, noon, type RecordParts } from '../helpers/kafka-events.ts';
import {
  awkwardEvent,
  awkwardRecords,
  awkwardTopic,
  hiddenTopicEvent,
} from './readers/awkward-records.ts';
import { createTables } from './readers/glue.ts';
import type { Trino, TrinoResult } from './readers/trino.ts';

const BUCKET = 'archive-bucket';
const HOUR = 3_600_000;
const topics = [awkwardTopic, '_schemas', 'forms', 'lives', 'ops'];

/** All layouts share a prefix, so that folders of the first are below those of the others. */
const prefix = { objectPrefix: 'shop/' };
const settings = {
  ...prefix,
  timeFolder: 'hour',
  topics,
  catalogFrom: '2025-01-01',
  catalogLayouts: [
    { ...prefix, timeFolder: 'day', topics: ['orders', 'forms'] },
    { ...prefix, timeFolder: 'none', topics: ['forms'] },
  ],
};

const columns = {
  total: { path: '$.total', type: 'decimal(10,2)' },
  id: { path: '$.id', type: 'integer' },
  first: { path: "$['tags'][0]", type: 'string' },
};

/** The objects by key, after decompression. */
const bodies = new Map<string, Buffer>();
type Settings = Partial<typeof archiveSettings>;

async function plan(event: unknown, settings: Settings = {}): Promise<void> {
  const planned = createPlanner({ ...archiveSettings, ...settings }, noEnrichment);
  for (const { body, key } of (await planned(parseBatch(event))).objects)
    bodies.set(key, gunzipSync(body));
}

const records = (topic: string, offsets: readonly number[], parts: RecordParts = {}) =>
  mskEvent(offsets.map((offset) => mskRecord({ topic, partition: 0, offset, ...parts })));

async function planArchive(now: number): Promise<void> {
  const format1 = resolve(import.meta.dirname, '../fixtures/format-1');
  for (const file of globSync('**/*.jsonl.gz', { cwd: format1 }))
    bodies.set(`shop/${file}`, gunzipSync(readFileSync(join(format1, file))));
  await plan(awkwardEvent());
  await plan(hiddenTopicEvent());

  // One record in the forms of every setting and layout, in batches that were cut differently.
  await plan(records('forms', [0, 1, 2]));
  await plan(records('forms', [1, 2, 3]), { valueEncoding: { forms: 'base64' } });
  await plan(records('forms', [0, 1]), { keyEncoding: { forms: 'base64' } });
  await plan(records('forms', [2, 3]), { timeFolder: 'day' });
  await plan(records('forms', [2, 3]), { timeFolder: 'none' });
  await plan(records('forms', [4, 5], { timestamp: noon - HOUR }), { timeFolder: 'day' });
  await plan(records('forms', [5, 6], { timestamp: noon - HOUR }), { timeFolder: 'none' });
  await plan(records('forms', [6], { timestamp: noon - HOUR }));

  // Two records at each offset, and one record where the values differ only in what format 1 did.
  const pairs: readonly (readonly [RecordParts, RecordParts])[] = [
    [{ value: 'a' }, { value: 'b' }],
    [{ key: 'a' }, { key: 'b' }],
    [{ key: null }, { key: '' }],
    [{ value: null }, { value: 'null' }],
    [{ value: null }, { value: '' }],
    [{ timestamp: noon }, { timestamp: noon + 1 }],
    [{ value: Buffer.from([0xff]) }, { value: '/w==' }],
    [{ value: '{"a":\n1}' }, { value: '{"a":\r1}' }],
    [{ value: '{"a":\r\n1}' }, { value: '{"a":\n\n1}' }],
    [{ value: '{"a": 1}' }, { value: '{"a":\n1}' }],
    [{ value: '{"a":  1}' }, { value: '{"a":\r\n1}' }],
    [{ value: '{"a":\t 1}' }, { value: '{"a":\t\n1}' }],
    [{ value: '{"a":"b c"}' }, { value: '{"a":"b\nc"}' }],
    [{ value: 'b c' }, { value: 'b\nc' }],
  ];
  for (const life of [0, 1] as const) {
    const lives = pairs.map((pair, offset) => ({ offset, ...pair[life] }));
    // The second batch is longer, so that it has another key.
    const last = life === 0 ? [] : [{ offset: pairs.length }];
    await plan(
      mskEvent(
        [...lives, ...last].map((parts) => mskRecord({ topic: 'lives', partition: 0, ...parts })),
      ),
    );
  }

  const ops = (offsets: readonly number[], parts: RecordParts = {}) =>
    plan(records('ops', offsets, { timestamp: now, key: 'another', ...parts }));
  await ops([0, 1, 2]);
  await ops([3], { timestamp: now - 2 * HOUR });
  await ops([7], { key: 'u-17' });
  await ops([8]);
  await ops([8, 9]);
  await ops([9, 10], { value: '{"order":2}' });
  bodies.set(unmatched(now), Buffer.from('{"topic":"ops"}\n'));
}

const folderOf = (time: number): string => {
  const iso = new Date(time).toISOString();
  return `dt=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}`;
};
const unmatched = (time: number) => `shop/topic=ops/${folderOf(time)}/p0.99-99.jsonl.gz`;

type Row = Readonly<Record<string, unknown>>;
const rowsOf = ({ columns: names, rows }: TrinoResult): readonly Row[] =>
  rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));

const bytesOf = (text: unknown, encoding: unknown): Buffer | null =>
  text === null ? null : Buffer.from(String(text), encoding === 'base64' ? 'base64' : 'utf8');

/** The record of a row, decoded from the object that the row names. */
function recordOf(row: Row): DecodedRecord | undefined {
  const body = bodies.get(String(row.object).replace(`s3://${BUCKET}/`, ''));
  const lines = body?.toString().split('\n').slice(0, -1) ?? [];
  return lines
    .map((line) => decodeLine(line))
    .find(({ offset, partition }) => offset === row.offset && partition === row.partition);
}

/** Registers the tests of the tables and views, as Glue stores them and Trino reads them. */
export function describeCatalog(trino: () => Trino, timeout: number): void {
  const now = Date.now();
  const query = async (sql: string) => rowsOf(await trino().query(sql));

  beforeAll(async () => {
    const { glue, s3: access } = trino();
    await planArchive(now);
    const s3 = s3ClientOf(access);
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    for (const [Key, body] of bodies)
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: gzipSync(body) }));
    s3.destroy();
    await createTables(glue, BUCKET, { ...settings, columns: { orders: columns } });
  }, timeout);

  describe('the catalog', { timeout }, () => {
    const objectAt = (time: number, name: string) =>
      `s3://${BUCKET}/shop/topic=ops/${folderOf(time)}/${name}.jsonl.gz`;
    const hours = (time: number) => [folderOf(time).slice(3, 13), folderOf(time).slice(-2)];
    const timeText = (time: number) => new Date(time).toISOString().replace('T', ' ').slice(0, -1);
    const awkward = `topic = 'orders' AND dt = '2025-11-23' AND hour = '10'`;

    it.each(['archive_all', 'archive'])(
      '%s has every awkward record byte for byte',
      async (view) => {
        const rows = await query(`SELECT * FROM ${view} WHERE ${awkward}`);
        const isFormat2 = (row: Row) => /\/p\d[^/]*$/.test(String(row.object));
        expect(rows.filter((row) => !isFormat2(row))).toHaveLength(
          view === 'archive' ? 0 : awkwardRecords.length,
        );
        const found = rows.filter(isFormat2).sort((a, b) => Number(a.offset) - Number(b.offset));
        expect(found.map(({ offset }) => offset)).toEqual(
          awkwardRecords.map((_, offset) => offset),
        );
        const differing = awkwardRecords.filter(({ headers = [], key = null, value }, offset) => {
          const row = found[offset] as Row;
          const actual = {
            key: bytesOf(row.key, row.key_encoding),
            value: bytesOf(row.value, row.value_encoding),
            headers: (row.headers as [string, string, string][]).map(([name, text, encoding]) => [
              name,
              bytesOf(text, encoding),
            ]),
          };
          const expected = {
            key,
            value,
            headers: headers.flatMap((header) =>
              Object.entries(header).map(([name, bytes]) => [
                name,
                bytes === null ? null : Buffer.from(bytes as number[]),
              ]),
            ),
          };
          return !isDeepStrictEqual(actual, expected);
        });
        expect(differing.map(({ name }) => name)).toEqual([]);
        const { dt, hour, partition, time, timestamp, timestamp_type, topic } = found[1] as Row;
        expect({ dt, hour, partition, time, timestamp, timestamp_type, topic }).toEqual({
          dt: '2025-11-23',
          hour: '10',
          partition: 1,
          time: '2025-11-23 10:53:20.000',
          timestamp: noon,
          timestamp_type: 'CREATE_TIME',
          topic: 'orders',
        });
      },
    );

    it('archive_once has each record once, by the rule of isSameRecord', async () => {
      const where = `topic IN ('orders', 'forms', 'lives') AND dt IN ('2025-11-23', '1970-01-01')`;
      const decoded = async (view: string) =>
        (await query(`SELECT object, "partition", "offset" FROM ${view} WHERE ${where}`)).map(
          (row) => recordOf(row) as DecodedRecord,
        );
      const [all, once] = [await decoded('archive_all'), await decoded('archive_once')];
      const at = ({ offset, partition, topic }: DecodedRecord) => `${topic} ${partition} ${offset}`;
      const kept = Map.groupBy(once, at);
      const lost = all.filter(
        (record) => !kept.get(at(record))?.some((other) => isSameRecord(record, other)),
      );
      expect(lost.map(at)).toEqual([]);
      const twice = [...kept.values()].filter((records) =>
        records.some((record, i) =>
          records.slice(i + 1).some((other) => isSameRecord(record, other)),
        ),
      );
      expect(twice.map(([record]) => record && at(record))).toEqual([]);
      const counts = (records: readonly DecodedRecord[]) =>
        Object.fromEntries(
          [...Map.groupBy(records, ({ topic }) => topic)]
            .map(([topic, of]) => [topic, of.length] as const)
            .sort(),
        );
      expect([counts(all), counts(once)]).toEqual([
        { forms: 17, lives: 29, orders: 178 },
        { forms: 7, lives: 26, orders: 89 },
      ]);
    });

    it('shows undated records of both formats under one day', async () => {
      const sql = `SELECT topic, dt, hour, time, "timestamp", count(*) AS lines FROM archive_all
        WHERE dt = '1970-01-01' GROUP BY 1, 2, 3, 4, 5 ORDER BY 5`;
      const undated = { topic: 'orders', dt: '1970-01-01', hour: '00', time: null, lines: 2 };
      expect(await query(sql)).toEqual(
        [-1, 1_000_000_000_000_000_000, null].map((timestamp) => ({ ...undated, timestamp })),
      );
    });

    it('shows a topic that begins with an underscore, except the objects of format 1', async () => {
      const sql = `SELECT count(*) AS lines, count(DISTINCT object) AS objects FROM topic__schemas
        WHERE dt = '2025-11-23'`;
      expect(await query(sql)).toEqual([{ lines: 3, objects: 1 }]);
    });

    it('has the day and the hour of records in layouts without such folders', async () => {
      const sql = `SELECT "offset", dt, hour, object FROM archive_once
        WHERE topic = 'forms' AND dt = '2025-11-23' AND hour = '09' ORDER BY 1`;
      expect((await query(sql)).map(({ dt, hour, offset }) => [offset, dt, hour])).toEqual(
        [4, 5, 6].map((offset) => [offset, '2025-11-23', '09']),
      );
    });

    it('has a view of a topic with typed columns, which are null where a value does not fit', async () => {
      const sql = `SELECT "offset", id, total, "first" FROM orders
        WHERE dt = '2025-11-23' AND coalesce(CAST(id AS varchar), CAST(total AS varchar), "first") IS NOT NULL ORDER BY 1`;
      expect(await query(sql)).toEqual([
        { offset: 0, id: 1, total: null, first: 'x' },
        { offset: 5, id: null, total: '12.50', first: null },
      ]);
    });

    it('reads no other hour where the hour is filtered', async () => {
      const [dt, hour] = hours(now);
      const result = await trino().query(
        `SELECT count(*) FROM archive WHERE topic = 'ops' AND dt = '${dt}' AND hour = '${hour}'`,
      );
      expect([result.rows, result.inputRows]).toEqual([[[8]], 10]);
    });

    const ago = now - 2 * HOUR;
    const undated = ['orders', '1970-01-01', '00'];
    const metadata = expect.stringMatching(/^\{"source":.*\}$/);
    const expected: Readonly<Record<string, unknown>> = {
      duplicates: [
        ['ops', ...hours(now), 0, 8, 2, 1],
        ...[0, 1, 2].map((offset) => [...undated, 2, offset, 2, 1]),
      ],
      conflicts: [['ops', 0, 9, 2, timeText(now), timeText(now)]],
      holes: [['ops', 0, 4, 6, 3]],
      'late-records': [['ops', 0, 3, timeText(ago), 7200, objectAt(ago, 'p0.3-3')]],
      'volume-by-hour': [
        ['ops', ...hours(ago), 1, 1, 11],
        ['ops', ...hours(now), 10, 6, 99],
        [...undated, 6, 2, 42],
      ],
      'find-by-key': [
        [
          ...['ops', 0, 7, timeText(now), now, 'CREATE_TIME', 'u-17', 'utf8', []],
          ...['{"order":1}', 'json', metadata, ...hours(now), objectAt(now, 'p0.7-7')],
        ],
      ],
      'unmatched-lines': [['ops', ...hours(now), objectAt(now, 'p0.99-99'), 1]],
    };
    it.each(catalogQueries())('answers the saved query $name', async ({ name, sql }) => {
      expect((await trino().query(sql)).rows).toEqual(expected[name]);
    });
  });
}
