import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource, ListedLevel, ListedObject } from './source.ts';

/** Files up to this size are read at once, larger ones as a stream. */
const MOST_AT_ONCE = 8 * 1024 * 1024;

/**
 * Reads archived objects from a folder: a copy of the bucket, or the output of a demo. Hidden files and folders, whose
 * names begin with a dot, are no objects.
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
    const entries = attempt(`'${folder}' cannot be listed`, () =>
      readdirSync(join(folder, prefix), { withFileTypes: true }),
    );
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const key = prefix + entry.name;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) folders.push(`${key}/`);
      else if (entry.isFile()) objects.push({ key, bytes: sizes ? sizeOf(key) : 0 });
    }
    return { folders, objects };
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

function attempt<Result>(failed: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw failure(failed, error);
  }
}

function failure(failed: string, cause: unknown): ArchiverError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
  return new ArchiverError('LOAD_FAILED', `${failed}: ${code}`, { cause });
}
