import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createArchiveCommand } from '../../../cli/archive-command.ts';
import { run } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import { createPlanner } from '../../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import type { S3ServerOptions } from '../../../tools/local/s3-server/server.ts';
import { startServer } from '../../../tools/local/test/s3-server/running-server.ts';
import { archiveSettings } from '../../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords, noon } from '../../helpers/kafka-events.ts';

const HOUR = 3_600_000;

/** Objects as the archive function plans them, of one batch for each list of records. */
async function objectsOf(batches: readonly Parameters<typeof mskEvent>[0][]) {
  const plan = createPlanner(archiveSettings, noEnrichment);
  const plans = await Promise.all(batches.map((records) => plan(parseBatch(mskEvent(records)))));
  return plans.flatMap(({ objects }) => objects);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sql-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the objects of the batches. */
async function folderOf(...batches: Parameters<typeof mskEvent>[0][]): Promise<string> {
  const folder = temporaryFolder();
  for (const { body, key } of await objectsOf(batches)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), body);
  }
  return folder;
}

/** A bucket with the objects of the batches, whose downloads go to a folder of the test. */
async function bucketOf(
  batches: readonly Parameters<typeof mskEvent>[0][],
  options: Partial<S3ServerOptions> = {},
) {
  const { client, endpoint } = await startServer(options);
  const objects = await objectsOf(batches);
  for (const { body, key } of objects) {
    await client.send(new PutObjectCommand({ Bucket: 'archive', Key: key, Body: body }));
  }
  const downloads = temporaryFolder();
  vi.stubEnv('TMPDIR', downloads);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    keys: objects.map(({ key }) => key),
    flags: ['--bucket', 'archive', '--s3-endpoint', endpoint],
    leftFiles: () => readdirSync(downloads),
  };
}

/** Runs `kafka-archive sql`. */
async function sql(args: readonly string[], parts: Partial<Machine> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const machine: Machine = {
    ask: undefined,
    environment: {},
    now: () => noon + 24 * HOUR,
    pause: async () => undefined,
    print: (text) => out.push(text),
    printError: (text) => err.push(text),
    progress: () => undefined,
    stop: new AbortController().signal,
    write: async (bytes) => void out.push(Buffer.from(bytes).toString().replace(/\n$/, '')),
    ...parts,
  };
  const code = await run(createArchiveCommand(machine), ['sql', ...args], machine);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const done = (out: string) => ({ code: 0, out, err: '' });

describe('kafka-archive sql on a folder', () => {
  it('prints a table, with what a terminal would act on removed, and long values shortened', async () => {
    const folder = await folderOf([
      mskRecord({ key: 'a\u001b[2J\nb', value: JSON.stringify('x'.repeat(100)) }),
      mskRecord({ offset: 101, key: null, value: null }),
    ]);
    const answer = await sql([
      '--local',
      folder,
      'select key, value from archive order by "offset"',
    ]);
    expect(answer).toEqual(
      done(['key      value', `a [2J b  "${'x'.repeat(78)}…`, 'NULL     NULL'].join('\n')),
    );
  });

  it('shows the first thousand rows of a table, and says how many follow', async () => {
    const folder = await folderOf([mskRecord()]);
    const { out } = await sql(['--local', folder, 'select range as n from range(1500)']);
    const lines = out.split('\n');
    expect(lines.slice(-2)).toEqual([
      '999',
      '… and 500 more rows: --format csv, jsonl, json print all',
    ]);
    expect(lines).toHaveLength(1002);
  });

  const row = `select "offset", 1.50::decimal(4, 2) as d, 'a"b,' as t, '' as e, null as n, [1, 2] as l from archive`;

  it.each([
    ['csv', 'offset,d,t,e,n,l\n9007199254740993,1.50,"a""b,","",,"[1,2]"'],
    ['jsonl', '{"offset":9007199254740993,"d":1.50,"t":"a\\"b,","e":"","n":null,"l":[1,2]}'],
    ['json', '[{"offset":9007199254740993,"d":1.50,"t":"a\\"b,","e":"","n":null,"l":[1,2]}\n]'],
  ])('prints exact numbers as %s', async (format, printed) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'topic=orders'));
    writeFileSync(
      join(folder, 'topic=orders/p0.0-0.jsonl'),
      `{"topic":"orders","partition":0,"offset":9007199254740993,"timestamp":${noon},"timestamp_type":"CREATE_TIME","key":null,"key_encoding":"null","headers":[],"value":1,"value_encoding":"json","metadata":{}}\n`,
    );
    expect(await sql(['--local', folder, '--format', format, row])).toEqual(done(printed));
  });

  it('prints an empty list as JSON, and the names alone as CSV', async () => {
    const folder = await folderOf([mskRecord()]);
    const none = ['--local', folder, 'select key from archive where false', '--format'];
    expect(await sql([...none, 'json'])).toEqual(done('[]'));
    expect(await sql([...none, 'csv'])).toEqual(done('key'));
    expect(await sql([...none, 'jsonl'])).toEqual(done(''));
  });

  it('has a view for each topic, by the names of the catalog', async () => {
    const folder = await folderOf(
      [mskRecord({ topic: 'Shop.Orders' })],
      [mskRecord({ topic: 'shop-orders', key: 'b' })],
    );
    const names = await sql(['--local', folder, 'show tables']);
    expect(names.out.split('\n')).toEqual([
      'name',
      'archive',
      'archive_all',
      'archive_lines',
      'archive_once',
      'shop_orders',
      'shop_orders_2',
    ]);
    const rows = 'select key, columns(*) from (select * exclude (value) from shop_orders_2)';
    const { out } = await sql(['--local', folder, '--format', 'jsonl', rows]);
    expect(JSON.parse(out)).toMatchObject({ key: 'b', partition: 3, offset: 100 });
    expect(out).not.toContain('"topic"');
  });

  it('counts a record once in archive, and each line in archive_all', async () => {
    const folder = await folderOf(mskRecords(0, 10), mskRecords(5, 10));
    const counts = `select (select count(*) from archive) as once, (select count(*) from archive_all) as lines, (select min(object) from archive_lines) as object`;
    const { out } = await sql(['--local', folder, '--format', 'jsonl', counts]);
    const object = 'shop/topic=orders/dt=2025-11-23/hour=10/p3.0-9.jsonl.gz';
    expect(JSON.parse(out)).toEqual({ once: 15, lines: 20, object });
  });

  it('reads the folders of the topics and times that flags name', async () => {
    const folder = await folderOf(
      [mskRecord({ offset: 1 })],
      [mskRecord({ offset: 2, timestamp: noon + HOUR })],
      [mskRecord({ topic: 'payments' })],
    );
    const rows = [
      '--local',
      folder,
      '--format',
      'csv',
      'select "offset" from archive order by all',
    ];
    const range = ['--from', '2025-11-23T11:00:00Z', '--to', '2025-11-23T12:00:00Z'];
    expect(await sql([...rows, '--topic', 'orders'])).toEqual(done('offset\n1\n2'));
    expect(await sql([...rows, '--topic', 'orders', ...range])).toEqual(done('offset\n2'));
    expect(await sql([...rows, '--from', '2025-11-24T00:00:00Z'])).toEqual({
      ...{ code: 1, out: '' },
      err: `'${folder}' has no archived objects of these topics and times`,
    });
  });

  it.each([
    [
      'a wrong query',
      'selec 1',
      /^Parser Error: syntax error at or near "selec"\n\nLINE 1: selec 1\n/,
    ],
    [
      'an unknown table',
      'from nothing',
      /^Catalog Error: Table with name nothing does not exist!\n/,
    ],
    ['no statement', '; -- none', /^The query must be one SELECT\.$/],
    ['two statements', 'select 1; select 2', /^The query must be one SELECT\.$/],
    ['a change', 'drop view archive', /^The query must be one SELECT\.$/],
    ['an export of the database', `export database 'x'`, /^(?:The query must|Permission Error)/],
    ['a setting', 'set memory_limit = 1', /^The query must be one SELECT\.$/],
    ['another file', `from read_csv('/etc/hosts')`, /^Permission Error: Cannot access file/],
    ['an extension', `load httpfs`, /^The query must be one SELECT\.$/],
  ])('refuses %s in a message without a stack trace', async (_, query, message) => {
    const { code, err, out } = await sql(['--local', await folderOf([mskRecord()]), query]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^ +at /m);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('refuses objects that end early, and names them', async () => {
    const batches = Array.from({ length: 13 }, (_, index) => mskRecords(index * 100, 50));
    const folder = await folderOf(...batches);
    const path = 'shop/topic=orders/dt=2025-11-23/hour=10';
    const names = readdirSync(join(folder, path)).sort();
    for (const name of names.slice(1)) truncateSync(join(folder, path, name), 300);
    const query = [
      '--local',
      folder,
      '--format',
      'csv',
      'select count(*) > 49 as some from archive',
    ];
    const named = [
      ...names.slice(1, 11).map((name) => `'${path}/${name}' cannot be decompressed: Z_BUF_ERROR`),
      'and 2 more damaged objects',
    ];
    expect(await sql(query)).toEqual({
      ...{ code: 1, out: '' },
      err: [
        ...named,
        'DuckDB would leave out rows without an error: pass --accept-damaged to query the rest',
      ].join('\n'),
    });
    expect(await sql(['--accept-damaged', ...query])).toEqual({
      ...{ code: 0, out: 'some\ntrue' },
      err: [...named, 'The answer has the rows before the damage, or fails.'].join('\n'),
    });
  });

  it('counts lines that are no records', async () => {
    const folder = await folderOf([mskRecord()]);
    const key = 'shop/topic=orders/dt=2025-11-23/hour=10/p3.101-102.jsonl';
    writeFileSync(join(folder, key), '{"topic":"orders"}\nsecret\n');
    expect(
      await sql(['--local', folder, '--format', 'csv', 'select count(*) as n from archive']),
    ).toEqual({
      ...{ code: 0, out: 'n\n1' },
      err: `2 lines without a record, in no table but archive_lines and archive_all; the first is in '${key}'`,
    });
  });

  it.each([
    [
      'key::int',
      'Conversion Error',
      '\n\nLINE 1: select key::int from archive\n                  ^',
    ],
    ['error(key)', 'Invalid Input Error', ''],
    [`strptime(key, '%Y')`, 'Invalid Input Error', ''],
  ])('quotes no value of the archive if it does not fit %s', async (expression, kind, place) => {
    const key = "secret'\n\nLINE 1: secret\n ^";
    const folder = await folderOf([mskRecord({ key })]);
    expect(await sql(['--local', folder, `select ${expression} from archive`])).toEqual({
      ...{ code: 1, out: '' },
      err: `${kind}: a value of the archive does not fit the query; try_cast() and try() return NULL for it${place}`,
    });
  });

  it.each(['csv', 'json', 'jsonl'])('reads on as %s only when its reader does', async (format) => {
    const folder = await folderOf([mskRecord()]);
    const stop = new AbortController();
    let writes = 0;
    const { code, err } = await sql(
      ['--local', folder, '--format', format, 'from range(1000000000000)'],
      {
        stop: stop.signal,
        write: async () => {
          writes += 1;
          if (writes < 3) return;
          // Later than any write that does not wait.
          await new Promise(setImmediate);
          stop.abort();
        },
      },
    );
    expect({ code, err, writes }).toEqual({ code: 1, err: 'stopped', writes: 3 });
  });

  it('lets no query write an object', async () => {
    const folder = await folderOf([mskRecord()]);
    const file = join(folder, 'shop/topic=orders/dt=2025-11-23/hour=10/p3.100-100.jsonl.gz');
    const before = readFileSync(file);
    for (const query of [
      `copy (select 1) to '${file}'`,
      `explain analyze copy (select 1) to '${file}'`,
    ]) {
      expect((await sql(['--local', folder, query])).err).toBe('The query must be one SELECT.');
    }
    expect(readFileSync(file)).toEqual(before);
  });
});

describe('kafka-archive sql on a bucket', () => {
  it('downloads objects whose names no file can have, and shows their keys', async () => {
    const records = Array.from({ length: 40 }, (_, partition) => mskRecord({ partition }));
    const { flags, keys, leftFiles } = await bucketOf([records]);
    expect(keys.map((key) => key.split('/').at(-1)?.length)).toEqual([
      expect.toSatisfy((length) => length > 255),
    ]);
    const query = 'select object, count(*) from archive group by all';
    expect(await sql([...flags, '--format', 'csv', query])).toEqual(
      done(`object,count_star()\n${keys[0]},40`),
    );
    expect(leftFiles()).toEqual([]);
  });

  it('downloads nothing if the objects are larger than the limit', async () => {
    const { flags, leftFiles } = await bucketOf([[mskRecord()]]);
    expect(await sql([...flags, '--max-bytes', '100', 'from archive'])).toEqual({
      ...{ code: 1, out: '' },
      err: "the objects to download from 'archive' have more than 100 bytes: narrow --topic, --from and --to, or raise --max-bytes",
    });
    expect(leftFiles()).toEqual([]);
  });

  it('leaves no file behind if a download fails', async () => {
    const { flags, leftFiles } = await bucketOf([mskRecords(0, 2), mskRecords(5, 2)], {
      fault: ({ operation }) =>
        operation === 'GetObject'
          ? { kind: 'error', status: 403, code: 'AccessDenied' }
          : undefined,
    });
    const { code, err } = await sql([...flags, 'from archive']);
    expect(err).toMatch(/^get of 'shop\/topic=orders\/.*' failed: AccessDenied, HTTP 403/);
    expect(code).toBe(1);
    expect(leftFiles()).toEqual([]);
  });

  it('leaves no file behind at Ctrl-C, while it downloads and while it queries', async () => {
    const { flags, leftFiles } = await bucketOf([[mskRecord()]]);
    const stopped = { code: 1, err: 'stopped' };
    const endless = [...flags, '--format', 'jsonl', 'from range(1000000000000)'];
    for (const moment of ['downloading', 'asking', 'printing']) {
      const stop = new AbortController();
      const seen = (now: string) => {
        expect(leftFiles()).not.toEqual([]);
        if (now === moment) stop.abort();
      };
      const { code, err } = await sql(endless, {
        progress: (line) => {
          if (line.startsWith('downloading')) seen('downloading');
          else if (line === '' && !stop.signal.aborted) seen('asking');
        },
        write: async () => seen('printing'),
        stop: stop.signal,
      });
      expect({ code, err }).toEqual(stopped);
      expect(leftFiles()).toEqual([]);
    }
  });
});
