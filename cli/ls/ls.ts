import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { Coverage, type PartitionCoverage } from '../../lambda/core/object/coverage.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { sizeOf } from '../../lambda/core/object/range-sets.ts';
import {
  findTopics,
  listTopic,
  type TimeRange,
  type TopicFolder,
  type TopicSelection,
} from '../archive/list-objects.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import { tableLines } from '../table.ts';

/** What {@link ls} works with. */
export interface LsParts extends Pick<Machine, 'print' | 'progress'> {
  readonly source: ArchiveSource;
  /** See {@link TopicSelection}. */
  readonly prefix: string | undefined;
  /** Whether to print one JSON document. */
  readonly json: boolean;
}

/** Objects and their size. */
interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

/** What a listing of one topic shows. */
interface ListedTopic extends Pick<TopicFolder, 'topic' | 'prefix'>, Amount {
  /** Objects whose names have no offsets. */
  readonly unnamed: Amount;
  readonly partitions: readonly PartitionCoverage[];
}

/** Prints the topics of the archive. */
export async function listTopics({ json, prefix, print, source }: LsParts): Promise<void> {
  const topics = await findTopics(source, { prefix });
  if (json) printJson(topics, print);
  else if (topics.length === 0)
    print(`No topics in ${source.name}${prefix ? `, prefix '${prefix}'` : ''}`);
  else {
    const rows = topics.map((each) => [each.topic, each.prefix]);
    for (const line of tableLines([['TOPIC', 'PREFIX'], ...rows])) print(line);
  }
}

/** Prints what the archive holds of some topics. */
export async function ls(
  { from, to, topics }: TimeRange & Pick<TopicSelection, 'topics'>,
  parts: LsParts,
): Promise<void> {
  const { json, prefix, print, source } = parts;
  const listed: ListedTopic[] = [];
  for (const folder of await findTopics(source, { prefix, topics })) {
    listed.push(await listOne(folder, { from, to }, parts));
  }
  parts.progress('');
  if (json) return printJson(listed, print);
  const isLimited = from !== undefined || to !== undefined;
  for (const line of coverageLines(listed, isLimited)) print(line);
}

async function listOne(
  { path, prefix, topic }: TopicFolder,
  range: TimeRange,
  { progress, source }: LsParts,
): Promise<ListedTopic> {
  const coverage = new Coverage();
  const all = { objects: 0, bytes: 0 };
  const unnamed = { objects: 0, bytes: 0 };
  for await (const page of listTopic(source, path, range)) {
    for (const { bytes, key } of page) {
      const parsed = parseObjectKey(key);
      if (parsed !== undefined) coverage.add(parsed, bytes);
      for (const amount of parsed === undefined ? [all, unnamed] : [all]) {
        amount.objects += 1;
        amount.bytes += bytes;
      }
    }
    progress(`${topic}: ${formatCount(all.objects)} objects listed`);
  }
  return { topic, prefix, ...all, unnamed, partitions: coverage.partitions() };
}

function printJson(topics: readonly object[], print: (text: string) => void): void {
  print(JSON.stringify({ topics }, undefined, 2));
}

const HEAD = [
  ...['TOPIC', 'PARTITION', 'FIRST', 'LAST', 'OFFSETS', 'GAPS', 'HOLES', 'OVERLAPS'],
  ...['INCOMPLETE', 'OBJECTS', 'BYTES'],
];

function coverageLines(topics: readonly ListedTopic[], isLimited: boolean): string[] {
  const names = nameTopics(topics);
  const rows = topics.flatMap(({ partitions }, index) =>
    partitions.map((each) => [
      ...[names[index] ?? '', String(each.partition), String(each.first), String(each.last)],
      ...[offsetsText(each), formatCount(sizeOf(each.gaps)), formatCount(each.holes)],
      ...[formatCount(sizeOf(each.overlaps)), formatCount(each.incomplete.length)],
      ...[formatCount(each.objects), formatCount(each.bytes)],
    ]),
  );
  const notes = topics.flatMap((topic, index) => noteLines(topic, names[index] ?? '', isLimited));
  return rows.length === 0 ? notes : [...tableLines([HEAD, ...rows]), '', ...notes];
}

/** The names of topics, with their prefixes where several archives are listed. */
function nameTopics(topics: readonly ListedTopic[]): string[] {
  const isOneArchive = new Set(topics.map(({ prefix }) => prefix)).size === 1;
  return topics.map(({ prefix, topic }) => (isOneArchive ? topic : `${prefix}${topic}`));
}

function noteLines(
  { bytes, objects, partitions, unnamed }: ListedTopic,
  name: string,
  isLimited: boolean,
) {
  const notes = [`${name}: ${amount({ objects, bytes })}`];
  if (unnamed.objects > 0) {
    notes.push(`${name}: ${amount(unnamed)} without offsets in the name, as Firehose writes them`);
  }
  for (const { conflicts, partition } of partitions) {
    if (conflicts.length === 0) continue;
    const where = conflicts.map(({ first, last }) => `${first} to ${last}`).join(', ');
    notes.push(`${name}-${partition}: another body is stored beside offsets ${where}`);
  }
  if (isLimited && partitions.some(({ incomplete }) => incomplete.length > 0)) {
    notes.push(`${name}: the objects that incomplete batches lack may lie outside --from and --to`);
  }
  return notes;
}

function offsetsText({ offsets }: PartitionCoverage): string {
  const { atLeast, atMost } = offsets;
  return atLeast === atMost
    ? formatCount(atMost)
    : `${formatCount(atLeast)} to ${formatCount(atMost)}`;
}

function amount({ bytes, objects }: Amount): string {
  return `${formatCounted(objects, 'object')}, ${formatCount(bytes)} bytes`;
}
