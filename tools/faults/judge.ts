import type { ObjectForm } from '../../lambda/contract.ts';
import type { NamedRun } from '../../lambda/core/object/object-key.ts';
import {
  type KeyRun,
  type ParsedObjectKey,
  parseObjectKey,
} from '../../lambda/core/object/parse-object-key.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { type ArchivedRecord, readObjects } from '../local/demo/read-back.ts';
import { buckets, type World } from './world.ts';

/** A produced record. */
export type ProducedRecord = Omit<ArchivedRecord, 'topic'>;

/** The invocations of a scenario. */
export interface Invocations {
  /** The runs of each event, from {@link runsOf}. */
  readonly batches: readonly (readonly NamedRun[])[];
  /** The form of the functions' objects. */
  readonly objectOf: ObjectForm;
}

/** The result of reading a topic back from S3. */
export interface Judgement {
  readonly produced: number;
  /** Records that are in no object. */
  readonly lost: number;
  /**
   * Record lines with another timestamp, key or value, lines of records that were never produced or that are in no run of
   * their object's key, and groups of objects that do not hold what their keys name: once, in order and completely.
   */
  readonly altered: number;
  /** Objects that were created more than once. */
  readonly overwritten: number;
  /** Objects whose runs were in no invocation together, and objects under an alternative name. */
  readonly unexplained: number;
  /** Pairs of stored runs that share offsets: the same records in batches with other boundaries. */
  readonly overlaps: number;
}

/** The objects that hold the same runs of a batch, one for each time folder. */
interface Group {
  readonly runs: readonly KeyRun[];
  readonly isExplained: boolean;
  readonly objects: GroupObject[];
}

interface GroupObject extends Pick<ParsedObjectKey, 'place' | 'count'> {
  readonly records: readonly ArchivedRecord[];
}

/** Reads a topic back, and compares it with the produced records and the invocations. */
export async function judge(
  world: World,
  topic: string,
  produced: readonly ProducedRecord[],
  invocations: Invocations,
): Promise<Judgement> {
  const known = knownGroups(invocations);
  const expected = new Map(produced.map((record) => [placeOf(record), record]));
  const found = new Set<string>();
  const groups = new Map<string, Group>();
  let altered = 0;
  let overwritten = 0;
  let unexplained = 0;
  const prefix = `topic=${topic}/`;
  for await (const { key, lines } of readObjects(world.client, buckets.archive, prefix)) {
    if (world.created.get(key) !== 1) overwritten += 1;
    const parsed = parseObjectKey(key);
    const isExplained =
      parsed !== undefined && parsed.conflict === undefined && known.has(groupName(parsed));
    if (!isExplained) unexplained += 1;
    const records = lines.map(decodeLine);
    if (parsed) {
      const { conflict = '', count, place, runs } = parsed;
      const name = `${groupName(parsed)}~${conflict}`;
      const group = groups.get(name) ?? { runs, isExplained, objects: [] };
      group.objects.push({ place, count, records });
      groups.set(name, group);
    }
    for (const record of records) {
      const original = expected.get(placeOf(record));
      const isIn = parsed?.runs.some((run) => isInRun(run, record)) ?? false;
      if (!original || !isIn || !isSame(original, record)) altered += 1;
      found.add(placeOf(record));
    }
  }
  const all = [...groups.values()];
  return {
    produced: produced.length,
    lost: produced.filter((record) => !found.has(placeOf(record))).length,
    altered: altered + all.filter((group) => !isWhole(group, produced)).length,
    overwritten,
    unexplained,
    overlaps: overlaps(all.filter(({ isExplained }) => isExplained)),
  };
}

/** The runs of an event, in the order of their partitions. */
export function runsOf(event: string): NamedRun[] {
  const { records } = JSON.parse(event) as {
    records: Record<string, readonly { partition: number; offset: number }[]>;
  };
  const runs = Object.values(records).flatMap((list) => {
    const [first, last] = [list[0], list.at(-1)];
    if (!first || !last) return [];
    const offsets = new Set(list.map(({ offset }) => offset)).size;
    return [{ partition: first.partition, first: first.offset, last: last.offset, offsets }];
  });
  return runs.sort((a, b) => a.partition - b.partition);
}

/** Whether runs, such as those of an object's key, include one of a batch's. */
export function includeRunOf(batch: readonly NamedRun[], runs: readonly KeyRun[] = []): boolean {
  const names = new Set(batch.map(runName));
  return runs.some((run) => names.has(runName(run)));
}

/**
 * The names of all groups that the invocations may have stored. Scenarios have so few partitions that the runs of a
 * batch always fit into one key. A key of format 1 has one run in either form.
 */
function knownGroups({ batches, objectOf }: Invocations): ReadonlySet<string> {
  const runs = batches.flat().map((run) => [run]);
  return new Set([
    ...runs.map((group) => groupName({ format: 1, runs: group })),
    ...(objectOf === 'batch' ? batches : runs).map((group) =>
      groupName({ format: 2, runs: group }),
    ),
  ]);
}

/** Identifies a group by its format and all its ranges; {@link isWhole} judges the number of offsets. */
function groupName({ format, runs }: Pick<ParsedObjectKey, 'format' | 'runs'>): string {
  return `${format}: ${runs.map(runName).join(', ')}`;
}

function runName({ partition, first, last }: KeyRun): string {
  return `${partition} ${first} ${last}`;
}

function isInRun(
  { partition, first, last }: KeyRun,
  record: Pick<ProducedRecord, 'partition' | 'offset'>,
): boolean {
  return record.partition === partition && record.offset >= first && record.offset <= last;
}

/**
 * Whether a group's keys name what was produced, each of its objects is in order, none repeats a record, and all of them
 * together are complete. A group may lack an object if its batch was cut differently when it was retried; its records
 * are lost unless other objects have them.
 */
function isWhole({ objects, runs }: Group, produced: readonly ProducedRecord[]): boolean {
  const due = produced.filter((record) => runs.some((run) => isInRun(run, record)));
  const isDensityRight = runs.every(
    (run) =>
      run.offsets === undefined ||
      run.offsets === due.filter((record) => isInRun(run, record)).length,
  );
  const places = new Set(objects.map(({ place }) => place));
  const counts = new Set(objects.map(({ count }) => count));
  const [count = 0] = counts;
  const isNumbered =
    counts.size === 1 && places.size === objects.length && Math.max(...places) <= count;
  const stored = objects.flatMap(({ records }) => records.map(placeOf));
  const isOnce = new Set(stored).size === stored.length;
  const isComplete = objects.length < count || stored.length === due.length;
  return isDensityRight && isNumbered && isOnce && isComplete && objects.every(isInOrder);
}

function isInOrder({ records }: GroupObject): boolean {
  return records.every(({ offset, partition }, index) => {
    const before = records[index - 1];
    if (before === undefined || before.partition < partition) return true;
    return before.partition === partition && before.offset < offset;
  });
}

function overlaps(groups: readonly Group[]): number {
  let count = 0;
  for (const [index, group] of groups.entries()) {
    for (const other of groups.slice(index + 1)) {
      for (const a of group.runs) {
        count += other.runs.filter(
          (b) => a.partition === b.partition && a.first <= b.last && b.first <= a.last,
        ).length;
      }
    }
  }
  return count;
}

/** Identifies a record within its topic. */
export function placeOf({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}:${offset}`;
}

/** Whether two records of one topic, partition and offset are the same: they have one timestamp, key and value. */
export function isSame(a: Identified, b: Identified): boolean {
  const isEqual = (left: Buffer | null, right: Buffer | null) =>
    left === null || right === null ? left === right : left.equals(right);
  return a.timestamp === b.timestamp && isEqual(a.key, b.key) && isEqual(a.value, b.value);
}

type Identified = Pick<ProducedRecord, 'timestamp' | 'key' | 'value'>;
