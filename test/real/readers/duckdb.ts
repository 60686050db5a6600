/**
 * Reads folders of the archive with DuckDB. The protocol is that of frames.py. It is a process because a deep value ends
 * DuckDB's.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';

const columns = `columns = {partition: 'integer', "offset": 'bigint', value: 'json', value_encoding: 'varchar', value_line_break: 'varchar'}`;

const queries: Readonly<Record<string, (files: string) => string>> = {
  cut: (files) => `select * from archive_lines('${files}')`,
  declared: (files) => `select * from read_json('${files}', ${columns})`,
  inferred: (files) =>
    `select * exclude (value), value::varchar as value from read_json('${files}')`,
  dt: (files) =>
    `select distinct typeof(dt) as value from read_csv('${files}', columns = {line: 'varchar'}, delim = '', quote = '', escape = '', header = false, auto_detect = false, max_line_size = 20000000, hive_partitioning = true)`,
};

const database = await (await DuckDBInstance.create()).connect();
await database.run(readFileSync(join(import.meta.dirname, '../../../sql/duckdb.sql'), 'utf8'));
for await (const line of createInterface({ input: process.stdin })) {
  const { folder, reader } = JSON.parse(line);
  const query = queries[reader]?.(`${folder}/**/*.jsonl.gz`) ?? '';
  const answer = await database.runAndReadAll(query).then(
    (result) => ({ rows: result.getRowObjectsJson() }),
    (error: Error) => ({ error: error.message }),
  );
  // Waits, because the next query may end the process.
  if (!process.stdout.write(`${JSON.stringify(answer)}\n`)) await once(process.stdout, 'drain');
}
