/**
 * Measures what the identity of a record costs in SQL, on Trino: the CPU of queries over half a million lines, without
 * and with a window, and whether a filter on the hour is pushed down.
 *
 *     node test/real/readers/identity-in-sql.ts FOLDER
 *
 * The folder is filled the first time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createTables } from './glue.ts';
import { startTrino } from './trino.ts';

const bucket = 'arch';
const folder = resolve(process.argv[2] ?? 'identity-lines');
if (!existsSync(join(folder, bucket))) {
  const script = join(import.meta.dirname, 'identity_lines.py');
  spawnSync('python3', [script, join(folder, bucket)], { stdio: 'inherit' });
}

const offsets = 'topic, dt, hour, "partition", "offset"';
const windowed = (identity: string): string =>
  `(SELECT *, row_number() OVER (PARTITION BY ${identity} ORDER BY object DESC) AS copy FROM archive_all) WHERE copy = 1 AND`;
const day = `topic = 'orders' AND dt = '2026-11-23'`;
const sources = {
  'no window': `archive_all WHERE ${day}`,
  'offset triple': `${windowed(offsets)} ${day}`,
  'and timestamp, SHA-256 of key and value as text': `${windowed(
    `${offsets}, "timestamp", sha256(to_utf8("key")), sha256(to_utf8(value))`,
  )} ${day}`,
  archive_once: `archive_once WHERE ${day}`,
  'archive_once, one hour': `archive_once WHERE ${day} AND hour = '10'`,
};

const trino = await startTrino(folder);
try {
  await createTables(trino.glue, bucket, {
    ...{ objectPrefix: '', topics: ['orders'], catalogFrom: '2026-01-01' },
  });
  const counts = (source: string) =>
    `SELECT count(*), sum(length(value)), sum(length("key")) FROM ${source}`;
  // Compiles what all of them run.
  await trino.query(counts(sources['archive_once, one hour']));
  for (const [name, source] of Object.entries(sources)) {
    const result = await trino.query(counts(source)).then(
      ({ cpuMs, inputBytes, inputRows, rows: [row] }) =>
        `${row?.[0]} rows, ${cpuMs} ms of CPU, ${inputRows} lines and ${inputBytes} bytes read`,
      (error: Error) => error.message,
    );
    console.info(`${name}: ${result}`);
  }
} finally {
  await trino.close();
}
