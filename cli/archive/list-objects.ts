import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource, ListedObject } from '../../lambda/core/object/archive-source.ts';
import { hasLines } from '../../lambda/io/object-body.ts';
import { MAX_CONNECTIONS } from '../aws-clients.ts';
import { inOrder } from './in-order.ts';

/** Folders that are looked through for topics; an archive has very few above them. */
const MOST_FOLDERS = 1_000;
/** Pages of a day that wait for those of the days before it. */
const PAGES_AHEAD = 8;

/** A time range, epoch milliseconds. */
export interface TimeRange {
  /** Inclusive. @default - no limit */
  readonly from?: number | undefined;
  /** Exclusive. @default - no limit */
  readonly to?: number | undefined;
}

/** The folder of a topic's objects. */
export interface TopicFolder {
  readonly topic: string;
  /** What precedes the folder: empty, or a path that ends in `/`. */
  readonly prefix: string;
  /** Prefix of its objects: `{prefix}topic={topic}/`. */
  readonly path: string;
}

/** Which topics to find. */
export interface TopicSelection {
  /** Names. @default - all */
  readonly topics?: readonly string[] | undefined;
  /** The object prefix. @default - all in the archive */
  readonly prefix?: string | undefined;
}

/**
 * Finds the folders of topics, below a prefix or wherever they are, in the order of their paths.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if a named topic has no folder, or if there are too many folders to look through
 */
export async function findTopics(
  source: ArchiveSource,
  { prefix, topics }: TopicSelection,
): Promise<readonly TopicFolder[]> {
  const found: TopicFolder[] = [];
  const top = prefix === undefined || prefix === '' ? '' : prefix.replace(/\/*$/, '/');
  const waiting = [top];
  for (let seen = 0; waiting.length > 0; seen++) {
    if (seen > MOST_FOLDERS) {
      const where = `${source.name} has more than ${MOST_FOLDERS} folders without topics`;
      throw new ArchiverError('LOAD_FAILED', `${where}: pass --prefix`);
    }
    const parent = waiting.shift() ?? '';
    for (const path of (await source.listLevel(parent)).folders) {
      const [, topic] = /^topic=(.+)\/$/s.exec(path.slice(parent.length)) ?? [];
      if (topic !== undefined) found.push({ topic, prefix: parent, path });
      else if (prefix === undefined) waiting.push(path);
    }
  }
  const missing = topics?.find((name) => !found.some(({ topic }) => topic === name));
  if (missing !== undefined) {
    const names = [...new Set(found.map(({ topic }) => topic))].sort().join(', ') || 'none';
    const where = `${source.name}${top === '' ? '' : `, prefix '${top}'`}`;
    const problem = `topic '${missing}' has no objects in ${where}`;
    throw new ArchiverError('LOAD_FAILED', `${problem}; topics: ${names}`);
  }
  return found
    .filter(({ topic }) => topics === undefined || topics.includes(topic))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Lists the objects of a topic, page by page, in the order of their folders: those in folders that the time range can
 * match, those of records without a usable timestamp, and those that are in no time folder. Several days are listed at
 * the same time.
 *
 * @param path see {@link TopicFolder}
 */
export async function* listTopic(
  source: ArchiveSource,
  path: string,
  range: TimeRange = {},
): AsyncGenerator<readonly ListedObject[]> {
  const { folders, objects } = await source.listLevel(path);
  yield objects.filter(isArchived);
  const days = folders.filter((day) => matchOf(day, range) !== 'none');
  const pages = days.map((day) => () => listDay(source, day, range));
  yield* inOrder(pages, { sources: MAX_CONNECTIONS, items: PAGES_AHEAD });
}

async function* listDay(
  source: ArchiveSource,
  day: string,
  range: TimeRange,
): AsyncGenerator<readonly ListedObject[]> {
  if (matchOf(day, range) === 'all') {
    for await (const page of source.listAll(day)) yield page.filter(isArchived);
    return;
  }
  const { folders, objects } = await source.listLevel(day);
  yield objects.filter(isArchived);
  for (const hour of folders.filter((each) => matchOf(each, range) !== 'none')) {
    for await (const page of source.listAll(hour)) yield page.filter(isArchived);
  }
}

function isArchived({ key }: ListedObject): boolean {
  return hasLines(key);
}

const HOUR_MS = 3_600_000;

/** How much of a folder's time a range has: all for folders that name no time, such as `dt=1970-01-01/` and `dt=invalid/`. */
function matchOf(folder: string, { from = -Infinity, to = Infinity }: TimeRange) {
  const [, day, hour] = /\/dt=(\d{4}-\d\d-\d\d)\/(?:hour=(\d\d)\/)?$/.exec(folder) ?? [];
  const start = Date.parse(hour === undefined ? `${day}` : `${day}T${hour}:00Z`);
  if (Number.isNaN(start) || day === '1970-01-01') return 'all';
  const end = start + (hour === undefined ? 24 : 1) * HOUR_MS;
  if (start >= to || end <= from) return 'none';
  return start >= from && end <= to ? 'all' : 'some';
}
