import type { DuckDBConnection } from '@duckdb/node-api';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { viewNames } from '../../lib/catalog/view-names.ts';
import { readPackageFile } from '../package-file.ts';
import type { StagedObject } from './staged-objects.ts';

/** The memory that DuckDB may use; what exceeds it goes to the temporary folder. */
const MEMORY_LIMIT = '2GiB';

/** Where {@link openDatabase} finds the records, and what it may write. */
export interface DatabaseOptions {
  readonly objects: readonly StagedObject[];
  /** A folder for what does not fit into memory. */
  readonly temporary: string;
}

/** A database that reads archived objects. */
export interface ArchiveDatabase {
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * Opens DuckDB with the tables of the archive: those of `sql/duckdb.sql` over the objects, without their argument, and a
 * view for each topic, by {@link viewNames} in alphabetical order. Its queries reach no other file, and no network.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if DuckDB is not installed or has no binary for this platform
 */
export async function openDatabase({
  objects,
  temporary,
}: DatabaseOptions): Promise<ArchiveDatabase> {
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY_LIMIT,
    temp_directory: temporary,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await connection.run(readPackageFile('sql/duckdb.sql'));
    await connection.run(
      'create schema staged; create table staged.objects (file varchar, key varchar)',
    );
    const appender = await connection.createAppender('objects', 'staged');
    for (const { file, key } of objects) {
      appender.appendVarchar(file);
      appender.appendVarchar(key);
      appender.endRow();
    }
    appender.closeSync();
    for (const statement of [...tables(), ...topicViews(objects), ...lock(objects)]) {
      await connection.run(statement);
    }
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function loadDuckDb() {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    const isMissing = cause instanceof Error && cause.message.includes('@duckdb/node-api');
    const how = isMissing
      ? 'npm install @duckdb/node-api'
      : `it has no binary for ${process.platform}-${process.arch}`;
    throw new ArchiverError('INVALID_SETTINGS', `SQL on this machine needs DuckDB: ${how}`, {
      cause,
    });
  }
}

/** The tables over all objects, whose column `object` is the key in place of the file. */
function tables(): readonly string[] {
  const names = ['archive_lines', 'archive_all', 'archive_once', 'archive'];
  return [
    'set variable archive_files = (select list(file) from staged.objects)',
    ...names.map(
      (name) => `create view ${name} as
        select rows.* replace (objects.key as object)
        from ${name}(getvariable('archive_files')) as rows
        join staged.objects on objects.file = rows.object`,
    ),
  ];
}

function topicViews(objects: readonly StagedObject[]): readonly string[] {
  const topics = [...new Set(objects.map(({ topic }) => topic))].sort();
  return [...viewNames(topics)].map(
    ([topic, name]) =>
      `create view "${name}" as select * exclude (topic) from archive where topic = ${quoted(topic)}`,
  );
}

function lock(objects: readonly StagedObject[]): readonly string[] {
  return [
    `set TimeZone = 'UTC'`,
    `set allowed_paths = [${objects.map(({ file }) => quoted(file)).join()}]`,
    'set enable_external_access = false',
    'set lock_configuration = true',
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
