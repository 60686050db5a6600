import type { ListedObject } from '../object/archive-source.ts';
import { isDense } from '../object/coverage.ts';
import { type OffsetRange, OffsetRanges } from '../object/offset-ranges.ts';
import { type KeyRun, parseObjectKey } from '../object/parse-object-key.ts';
import { sizeOf } from '../object/range-sets.ts';
import type { HourPartition } from './hour-record.ts';

/** The offsets of an object's lines, by partition. */
export type ObjectOffsets = ReadonlyMap<number, readonly OffsetRange[]>;

/** What the objects of an hour have of one partition. */
export type HourCounts = Pick<HourPartition, 'records' | 'first' | 'last' | 'doubles'>;

/** An object whose key alone says how many offsets it has: all records of its batch are in it. */
interface CountedObject {
  readonly object: ListedObject;
  readonly runs: readonly CountedRun[];
}

type CountedRun = KeyRun & { readonly offsets: number };

class Partition {
  readonly known = new OffsetRanges();
  /** Offsets in more than one object, as far as keys say. */
  readonly shared = new OffsetRanges();
  readonly #named = new OffsetRanges();
  /** Offsets of runs with holes that no other run touches. */
  apart = 0;
  doubles = 0;
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;

  name(range: OffsetRange): void {
    for (const each of this.#named.add(range)) this.shared.add(each);
  }

  add(range: OffsetRange): void {
    this.doubles += sizeOf(this.known.add(range));
    this.see(range);
  }

  addApart(run: CountedRun): void {
    this.apart += run.offsets;
    this.see(run);
  }

  see({ first, last }: OffsetRange): void {
    this.first = Math.min(this.first, first);
    this.last = Math.max(this.last, last);
  }

  get counts(): HourCounts {
    const { apart, doubles, first, known, last } = this;
    return { records: known.size + apart, first, last, doubles };
  }
}

/**
 * Counts the records that the objects of one folder hold, by partition. It reads only what keys do not say: objects of
 * batches that span several folders, of format 1 and of delivery streams, and batches with holes that others overlap.
 */
export async function countRecords(
  objects: readonly ListedObject[],
  offsetsOf: (object: ListedObject) => Promise<ObjectOffsets>,
): Promise<ReadonlyMap<number, HourCounts>> {
  const partitions = new Map<number, Partition>();
  const partitionOf = (number: number): Partition => {
    const partition = partitions.get(number) ?? new Partition();
    partitions.set(number, partition);
    return partition;
  };
  const read = async (unread: readonly ListedObject[]) => {
    for (const offsets of await Promise.all(unread.map(offsetsOf))) {
      for (const [number, ranges] of offsets) {
        for (const range of ranges) {
          partitionOf(number).name(range);
          partitionOf(number).add(range);
        }
      }
    }
  };

  const counted: CountedObject[] = [];
  const uncounted: ListedObject[] = [];
  for (const object of objects) {
    const runs = countedRuns(object.key);
    if (runs === undefined) uncounted.push(object);
    else counted.push({ object, runs });
  }
  await read(uncounted);
  for (const { runs } of counted) for (const run of runs) partitionOf(run.partition).name(run);
  const isShared = (run: CountedRun) =>
    !isDense(run) && OffsetRanges.of([run]).meets(partitionOf(run.partition).shared);
  const shared: ListedObject[] = [];
  const apart: CountedObject[] = [];
  for (const each of counted) {
    if (each.runs.some(isShared)) shared.push(each.object);
    else apart.push(each);
  }
  await read(shared);
  for (const { runs } of apart) {
    for (const run of runs) {
      if (isDense(run)) partitionOf(run.partition).add(run);
      else partitionOf(run.partition).addApart(run);
    }
  }
  return new Map([...partitions].map(([number, { counts }]) => [number, counts]));
}

/** Returns the runs of an object if its key says how many offsets of each it has, and undefined otherwise. */
function countedRuns(key: string): readonly CountedRun[] | undefined {
  const parsed = parseObjectKey(key);
  return parsed?.format === 2 && parsed.count === 1 ? (parsed.runs as CountedRun[]) : undefined;
}
