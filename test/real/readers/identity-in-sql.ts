/**
 * Measures what the identity of a record costs in SQL, on Trino: the CPU of a window over half a million lines, by the
 * columns that the window is partitioned by, and whether a filter on the hour is pushed down.
 *
 *     node test/real/readers/identity-in-sql.ts FOLDER
 *
 * The folder is filled the first time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startTrino } from './trino.ts';

const folder = resolve(process.argv[2] ?? 'identity-lines');
if (!existsSync(join(folder, 'arch'))) {
  const script = join(import.meta.dirname, 'identity_lines.py');
  spawnSync('python3', [script, join(folder, 'arch')], { stdio: 'inherit' });
}

const page = readFileSync(
  join(import.meta.dirname, '../../../docs/reading-the-archive.md'),
  'utf8',
);
const regex = (/'input\.regex' =\s*'(.*)'\)$/m.exec(page)?.[1] ?? '').replaceAll('\\\\', '\\');

const columns = `topic_name, "partition", "offset", "timestamp", timestamp_type, "key", key_encoding, headers, value,
  value_encoding, value_line_break, metadata, topic, dt, hour`;

const offsets = 'topic, dt, hour, "partition", "offset"';
const identities = {
  'offset triple': offsets,
  'and timestamp': `${offsets}, "timestamp"`,
  'and hashes of key and value': `${offsets}, "timestamp", xxhash64(to_utf8("key")), xxhash64(to_utf8(value))`,
  'and SHA-256 of key and value': `${offsets}, "timestamp", sha256(to_utf8("key")), sha256(to_utf8(value))`,
  'and key and value': `${offsets}, "timestamp", "key", value`,
};

const once = (identity: string, filter = ''): string =>
  `SELECT count(*), sum(length(value)), sum(length("key")) FROM (
    SELECT *, row_number() OVER (PARTITION BY ${identity} ORDER BY "$path" DESC) AS copy FROM lines)
  WHERE copy = 1 ${filter}`;

const trino = await startTrino(folder);
try {
  await trino.query(`CREATE SCHEMA IF NOT EXISTS archive WITH (location = 'local:///tables')`);
  await trino.query('DROP TABLE IF EXISTS lines');
  await trino.query(`CREATE TABLE lines (${columns.replaceAll(/,|$/g, ' varchar$&')})
    WITH (format = 'REGEX', regex = '${regex}', external_location = 'local:///arch',
      partitioned_by = ARRAY['topic', 'dt', 'hour'])`);
  await trino.query(`CALL system.sync_partition_metadata('archive', 'lines', 'ADD')`);
  const filter = `AND dt = '2026-11-23' AND hour = '10'`;
  for (const [name, identity] of Object.entries(identities)) {
    for (const [range, where] of [
      ['three hours', ''],
      ['one hour', filter],
    ] as const) {
      const result = await trino.query(once(identity, where)).then(
        ({ cpuMs, inputBytes, inputRows, rows: [counts] }) =>
          `${counts?.[0]} rows, ${cpuMs} ms of CPU, ${inputRows} lines and ${inputBytes} bytes read`,
        (error: Error) => error.message,
      );
      console.info(`${name}, ${range}: ${result}`);
    }
  }
} finally {
  await trino.close();
}
