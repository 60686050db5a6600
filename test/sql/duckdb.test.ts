import { Buffer } from 'node:buffer';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { LINE_COLUMNS, LINE_PATTERN } from '../../lib/catalog/line-pattern.ts';
import { archiveSettings } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, noon } from '../helpers/kafka-events.ts';
import { awkwardEvent, awkwardRecords } from '../real/readers/awkward-records.ts';

const macros = readFileSync(resolve(import.meta.dirname, '../../sql/duckdb.sql'), 'utf8');
const rowColumns =
  'topic, partition, offset, time, timestamp, timestamp_type, key, key_encoding, headers, value, value_encoding, metadata, dt, hour, object';

let folder: string;
let query: (sql: string) => Promise<Record<string, Json>[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duckdb-'));
  cpSync(
    resolve(import.meta.dirname, '../fixtures/format-1/topic=orders'),
    join(folder, 'both/topic=orders'),
    {
      recursive: true,
    },
  );
  await plan('awkward', awkwardEvent());
  await plan('both', awkwardEvent());
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(macros);
  query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Plans the records of an event with the checkout's planner, and writes the objects below a folder. */
async function plan(into: string, event: unknown, settings: Partial<typeof archiveSettings> = {}) {
  const planner = createPlanner(
    { ...archiveSettings, objectPrefix: '', ...settings },
    noEnrichment,
  );
  for (const { body, key } of (await planner(parseBatch(event))).objects) {
    const file = join(folder, into, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, body);
  }
}

const files = (of: string) => `'${join(folder, of)}/**/*.jsonl*'`;

/** The lines of a folder, as the project's own decoder decodes them. */
function decodedLines(of: string): DecodedRecord[] {
  return globSync('**/*.jsonl.gz', { cwd: join(folder, of) })
    .flatMap((file) =>
      gunzipSync(readFileSync(join(folder, of, file)))
        .toString()
        .split('\n')
        .slice(0, -1),
    )
    .map((line) => decodeLine(line));
}

const toHex = (bytes: Buffer | null) => bytes?.toString('hex').toUpperCase() ?? null;

describe('sql/duckdb.sql', () => {
  it('cuts a line with the regular expression of the catalog, into its columns', async () => {
    expect(macros).toContain(`'${LINE_PATTERN}'`);
    const [row = {}] = await query(`from archive_lines(${files('awkward')}) limit 1`);
    expect(Object.keys(row)).toEqual([...LINE_COLUMNS, 'object']);
  });

  it.each(['archive_all', 'archive_once', 'archive'])(
    '%s has the columns of the catalog',
    async (table) => {
      const [row = {}] = await query(`from ${table}(${files('awkward')}) limit 1`);
      expect(Object.keys(row).join(', ')).toBe(rowColumns);
    },
  );

  it.each(['awkward', 'both'])('decodes every field of %s values exactly', async (of) => {
    // As hexadecimal, since the client removes a byte order mark.
    const hex = (name: string) =>
      `hex(case ${name}_encoding when 'base64' then from_base64(${name}) else encode(${name}) end) as ${name}`;
    const rows = await query(
      `select * replace (${hex('key')}, ${hex('value')}) from archive_all(${files(of)})`,
    );
    const found = rows.map(
      ({ headers, key, metadata, partition, timestamp_type, value, ...row }) => ({
        ...{ partition, offset: Number(row.offset), key, value, timestamp_type, metadata },
        headers: (headers as Record<string, string | null>[]).map(({ encoding, name, value }) => [
          name,
          toHex(
            value === null || value === undefined
              ? null
              : Buffer.from(value, encoding === 'base64' ? 'base64' : 'utf8'),
          ),
        ]),
      }),
    );
    const lines = decodedLines(of).map(
      ({ headers, key, metadata, offset, partition, ...line }) => ({
        ...{ partition, offset, key: toHex(key), value: toHex(line.value) },
        ...{ timestamp_type: line.timestampType, metadata },
        headers: headers.map(({ name, value }) => [name, toHex(value)]),
      }),
    );
    const sorted = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).sort();
    expect(sorted(found)).toEqual(sorted(lines));
    expect(found.length).toBeGreaterThan(awkwardRecords.length);
  });

  it('gives times in UTC, and the folder of undated records to those without a usable one', async () => {
    const rows = await query(
      `select distinct "timestamp", "time", dt, hour from archive_all(${files('both')}) order by 1 nulls first`,
    );
    expect(rows).toEqual([
      { timestamp: null, time: null, dt: '1970-01-01', hour: '00' },
      { timestamp: '-1', time: null, dt: '1970-01-01', hour: '00' },
      { timestamp: String(noon), time: '2025-11-23 10:53:20', dt: '2025-11-23', hour: '10' },
      { timestamp: '1000000000000000000', time: null, dt: '1970-01-01', hour: '00' },
    ]);
  });

  it('keeps one row of each record that both formats hold, that of format 2', async () => {
    const sql = (table: string) =>
      `select count(*)::int as rows, count(distinct (partition, "offset"))::int as offsets, sum((object ~ '.*/p[^/]*')::int)::int as newer from ${table}(${files('both')})`;
    const [[all], [once]] = await Promise.all([
      query(sql('archive_all')),
      query(sql('archive_once')),
    ]);
    const offsets = Number(once?.offsets);
    expect(all).toMatchObject({ newer: offsets, offsets });
    expect(Number(all?.rows)).toBeGreaterThan(offsets);
    expect(once).toEqual({ rows: offsets, offsets, newer: offsets });
  });

  it('takes lines of one offset as one record only if timestamp, key and value agree', async () => {
    const value = '{"order":1}';
    const one = mskRecord({ offset: 7, value });
    const others = [
      mskRecord({ offset: 7, value: '{"order":2}' }),
      mskRecord({ offset: 7, value, key: 'u-18' }),
      mskRecord({ offset: 7, value, timestamp: noon + 1 }),
      mskRecord({ offset: 7, value: null }),
    ];
    await plan('lives/a', mskEvent([one]));
    await plan('lives/b', mskEvent([one, mskRecord({ offset: 8 })]), {
      valueEncoding: { '*': 'base64' },
    });
    for (const [index, other] of others.entries()) await plan(`lives/${index}`, mskEvent([other]));
    const rows = await query(
      `select "offset"::int as "offset", count(*)::int as rows from archive(${files('lives')}) group by all order by all`,
    );
    expect(rows).toEqual([
      { offset: 7, rows: 1 + others.length },
      { offset: 8, rows: 1 },
    ]);
  });

  it.each([
    ['day', 'gzip'],
    ['none', 'zstd'],
    ['hour', 'none'],
  ] as const)(
    'finds topic, dt and hour with timeFolder %s, of objects with %s',
    async (timeFolder, compression) => {
      await plan(timeFolder, mskEvent([mskRecord()]), { timeFolder, compression });
      const where = `where topic = 'orders' and dt = '2025-11-23' and hour = '10'`;
      const rows = await query(
        `select "offset"::int as "offset" from archive(${files(timeFolder)}) ${where}`,
      );
      expect(rows).toEqual([{ offset: 100 }]);
    },
  );

  it('reads no file of a folder that a filter leaves out', async () => {
    const where = `where dt = '1970-01-01' and topic = 'orders'`;
    const answer = await query(
      `explain analyze select count(*) from archive(${files('both')}) ${where}`,
    );
    const scanned = JSON.stringify(answer).match(/Scanning Files: \d+\/\d+/g);
    const all = globSync('**/*.jsonl.gz', { cwd: join(folder, 'both') }).length;
    const undated = globSync('**/dt={invalid,1970-01-01}/**/*.jsonl.gz', {
      cwd: join(folder, 'both'),
    });
    expect(scanned?.[0]).toBe(`Scanning Files: ${undated.length}/${all}`);
  });

  it('has a row of NULLs for a line that is no record, in archive_all alone', async () => {
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/x.jsonl'), '{"a":1}\n');
    const rows = await query(`select topic, "offset", value from archive_all(${files('other')})`);
    expect(rows).toEqual([{ topic: null, offset: null, value: null }]);
    expect(await query(`from archive(${files('other')})`)).toEqual([]);
  });
});
