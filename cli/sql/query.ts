import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { NotDone } from '../command.ts';
import type { Machine } from '../machine.ts';
import { openDatabase } from './database.ts';
import { type OutputFormat, writeResult } from './output.ts';
import {
  downloadObjects,
  listObjects,
  type ObjectSelection,
  objectsInFolder,
} from './staged-objects.ts';

/** A query over the archive. */
export interface ArchiveQuery {
  readonly sql: string;
  readonly format: OutputFormat;
  readonly source: ArchiveSource;
  readonly selection: ObjectSelection;
  /** The folder of the source. @default - the source is a bucket, and its objects are downloaded */
  readonly local: string | undefined;
  /** Most bytes to download. */
  readonly maxBytes: number;
  readonly machine: Pick<Machine, 'print' | 'printError' | 'progress' | 'stop'>;
}

/**
 * Runs a query and prints the answer. The temporary folder of downloads is removed in any case.
 *
 * @throws {NotDone} if DuckDB refused the query, which is printed; {@link ArchiverError}
 */
export async function queryArchive(query: ArchiveQuery): Promise<void> {
  const { local, machine, maxBytes, selection, source } = query;
  const { progress, stop } = machine;
  const limit = local === undefined ? maxBytes : Number.POSITIVE_INFINITY;
  const listed = await listObjects({ source, selection, progress, maxBytes: limit });
  await withTemporaryFolder(async (temporary) => {
    const objects =
      local === undefined
        ? await downloadObjects(temporary, listed, { progress, source })
        : objectsInFolder(local, listed);
    progress('');
    const { close, connection } = await openDatabase({ objects, temporary });
    const interrupt = () => connection.interrupt();
    stop.addEventListener('abort', interrupt);
    try {
      await answer(connection, query);
    } finally {
      stop.removeEventListener('abort', interrupt);
      close();
    }
  });
}

async function answer(
  connection: DuckDBConnection,
  { format, machine: { print, printError, stop }, sql }: ArchiveQuery,
): Promise<void> {
  try {
    const result = await select(connection, sql, stop);
    await writeResult(result, format, { print, stop });
  } catch (error) {
    if (stop.aborted) throw new ArchiverError('STORE_ABORTED', 'stopped', { cause: error });
    if (!(error instanceof Error)) throw error;
    // Without what the client adds to DuckDB's message.
    printError(error.message.replace(/^Failed to [\w ]+: /, ''));
    throw new NotDone();
  }
}

/** Nothing but spaces, semicolons and comments, of which DuckDB's client does not say what is wrong. */
const NO_STATEMENT = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;

/** Runs a statement that cannot write: the files of a local archive are within DuckDB's reach. */
async function select(
  connection: DuckDBConnection,
  sql: string,
  stop: AbortSignal,
): Promise<DuckDBResult> {
  const { StatementType } = await import('@duckdb/node-api');
  const statements = NO_STATEMENT.test(sql) ? undefined : await connection.extractStatements(sql);
  const statement = statements?.count === 1 ? await statements.prepare(0) : undefined;
  if (statement?.statementType !== StatementType.SELECT) {
    throw new Error('The query must be one SELECT.');
  }
  // An interrupt has no effect on a query that is yet to start.
  stop.throwIfAborted();
  return statement.stream();
}

/** Creates a folder for as long as the action runs; it is removed too if the process ends before. */
async function withTemporaryFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-archive-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await action(folder);
  } finally {
    process.removeListener('exit', remove);
    remove();
  }
}
