import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource, ListedObject } from '../../lambda/core/object/archive-source.ts';
import {
  findTopics,
  listTopic,
  type TimeRange,
  type TopicSelection,
} from '../archive/list-objects.ts';
import { MAX_CONNECTIONS } from '../aws-clients.ts';
import { formatCount } from '../counts.ts';

/** An archived object as a file. */
export interface StagedObject {
  readonly key: string;
  readonly topic: string;
  /** Absolute path, with `/` between names. */
  readonly file: string;
}

/** An archived object of a topic. */
export type TopicObject = ListedObject & Pick<StagedObject, 'topic'>;

/** Which objects to list. */
export interface ObjectSelection extends TopicSelection, TimeRange {}

/** The objects that a command lists, and how it says so. */
export interface ObjectListing {
  readonly source: ArchiveSource;
  readonly selection: ObjectSelection;
  /** Sum of their bytes that is too much if exceeded. */
  readonly maxBytes: number;
  readonly progress: (line: string) => void;
}

/**
 * Lists the selected objects.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if there are none, or if they have too many bytes; `STORE_ABORTED`
 */
export async function listObjects({
  maxBytes,
  progress,
  selection,
  source,
}: ObjectListing): Promise<readonly TopicObject[]> {
  const found: TopicObject[] = [];
  let bytes = 0;
  for (const { path, topic } of await findTopics(source, selection)) {
    for await (const page of listTopic(source, path, selection)) {
      for (const object of page) {
        found.push({ ...object, topic });
        bytes += object.bytes;
      }
      progress(`listing · ${formatCount(found.length)} objects`);
      if (bytes <= maxBytes) continue;
      const how = 'narrow --topic, --from and --to, or raise --max-bytes';
      throw new ArchiverError(
        'LOAD_FAILED',
        `the objects to download from ${source.name} have more than ${formatCount(maxBytes)} bytes: ${how}`,
      );
    }
  }
  if (found.length > 0) return found;
  throw new ArchiverError(
    'LOAD_FAILED',
    `${source.name} has no archived objects of these topics and times`,
  );
}

/** Names the files of a folder's objects. */
export function objectsInFolder(
  folder: string,
  objects: readonly TopicObject[],
): readonly StagedObject[] {
  return objects.map((object) => ({ ...object, file: portable(resolve(folder, object.key)) }));
}

/**
 * Downloads objects into a folder. The files lie in the same folders by topic and time, but have short names, because
 * that of an object can be longer than that of a file. The end of the name says the format of the object.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function downloadObjects(
  folder: string,
  objects: readonly TopicObject[],
  { progress, source }: Pick<ObjectListing, 'progress' | 'source'>,
): Promise<readonly StagedObject[]> {
  const limit = pLimit({ concurrency: MAX_CONNECTIONS, rejectOnClear: true });
  const total = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  let bytes = 0;
  const download = async (object: TopicObject, index: number): Promise<StagedObject> => {
    const file = join(folder, shortPath(object.key, index));
    mkdirSync(dirname(file), { recursive: true });
    const { body } = await source.read(object.key);
    await pipeline(
      body instanceof Readable ? body : Readable.from([body]),
      createWriteStream(file),
    );
    done += 1;
    bytes += object.bytes;
    const counts = `${formatCount(done)} of ${formatCount(objects.length)} objects`;
    progress(`downloading · ${counts} · ${formatCount(bytes)} of ${formatCount(total)} bytes`);
    return { ...object, file: portable(file) };
  };
  const downloads = objects.map((object, index) => limit(() => download(object, index)));
  try {
    return await Promise.all(downloads);
  } catch (error) {
    limit.clearQueue();
    throw error;
  } finally {
    // No file may be written once the folder is removed.
    await Promise.allSettled(downloads);
  }
}

/** Characters of an object's name that its file keeps: those of a run of format 1, its place and its extension. */
const KEPT = 80;

/** A path without special characters other than those of the key's folders. */
function shortPath(key: string, index: number): string {
  const [, folders = '', name = ''] =
    /(topic=[^/]+\/(?:dt=[^/]+\/)?(?:hour=[^/]+\/)?)([^/]+)$/.exec(key) ?? [];
  return `${folders}${index}${name.slice(-KEPT).replaceAll(/[^\w.~-]/g, '')}`;
}

/** DuckDB accepts `/` on every system, and its macros find topic, dt and hour between them. */
const portable = (path: string): string => path.replaceAll(sep, '/');
