import { readObjects, readRecordLine } from '../local/demo/read-back.ts';
import { buckets, type World } from './world.ts';

/** A produced record. */
export interface ProducedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A batch run: the records of one partition in one invocation, by first and last offset. */
export interface Run {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

/** The result of reading a topic back from S3. */
export interface Judgement {
  readonly produced: number;
  /** Records that are in no object. */
  readonly lost: number;
  /** Record lines with another key or value, lines of records that were never produced, and objects with an incomplete run. */
  readonly altered: number;
  /** Objects that were created more than once. */
  readonly overwritten: number;
  /** Objects of a run that was in no invocation, and objects under an alternative name. */
  readonly unexplained: number;
  /** Pairs of stored runs that share offsets: the same records in batches with other boundaries. */
  readonly overlaps: number;
}

/**
 * Reads a topic back, and compares it with the produced records and the invocations.
 *
 * @param invoked every run that was in an invocation
 */
export async function judge(
  world: World,
  topic: string,
  produced: readonly ProducedRecord[],
  invoked: readonly Run[],
): Promise<Judgement> {
  const nameOf = ({ partition, first, last }: Run) => `${partition} ${first} ${last}`;
  const known = new Set(invoked.map(nameOf));
  const expected = new Map(produced.map((record) => [placeOf(record), record]));
  const found = new Set<string>();
  const runs = new Map<string, Run>();
  let altered = 0;
  let overwritten = 0;
  let unexplained = 0;
  const prefix = `topic=${topic}/`;
  for await (const { key, lines } of readObjects(world.client, buckets.archive, prefix)) {
    if (world.created.get(key) !== 1) overwritten += 1;
    const run = runOf(key);
    if (run === undefined || key.includes('~') || !known.has(nameOf(run))) unexplained += 1;
    else runs.set(nameOf(run), run);
    const offsets = lines.map((line) => readRecordLine(line).offset);
    if (run && !isWhole(key, run, { offsets, produced })) altered += 1;
    for (const line of lines) {
      const record = readRecordLine(line);
      const original = expected.get(placeOf(record));
      const isIn = run && record.offset >= run.first && record.offset <= run.last;
      if (!original || !isIn || !isSame(original, record)) altered += 1;
      found.add(placeOf(record));
    }
  }
  return {
    produced: produced.length,
    lost: produced.filter((record) => !found.has(placeOf(record))).length,
    altered,
    overwritten,
    unexplained,
    overlaps: overlaps([...runs.values()]),
  };
}

/** The runs of an event. */
export function runsOf(event: string): Run[] {
  const { records } = JSON.parse(event) as {
    records: Record<string, readonly { partition: number; offset: number }[]>;
  };
  return Object.values(records).flatMap((list) => {
    const [first, last] = [list[0], list.at(-1)];
    return first && last
      ? [{ partition: first.partition, first: first.offset, last: last.offset }]
      : [];
  });
}

/** The run in an object's key. */
export function runOf(key: string): Run | undefined {
  const [, partition, first, last] = /-(\d+)-(\d{20})-(\d{20})[.~]/.exec(key) ?? [];
  if (last === undefined) return undefined;
  return { partition: Number(partition), first: Number(first), last: Number(last) };
}

/** Whether an object has its records once and in order, and its complete run unless it is one of several parts. */
function isWhole(
  key: string,
  { partition, first, last }: Run,
  {
    offsets,
    produced,
  }: { readonly offsets: readonly number[]; readonly produced: readonly ProducedRecord[] },
): boolean {
  const isInOrder = offsets.every((offset, i) => i === 0 || offset > (offsets[i - 1] ?? 0));
  if (!isInOrder || /\.\d+of\d+\./.test(key)) return isInOrder;
  const due = produced.filter(
    (each) => each.partition === partition && each.offset >= first && each.offset <= last,
  );
  return due.map(({ offset }) => offset).join() === offsets.join();
}

function overlaps(runs: readonly Run[]): number {
  let count = 0;
  for (const [index, a] of runs.entries()) {
    for (const b of runs.slice(index + 1)) {
      if (a.partition === b.partition && a.first <= b.last && b.first <= a.last) count += 1;
    }
  }
  return count;
}

/** Identifies a record within its topic. */
export function placeOf({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}:${offset}`;
}

/** Whether two records have the same key and value. */
export function isSame(
  a: Pick<ProducedRecord, 'key' | 'value'>,
  b: Pick<ProducedRecord, 'key' | 'value'>,
): boolean {
  const isEqual = (left: Buffer | null, right: Buffer | null) =>
    left === null || right === null ? left === right : left.equals(right);
  return isEqual(a.key, b.key) && isEqual(a.value, b.value);
}
