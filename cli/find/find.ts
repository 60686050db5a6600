import { Buffer } from 'node:buffer';
import { defaultPartitionOf } from '../../kafka/partitioner.ts';
import { objectMetadataNames as names } from '../../lambda/contract.ts';
import type { ArchiveSource, StoredObject } from '../../lambda/core/object/archive-source.ts';
import { type KeyRun, parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import {
  blocksOf,
  decompressTogether,
  linesOf,
  smallGzipSize,
} from '../../lambda/io/object-body.ts';
import { decodeIn } from '../archive/decode-in.ts';
import { inOrder, type ReadAhead } from '../archive/in-order.ts';
import { findTopics, listTopic } from '../archive/list-objects.ts';
import { recordJson, textOf, timeOf } from '../archive/record-json.ts';
import { MAX_CONNECTIONS } from '../aws-clients.ts';
import { NotDone } from '../command.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import { tableLines } from '../table.ts';
import { type Criteria, isAt, linesWith, meets, needlesOf } from './criteria.ts';
import { type Copy, SeenRecords } from './seen-records.ts';

/** What to find, and how much of it. */
export interface Search {
  readonly criteria: Criteria;
  /** The object prefix. @default - all that the archive has */
  readonly prefix: string | undefined;
  /** Number of partitions of the topic. @default - the highest partition in the listing, and those below it */
  readonly partitions: number | undefined;
  /** Whether to show every copy of a record. */
  readonly followDuplicates: boolean;
  /** Records after which to stop. @default - no limit */
  readonly limit: number | undefined;
}

/** What {@link find} works with. */
export interface FindParts extends Pick<Machine, 'printError' | 'progress' | 'write'> {
  readonly source: ArchiveSource;
  /** Whether to print a JSON document on a line for each record. */
  readonly json: boolean;
}

/** A record that was found. */
export interface FoundRecord {
  readonly record: DecodedRecord;
  /** Key of the object. */
  readonly key: string;
  readonly object: Pick<StoredObject, 'metadata' | 'versionId'>;
  readonly copy: Copy;
}

/** How much {@link searchArchive} has done. */
export interface SearchCounts {
  listed: number;
  read: number;
  /** Copies that were left out. */
  duplicates: number;
}

/** An object to read, and what its key says. */
interface Candidate {
  readonly key: string;
  /** Undefined if the key has no offsets. */
  readonly runs: readonly KeyRun[] | undefined;
}

/** Decompressed bytes of small objects after which a group of them is searched. */
const GROUP_BYTES = 1024 * 1024;

/** Reading objects one after the other, so that none is read after the last record is found. */
const oneByOne: ReadAhead = { sources: 1, items: 1 };
const concurrently: ReadAhead = { sources: MAX_CONNECTIONS, items: 1 };

/**
 * Prints every record that meets the criteria, as soon as it is found, and at the end on standard error how much it read.
 *
 * @throws {NotDone} if there is none; {@link ArchiverError}
 */
export async function find(search: Search, parts: FindParts): Promise<void> {
  const { json, printError, progress, write } = parts;
  const counts: SearchCounts = { listed: 0, read: 0, duplicates: 0 };
  let found = 0;
  for await (const each of searchArchive(search, parts, counts)) {
    progress('');
    await write(Buffer.from(json ? `${foundJson(each)}\n` : `${foundLines(each).join('\n')}\n\n`));
    found += 1;
  }
  progress('');
  const left =
    counts.duplicates === 0
      ? ''
      : `; left out ${formatCounted(counts.duplicates, 'duplicate')}, which --follow-duplicates shows`;
  const done = `${formatCounted(counts.listed, 'object')} listed, ${formatCount(counts.read)} read`;
  printError(`Found ${formatCounted(found, 'record')}: ${done}${left}`);
  if (found === 0) throw new NotDone();
}

/**
 * Yields the records that meet the criteria.
 *
 * @param counts is updated on the way
 * @throws {ArchiverError} `LOAD_FAILED`, `NOT_A_RECORD_LINE`, or `STORE_ABORTED`
 */
export async function* searchArchive(
  { criteria, followDuplicates, limit = Infinity, partitions, prefix }: Search,
  parts: Pick<FindParts, 'printError' | 'progress' | 'source'>,
  counts: SearchCounts,
): AsyncGenerator<FoundRecord> {
  const { source } = parts;
  const { key, places, topic } = criteria;
  const seen = new SeenRecords();
  const wanted = new Set(followDuplicates ? [] : places);
  const isEnough = wanted.size > 0;
  let left = limit;

  async function* read(
    candidates: AsyncIterable<Candidate> | readonly Candidate[],
    ahead: ReadAhead,
  ): AsyncGenerator<FoundRecord> {
    const opened = map(
      candidates,
      ({ key }) =>
        () =>
          readOne(key, { counts, source }),
    );
    const groups = inGroups(inOrder(opened, ahead), ahead === oneByOne ? 0 : GROUP_BYTES);
    const scans = map(groups, (group) => () => scanGroup(group, criteria));
    for await (const { length, ...found } of inOrder<ScannedRecord>(scans, ahead)) {
      const copy = seen.add(found.record, length);
      if (copy === 'duplicate' && !followDuplicates) {
        counts.duplicates += 1;
        continue;
      }
      yield { ...found, copy };
      left -= 1;
      for (const place of wanted) if (isAt(found.record, place)) wanted.delete(place);
      if (isDone()) return;
    }
  }
  const isDone = () => left === 0 || (isEnough && wanted.size === 0);

  const folders = await findTopics(source, { prefix, topics: [topic] });
  const later: Candidate[] = [];
  const likely = key && partitions && (await defaultPartitionOf(key, partitions));
  const first = candidatesOf(
    folders.map(({ path }) => path),
    { criteria, later, likely },
    parts,
    counts,
  );
  yield* read(first, isEnough ? oneByOne : concurrently);
  if (isDone() || later.length === 0) return;
  if (places.length > 0) {
    const objects = `${formatCounted(later.length, 'object')} without offsets in the name`;
    parts.printError(`Reading ${objects}, as Firehose writes them`);
  }
  yield* read(key === undefined ? later : await likeliestFirst(later, key), concurrently);
}

/** Yields the objects to read first, and puts the others that may have the record into `later`. */
async function* candidatesOf(
  paths: readonly string[],
  {
    criteria: { key, places, range },
    later,
    likely,
  }: {
    readonly criteria: Criteria;
    readonly later: Candidate[];
    /** Partition in which the key is looked for first. */
    readonly likely: number | undefined;
  },
  { progress, source }: Pick<FindParts, 'progress' | 'source'>,
  counts: SearchCounts,
): AsyncGenerator<Candidate> {
  for (const path of paths) {
    for await (const page of listTopic(source, path, range)) {
      counts.listed += page.length;
      progress(
        `${formatCounted(counts.listed, 'object')} listed, ${formatCount(counts.read)} read`,
      );
      for (const object of page) {
        const candidate = { key: object.key, runs: parseObjectKey(object.key)?.runs };
        const { runs } = candidate;
        if (places.length > 0 && runs !== undefined) {
          if (places.some((place) => runs.some((run) => isIn(run, place)))) yield candidate;
        } else if (places.length > 0 || (key !== undefined && !holds(candidate, likely))) {
          later.push(candidate);
        } else yield candidate;
      }
    }
  }
}

/** Puts the objects with records of the key's default partition before the others. */
async function likeliestFirst(
  candidates: readonly Candidate[],
  key: Buffer,
): Promise<readonly Candidate[]> {
  const likely = await defaultPartitionOf(key, 1 + highestPartition(candidates));
  const others = candidates.filter((each) => !holds(each, likely));
  return [...candidates.filter((each) => holds(each, likely)), ...others];
}

function highestPartition(candidates: readonly Candidate[]): number {
  let highest = 0;
  for (const { runs = [] } of candidates) {
    for (const { partition } of runs) highest = Math.max(highest, partition);
  }
  return highest;
}

function holds({ runs = [] }: Candidate, partition: number | undefined): boolean {
  return runs.some((run) => run.partition === partition);
}

function isIn(run: KeyRun, place: Criteria['places'][number]): boolean {
  const { first, last, partition } = run;
  return place.partition === partition && first <= place.offset && place.offset <= last;
}

/** A record as it was found, and the bytes of its line. */
type ScannedRecord = Omit<FoundRecord, 'copy'> & { readonly length: number };

/** An object that was read. */
interface ReadObject {
  readonly key: string;
  readonly object: StoredObject;
}

async function* readOne(
  key: string,
  { counts, source }: { readonly counts: SearchCounts; readonly source: ArchiveSource },
): AsyncGenerator<ReadObject> {
  const object = await source.read(key);
  counts.read += 1;
  yield { key, object };
}

/** Groups small objects that follow each other, until a group has that many bytes; every other object is a group. */
async function* inGroups(
  objects: AsyncIterable<ReadObject>,
  groupBytes: number,
): AsyncGenerator<readonly ReadObject[]> {
  let group: ReadObject[] = [];
  let bytes = 0;
  for await (const each of objects) {
    const size = smallGzipSize(each.object);
    if (size !== undefined) {
      group.push(each);
      bytes += size;
      if (bytes < groupBytes) continue;
    }
    if (group.length > 0) yield group;
    if (size === undefined) yield [each];
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** Searches objects, after a look at all of them together, because most have no record to find. */
async function* scanGroup(
  group: readonly ReadObject[],
  criteria: Criteria,
): AsyncGenerator<ScannedRecord> {
  const needles = needlesOf(criteria);
  if (needles !== undefined && group.length > 1) {
    const lines = await decompressTogether(group.map(({ object }) => object));
    if (lines !== undefined && !needles.some((needle) => lines.includes(needle))) return;
  }
  for (const each of group) yield* scan(each, criteria, needles);
}

async function* scan(
  { key, object }: ReadObject,
  criteria: Criteria,
  needles: ReturnType<typeof needlesOf>,
): AsyncGenerator<ScannedRecord> {
  const { metadata, versionId } = object;
  for await (const block of blocksOf(key, object)) {
    for (const line of needles === undefined ? linesOf(block) : linesWith(block, needles)) {
      const record = decodeIn(key, line);
      if (!meets(record, criteria)) continue;
      // Decoded again from a copy, because it is remembered and must not keep the block in memory.
      const copied = decodeLine(Buffer.from(line));
      yield { record: copied, key, object: { metadata, versionId }, length: line.length };
    }
  }
}

async function* map<From, To>(
  items: AsyncIterable<From> | Iterable<From>,
  to: (item: From) => To,
): AsyncGenerator<To> {
  for await (const item of items) yield to(item);
}

function foundLines({ copy, key, object, record }: FoundRecord): string[] {
  const { headers, metadata, offset, partition, timestamp, timestampType, topic } = record;
  const time = timestamp === null ? 'no timestamp' : `${timeOf(timestamp)} (${timestampType})`;
  const same = { first: '', duplicate: ', duplicate', conflict: ', conflict' }[copy];
  return [
    `${topic}-${partition} offset ${offset}, ${time}${same}`,
    ...tableLines([
      ['  key', textOf(record.key) ?? '(null)'],
      ...headers.map(({ name, value }) => ['  header', `${name}=${textOf(value) ?? '(null)'}`]),
      ['  value', textOf(record.value) ?? '(null)'],
      ['  metadata', metadata],
      ['  object', key],
      ['  version', object.versionId ?? 'unknown'],
      ['  batch', batchText(object.metadata)],
    ]),
  ];
}

function batchText(metadata: StoredObject['metadata']): string {
  const requestId = metadata?.[names.requestId];
  if (metadata === undefined || requestId === undefined) return 'unknown';
  const failed = metadata[names.failedBatch];
  const why = metadata[names.failedBatchCondition];
  const replay = failed === undefined ? '' : `, replayed from ${failed} (${why})`;
  const version = metadata[names.functionVersion];
  return `stored ${metadata[names.storedAt]} by request ${requestId}, function version ${version}${replay}`;
}

function foundJson({ copy, key, object: { metadata, versionId }, record }: FoundRecord): string {
  const batch = metadata?.[names.requestId] && {
    requestId: metadata[names.requestId],
    functionVersion: metadata[names.functionVersion],
    storedAt: metadata[names.storedAt],
    failedBatch: metadata[names.failedBatch],
    failedBatchCondition: metadata[names.failedBatchCondition],
  };
  const found = { object: key, versionId: versionId ?? null, batch: batch || null, copy };
  return recordJson(record, JSON.stringify(found).slice(1, -1));
}
