import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { NotDone } from '../command.ts';
import { formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import { checkObjects } from './check-objects.ts';
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
  /** Whether to query damaged objects as far as they go. */
  readonly acceptsDamaged: boolean;
  readonly machine: Pick<Machine, 'printError' | 'progress' | 'stop' | 'write'>;
}

/**
 * Runs a query and prints the answer. The temporary folder of downloads is removed in any case.
 *
 * @throws {NotDone} if an object is damaged or DuckDB refused the query, which is printed; {@link ArchiverError}
 */
export async function queryArchive(query: ArchiveQuery): Promise<void> {
  const { acceptsDamaged, local, machine, maxBytes, selection, source } = query;
  const { progress, stop } = machine;
  const limit = local === undefined ? maxBytes : Number.POSITIVE_INFINITY;
  const listed = await listObjects({ source, selection, progress, maxBytes: limit });
  await withTemporaryFolder(async (temporary) => {
    const objects =
      local === undefined
        ? await downloadObjects(temporary, listed, { progress, source })
        : objectsInFolder(local, listed);
    await checkObjects(objects, { ...machine, acceptsDamaged, folder: local ?? temporary });
    progress(`querying · ${formatCounted(objects.length, 'object')}`);
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
  { format, machine, sql }: ArchiveQuery,
): Promise<void> {
  const { printError, progress, stop } = machine;
  let isRunning = false;
  try {
    const statement = await prepare(connection, sql);
    // An interrupt has no effect on a query that is yet to start.
    stop.throwIfAborted();
    isRunning = true;
    await writeResult(await statement.stream(), format, machine);
  } catch (error) {
    progress('');
    if (stop.aborted) throw new ArchiverError('STORE_ABORTED', 'stopped', { cause: error });
    if (!(error instanceof Error)) throw error;
    // Without what the client adds to DuckDB's message.
    const message = error.message.replace(/^Failed to [\w ]+: /, '');
    printError(isRunning ? withoutValues(message, sql) : message);
    throw new NotDone();
  }
}

/** Errors of a running query whose text quotes no value. */
const QUOTES_NOTHING = /^(?:Out of Memory|IO|Permission) Error:/;

/** An error of a running query: its kind and the place in the query, because its text can quote the archive. */
function withoutValues(message: string, sql: string): string {
  if (QUOTES_NOTHING.test(message)) return message;
  const [kind = 'Error'] = /^[A-Z][A-Za-z ]* Error(?=:)/.exec(message) ?? [];
  const [place = '', line = ''] =
    /\n\nLINE \d+: (?:\.{3})?(.+?)(?:\.{3})?\n *\^$/.exec(message) ?? [];
  const how =
    'a value of the archive does not fit the query; try_cast() and try() return NULL for it';
  return `${kind}: ${how}${line !== '' && sql.includes(line) ? place : ''}`;
}

/** Nothing but spaces, semicolons and comments, of which DuckDB's client does not say what is wrong. */
const NO_STATEMENT = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;

/** Prepares a statement that cannot write: the files of a local archive are within DuckDB's reach. */
async function prepare(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const { StatementType } = await import('@duckdb/node-api');
  const statements = NO_STATEMENT.test(sql) ? undefined : await connection.extractStatements(sql);
  const statement = statements?.count === 1 ? await statements.prepare(0) : undefined;
  if (statement?.statementType !== StatementType.SELECT) {
    throw new Error('The query must be one SELECT.');
  }
  return statement;
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
