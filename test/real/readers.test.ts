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
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { LINE_COLUMNS, LINE_PATTERN } from '../../lib/catalog/line-pattern.ts';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';
import { archiveSettings } from '../helpers/archive-parts.ts';
import { describeCatalog } from './catalog.ts';
import { awkwardEvent, awkwardRecords, hiddenTopicEvent } from './readers/awkward-records.ts';
import { callGlue } from './readers/glue.ts';
import { type Answer, type ReaderProgram, readerProgram } from './readers/program.ts';
import { judge, type Verdict, withReaders } from './readers/readers-page.ts';
import { startTrino, type Trino } from './readers/trino.ts';

/** The first time, about 1.5 GB is downloaded. */
const TIMEOUT_MS = 600_000;

/** jq 1.2.3 binds jq 1.6, which is stricter about depth than later ones. */
const PACKAGES = ['pyspark==4.3.0', 'pandas==3.1.1', 'polars==2.1.0', 'jq==1.2.3'] as const;

const PAGE = resolve(import.meta.dirname, '../../docs/reading-the-archive.md');
const page = readFileSync(PAGE, 'utf8');
const dated = 'topic=orders/dt=2025-11-23';
const formats = ['format-1', 'format-2'] as const;

let folder: string;
let trino: Trino;
const programs: ReaderProgram[] = [];

/** A reader, as the documentation names it. */
interface Reader {
  readonly name: string;
  /** Whether its `value` is JSON text, or the text of a string in it. */
  readonly isJson: boolean;
  read(folder: string): Promise<Answer>;
}
let readers: readonly Reader[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readers-'));
  cpSync(resolve(import.meta.dirname, '../fixtures/format-1'), join(folder, 'format-1'), {
    recursive: true,
  });
  await writeArchive(join(folder, 'format-2'));
  const [python, started] = await Promise.all([
    providePythonPackage(...PACKAGES),
    startTrino(folder),
  ]);
  trino = started;
  const script = (name: string) => join(import.meta.dirname, 'readers', name);
  const program = (...args: Parameters<typeof readerProgram>) => {
    const started = readerProgram(...args);
    programs.push(started);
    return started;
  };
  const frames = program(join(python, 'python'), [script('frames.py')]);
  const spark = program(join(python, 'python'), [script('spark.py'), LINE_PATTERN], {
    ...process.env,
    SPARK_HOME: undefined,
  });
  const duckdb = program(process.execPath, [script('duckdb.ts'), macroOf(page)]);
  const by = (from: ReaderProgram, reader: string) => (path: string) => from.read(reader, path);
  readers = [
    { name: 'Trino 476, the table of this page', isJson: true, read: byTrino(regexTable) },
    { name: "Hive's `RegexSerDe`, the same table", isJson: true, read: by(spark, 'regex') },
    { name: 'DuckDB 1.5.6, `archive_lines`', isJson: true, read: by(duckdb, 'cut') },
    { name: 'DuckDB, `read_json`, `value` as JSON', isJson: true, read: by(duckdb, 'declared') },
    { name: 'DuckDB, `read_json`, types inferred', isJson: true, read: by(duckdb, 'inferred') },
    { name: 'Spark 4.3.0, JSON, `value STRING`', isJson: false, read: by(spark, 'declared') },
    { name: 'Spark, JSON, types inferred', isJson: false, read: by(spark, 'inferred') },
    { name: 'Trino, `OPENX_JSON`', isJson: false, read: byTrino(openxTable) },
    { name: 'polars 2.1.0, `value` as String', isJson: false, read: by(frames, 'polars') },
    { name: 'pandas 3.1.1, `read_json`', isJson: false, read: by(frames, 'pandas') },
    { name: 'jq 1.6', isJson: true, read: by(frames, 'jq') },
  ];
  dtTypes = { spark: by(spark, 'dt'), duckdb: by(duckdb, 'dt') };
}, TIMEOUT_MS);

let dtTypes: Readonly<Record<'spark' | 'duckdb', (folder: string) => Promise<Answer>>>;

afterAll(async () => {
  for (const program of programs) program.close();
  await trino?.close();
  rmSync(folder, { recursive: true, force: true });
});

const names = awkwardRecords.map(({ name }) => name);

describe('readers', { timeout: TIMEOUT_MS }, () => {
  it(
    'take every object of format 2, and what they alter is in docs/reading-the-archive.md',
    async () => {
      const verdicts: [string, Verdict, Verdict][] = [];
      for (const { isJson, name, read } of readers) {
        const judged = async (format: string) =>
          judge(await read(join(folder, format, dated)), isJson);
        const [old, now] = [await judged('format-1'), await judged('format-2')];
        const failing = old.error === undefined ? [] : await failingAlone(read);
        verdicts.push([name, { ...old, failing }, now]);
      }
      const failed = verdicts.filter(
        ([, , { error, lost }]) => error !== undefined || lost.length > 0,
      );
      expect(failed.map(([name, , { error, lost }]) => [name, error, lost])).toEqual([]);
      for (const [name, , { altered }] of verdicts.slice(0, 3))
        expect([name, altered]).toEqual([name, []]);

      const message = `docs/reading-the-archive.md differs: run this test with --update`;
      await expect(withReaders(page, verdicts), message).toMatchFileSnapshot(PAGE);
    },
    TIMEOUT_MS,
  );

  it('cut keys and headers exactly', async () => {
    for (const { name, read } of readers.slice(0, 3)) {
      const { rows = [] } = await read(join(folder, 'format-2', dated));
      const found = new Map(rows.map((row) => [Number(row.offset), row]));
      const differing = awkwardRecords.flatMap(({ headers = [], key }, offset) => {
        const row = found.get(offset);
        const encoding = row?.key_encoding === 'base64' ? 'base64' : 'utf8';
        const bytes = row?.key == null ? null : JSON.parse(String(row.key));
        const same = bytes === null ? key === undefined : key?.equals(Buffer.from(bytes, encoding));
        return same && JSON.parse(String(row?.headers)).length === headersOf(headers)
          ? []
          : [names[offset]];
      });
      expect([name, differing]).toEqual([name, []]);
    }
  });

  it('hide objects of format 1, and none of format 2, of a topic that begins with an underscore', async () => {
    const counts: unknown[] = [];
    for (const format of formats) {
      for (const index of [0, 1, 2]) {
        const answer = await readers[index]?.read(
          join(folder, format, 'topic=_schemas/dt=2025-11-23/hour=10'),
        );
        counts.push(answer?.rows?.length);
      }
    }
    expect(counts).toEqual([0, 0, 3, 3, 3, 3]);
  });

  it('find a date in dt where the undated records of format 1 made it a string', async () => {
    const types: unknown[] = [];
    for (const format of formats) {
      for (const read of [dtTypes.duckdb, dtTypes.spark]) {
        types.push((await read(join(folder, format, 'topic=orders'))).rows?.[0]?.value);
      }
    }
    expect(types).toEqual(['VARCHAR', 'string', 'DATE', 'date']);
    const undated = join(folder, 'format-2/topic=orders/dt=1970-01-01/hour=00');
    expect((await readers[2]?.read(undated))?.rows?.length).toBe(3);
  });
});

describeCatalog(() => trino, TIMEOUT_MS);

/** Plans the records with the checkout's planner, and writes the objects. */
async function writeArchive(root: string): Promise<void> {
  const plan = createPlanner({ ...archiveSettings, objectPrefix: '' }, noEnrichment);
  for (const event of [awkwardEvent(), hiddenTopicEvent()]) {
    for (const { body, key } of (await plan(parseBatch(event))).objects)
      write(join(root, key), body);
  }
}

function write(file: string, body: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
}

/** The names of the records of format 1 that make a reader fail alone, among those that format 2 writes differently. */
async function failingAlone(read: Reader['read']): Promise<string[]> {
  const failing: string[] = [];
  const now = linesOf('format-2');
  for (const [offset, line] of [...linesOf('format-1')].sort(([a], [b]) => a - b)) {
    if (encodingOf(line) === encodingOf(now.get(offset))) continue;
    const alone = join(folder, 'alone', String(offset));
    write(join(alone, 'line.jsonl.gz'), gzipSync(`${line}\n`));
    if ((await read(alone)).error !== undefined) failing.push(names[offset] ?? '');
  }
  return failing;
}

const encodingOf = (line = ''): string =>
  line.slice(line.lastIndexOf('"value_encoding"')).split(',')[0] ?? '';

/** The lines of a format's dated records, by offset. */
function linesOf(format: (typeof formats)[number]): ReadonlyMap<number, string> {
  const files = globSync('**/*.jsonl.gz', { cwd: join(folder, format, dated) });
  const lines = files.flatMap((file) =>
    gunzipSync(readFileSync(join(folder, format, dated, file)))
      .toString()
      .split('\n')
      .slice(0, -1),
  );
  return new Map(lines.map((line) => [Number(/"offset":(\d+)/.exec(line)?.[1]), line]));
}

/** Columns and SerDe of a table, as Glue's API takes them. */
type Descriptor = Readonly<Record<'Columns' | 'SerdeInfo', unknown>>;

const regexTable: Descriptor = {
  Columns: LINE_COLUMNS.map((Name) => ({ Name, Type: 'string' })),
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
    Parameters: { 'input.regex': LINE_PATTERN },
  },
};

const openxTable: Descriptor = {
  Columns: ['offset', 'value', 'value_encoding', 'value_line_break'].map((Name) => ({
    Name,
    Type: Name === 'offset' ? 'bigint' : 'string',
  })),
  SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
};

let tables = 0;

/** Reads a folder by a table that is made for it. */
function byTrino(descriptor: Descriptor): Reader['read'] {
  return async (path) => {
    const location = globSync('**/*.jsonl.gz', { cwd: path }).map(dirname)[0] ?? '';
    tables += 1;
    const TableInput = {
      Name: `lines_${tables}`,
      TableType: 'EXTERNAL_TABLE',
      StorageDescriptor: {
        ...descriptor,
        Location: `local://${join(path, location).slice(folder.length)}`,
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      },
    };
    await callGlue(trino.glue, 'CreateTable', { DatabaseName: 'archive', TableInput });
    return trino.query(`SELECT * FROM ${TableInput.Name}`).then(
      (result) => ({
        rows: result.rows.map((row) =>
          Object.fromEntries(result.columns.map((name, i) => [name, row[i]])),
        ),
      }),
      (error: Error) => ({ error: error.message }),
    );
  };
}

/** The macro of DuckDB in the documentation. */
function macroOf(text: string): string {
  return /```sql\n(create macro archive_lines.*?)```/s.exec(text)?.[1] ?? '';
}

const headersOf = (headers: readonly Readonly<Record<string, unknown>>[]): number =>
  headers.reduce((sum, header) => sum + Object.keys(header).length, 0);
