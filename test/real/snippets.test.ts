import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';
import { archiveSettings } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord } from '../helpers/kafka-events.ts';

/** The first time, packages are downloaded. */
const TIMEOUT_MS = 600_000;

/** Those of the readers' test, so that both share a cache. */
const PACKAGES = ['pyspark==4.3.0', 'pandas==3.1.1', 'polars==2.1.0', 'jq==1.2.3'] as const;

/** Spark's defaults are those of a cluster. */
const PYSPARK_SUBMIT_ARGS =
  '--master local[2] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=1 pyspark-shell';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reading-the-archive.md'), 'utf8');

/** The code blocks of the page that follow `<!-- snippet: KIND -->`. */
function snippets(kind: string): string[] {
  const blocks = page.matchAll(/<!-- snippet: (.+) -->\n```\w+\n([\s\S]*?)```/g);
  const found = [...blocks].filter(([, of]) => of === kind).map(([, , code = '']) => code);
  expect(found).not.toEqual([]);
  return found;
}

let folder: string;
let python: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snippets-'));
  await writeArchive();
  writeFileSync(join(folder, 'archive_lines.py'), snippets('file archive_lines.py').join(''));
  python = join(await providePythonPackage(...PACKAGES), 'python');
}, TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Writes the archive that the snippets ask: on 2026-11-23, topic `orders` has three orders with a total of 30, one of
 * them in two objects; another order is of the next day.
 */
async function writeArchive(): Promise<void> {
  const order = (offset: number, total: number, hour = 9) =>
    mskRecord({
      ...{ offset, timestamp: Date.UTC(2026, 10, 23, hour), key: `u-${offset}` },
      value: `{\n  "order": "\u2028 ${offset}",\n  "total": ${total.toFixed(2)}\n}`,
    });
  const batches = [
    [order(0, 12.5), order(1, 10)],
    [order(1, 10), order(2, 7.5, 14)],
    [order(3, 1000, 30)],
    [mskRecord({ topic: 'payments', timestamp: Date.UTC(2026, 10, 23) })],
  ];
  const plan = createPlanner(archiveSettings, noEnrichment);
  for (const batch of batches) {
    for (const { body, key } of (await plan(parseBatch(mskEvent(batch)))).objects) {
      const file = join(folder, 'archive', key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, body);
    }
  }
}

/** Runs a program in the folder of the archive. @returns what it prints */
async function run(file: string, ...args: string[]): Promise<string> {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH: path, SPARK_HOME: undefined, PYSPARK_SUBMIT_ARGS };
  return (await promisify(execFile)(file, args, { cwd: folder, env })).stdout;
}

/** The numbers of an answer. */
const numbersIn = (answer: string): number[] => (answer.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);

describe('the snippets of docs/reading-the-archive.md', { timeout: TIMEOUT_MS }, () => {
  it('count three orders in a shell, by kafka-archive and by jq', async () => {
    const command = `'${process.execPath}' '${join(root, 'bin/kafka-archive.ts')}'`;
    const scripts = snippets('sh');
    expect(scripts).toHaveLength(2);
    for (const script of scripts) {
      const answer = await run('sh', '-c', script.replace('npx kafka-archive', command));
      expect(numbersIn(answer)).toEqual([3, 30]);
    }
  });

  it('count three orders in DuckDB', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(readFileSync(join(root, 'sql/duckdb.sql'), 'utf8'));
    for (const sql of snippets('duckdb')) {
      const here = sql.replace(`'archive/`, `'${folder}/archive/`);
      const answer = await connection.runAndReadAll(here);
      expect(answer.getRowObjects()).toEqual([{ records: 3n, total: 30 }]);
    }
  });

  it.each(['pandas', 'polars'])('count three orders in %s', async (kind) => {
    for (const code of snippets(kind))
      expect(numbersIn(await run(python, '-c', code))).toEqual([3, 30]);
  });

  it('count three orders in Spark', async () => {
    for (const code of snippets('spark'))
      expect(numbersIn(await run(python, '-c', code))).toEqual([3, 30]);
  });
});
