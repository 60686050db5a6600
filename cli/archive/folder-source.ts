import {
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type {
  ArchiveSource,
  ListedLevel,
  ListedObject,
} from '../../lambda/core/object/archive-source.ts';

/** The folder in which a local S3 server keeps objects whose keys cannot be paths; nothing in it has its key. */
const HASHED_FOLDER = '.keys-by-hash';

/** Files up to this size are read at once, larger ones as a stream. */
const MOST_AT_ONCE = 8 * 1024 * 1024;

/**
 * Reads archived objects from a folder: a copy of the bucket, or the output of a demo. Hidden files and folders, whose
 * names begin with a dot, are no objects. Symbolic links are followed.
 *
 * @param sizes whether listings need the objects' sizes, which takes a call for each file
 */
export function createFolderSource(
  folder: string,
  { signal, sizes }: { readonly signal: AbortSignal; readonly sizes: boolean },
): ArchiveSource {
  const check = () => {
    if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'stopped');
  };

  function level(prefix: string): ListedLevel {
    check();
    const folders: string[] = [];
    const objects: ListedObject[] = [];
    const entries = attempt(`'${folder}' cannot be listed`, () => {
      try {
        return readdirSync(join(folder, prefix), { withFileTypes: true });
      } catch (error) {
        // As in S3, nothing is below a prefix that no key has.
        if (prefix !== '' && codeOf(error) === 'ENOENT' && existsSync(folder)) return [];
        throw error;
      }
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const key = prefix + entry.name;
      if (entry.name.startsWith('.')) continue;
      const file = entry.isSymbolicLink() ? target(key) : entry;
      if (file.isDirectory()) folders.push(`${key}/`);
      else if (file.isFile()) objects.push({ key, bytes: sizes ? sizeOf(key) : 0 });
    }
    return { folders, objects };
  }

  function target(key: string): Stats {
    return attempt(`'${key}' cannot be read`, () => statSync(join(folder, key)));
  }

  function sizeOf(key: string): number {
    return attempt(`'${key}' cannot be read`, () => statSync(join(folder, key)).size);
  }

  async function* all(prefix: string): AsyncGenerator<readonly ListedObject[]> {
    const { folders, objects } = level(prefix);
    if (objects.length > 0) yield objects;
    for (const each of folders) yield* all(each);
  }

  return {
    name: `'${folder}'`,
    listLevel: async (prefix) => level(prefix),
    listAll: all,
    async read(key) {
      check();
      const file = join(folder, key);
      const failed = `'${key}' cannot be read from '${folder}'`;
      // Without a stream for each of many small files, reading takes a third of the time.
      const body =
        attempt(failed, () => statSync(file).size) <= MOST_AT_ONCE
          ? attempt(failed, () => readFileSync(file))
          : Readable.from(chunks(file, failed), { objectMode: false });
      return { body, versionId: undefined, metadata: undefined };
    },
  };

  async function* chunks(file: string, failed: string): AsyncGenerator<Buffer> {
    try {
      yield* createReadStream(file, { signal, highWaterMark: 1024 * 1024 });
    } catch (error) {
      check();
      throw failure(failed, error);
    }
  }
}

/** Objects of a local S3 server that cannot be read as files. */
export interface UnreadableObjects {
  /** Where they are. */
  readonly folder: string;
  readonly objects: number;
}

/**
 * Finds objects that a local S3 server keeps without their keys, most often because their names are too long for files.
 *
 * @param folder that of a bucket, or of a demo with its buckets
 */
export function findUnreadable(folder: string): readonly UnreadableObjects[] {
  const buckets = entriesOf(folder).filter((name) => !name.startsWith('.'));
  return [folder, ...buckets.map((name) => join(folder, name))]
    .map((bucket) => join(bucket, HASHED_FOLDER))
    .map((hashed) => ({ folder: hashed, objects: entriesOf(hashed).length }))
    .filter(({ objects }) => objects > 0);
}

/** The names in a folder; none if it cannot be listed. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function attempt<Result>(failed: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw failure(failed, error);
  }
}

function failure(failed: string, cause: unknown): ArchiverError {
  return new ArchiverError('LOAD_FAILED', `${failed}: ${codeOf(cause)}`, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
