import { Buffer } from 'node:buffer';
import { createFolderSource } from '../../../cli/archive/folder-source.ts';
import { NotDone } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import { queryArchive } from '../../../cli/sql/query.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { DemoOptions } from './options.ts';
import type { ReadBack } from './read-back.ts';

/** The part of a run that says what to ask, and where. */
export interface SqlQuestion
  extends Pick<DemoOptions, 'input' | 'kafka' | 'records' | 'valueEncoding'> {
  /** The folder of the archive bucket. */
  readonly folder: string;
}

/** Records up to which a query is as good as immediate. */
const MOST_RECORDS = 100_000;

/**
 * Answers a query over a run's objects, after the command that asks it, so that the user can ask the next one. Without a
 * DuckDB for this platform, a line says so instead.
 */
export async function answerBySql(
  question: SqlQuestion,
  { hashedObjects, records }: Pick<ReadBack, 'hashedObjects' | 'records'>,
  { print, progress }: Pick<Machine, 'print' | 'progress'>,
): Promise<void> {
  if (hashedObjects > 0) {
    print('\nto query the objects as files, give them shorter names: --object-of partition');
    return;
  }
  const { folder } = question;
  const sql = sqlOf(question);
  print(
    `\n${records > MOST_RECORDS ? 'to query them' : 'the answer of'}:\n${sqlCommand(folder, sql)}`,
  );
  if (records > MOST_RECORDS) return;
  const { signal } = new AbortController();
  try {
    await queryArchive({
      ...{ sql, format: 'table', local: folder, selection: {}, maxBytes: 0 },
      acceptsDamaged: false,
      source: createFolderSource(folder, { signal, sizes: false }),
      machine: {
        ...{ printError: print, progress, stop: signal },
        write: async (bytes) => print(Buffer.from(bytes).toString().trimEnd()),
      },
    });
  } catch (error) {
    if (error instanceof ArchiverError) print(error.message);
    else if (!(error instanceof NotDone)) throw error;
  }
}

/** The command for a query over a folder, as a user of this project enters it. */
export function sqlCommand(folder: string, sql: string): string {
  const written = /^[\w./-]+$/.test(folder) ? folder : `'${folder}'`;
  return `npm run archive -- sql --local ${written} "${sql}"`;
}

/** A query for the strongest earthquakes, or for the extent of any other topics. It contains no double quotes. */
export function sqlOf({ input, kafka, records, valueEncoding }: SqlQuestion): string {
  const isText = Object.values(valueEncoding).every((encoding) => encoding !== 'base64');
  const hasEarthquakes = isText && (input ?? kafka ?? records) === undefined;
  return hasEarthquakes
    ? "select key, value->>'$.properties.mag' as mag, value->>'$.properties.place' as place from earthquakes order by mag::double desc, key limit 3"
    : 'select topic, partition, count(*) as records, min(time) as earliest, max(time) as latest from archive group by all order by all';
}
