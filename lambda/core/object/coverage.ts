import { type OffsetRange, OffsetRanges } from './offset-ranges.ts';
import type { KeyRun, ParsedObjectKey } from './parse-object-key.ts';

/** A batch of which the listing lacks objects, in one partition. */
export interface IncompleteBatch extends OffsetRange {
  /** Numbers of the missing objects, from 1. */
  readonly missing: readonly number[];
  /** Number of objects that the batch has. */
  readonly count: number;
}

/** Which offsets of a partition a listing shows. Ranges are in order and do not touch. */
export interface PartitionCoverage {
  readonly partition: number;
  /** The first and the last offset of all objects, incomplete batches included. */
  readonly first: number;
  readonly last: number;
  /** From the first to the last record of complete batches; within them, Kafka may have left holes. */
  readonly ranges: readonly OffsetRange[];
  /** Offsets between those of complete and incomplete batches. A listing does not say why they are missing. */
  readonly gaps: readonly OffsetRange[];
  /** Offsets in `ranges` without a record, as the keys count them (`x39`). Keys of format 1 do not count them. */
  readonly holes: number;
  /**
   * Number of distinct offsets in complete batches. The two differ where keys of format 1 do not say how many there are,
   * and where another run overlaps one with holes, which it may fill.
   */
  readonly offsets: { readonly atLeast: number; readonly atMost: number };
  /** Offsets that more than one complete batch has: records that were delivered again in other batches. */
  readonly overlaps: readonly OffsetRange[];
  /** Offsets of objects at keys with `~`, which hold another body than the object at the key without it. */
  readonly conflicts: readonly OffsetRange[];
  readonly incomplete: readonly IncompleteBatch[];
  /** Objects with records of the partition, as far as keys say, and their bytes. Other partitions may share them. */
  readonly objects: number;
  readonly bytes: number;
}

/** What is known of one partition. */
class Partition {
  objects = 0;
  bytes = 0;
  /** Offsets that the runs with holes lack. */
  holes = 0;
  /** Runs without holes, with holes, and of format 1. */
  readonly dense = new OffsetRanges();
  readonly sparse = new OffsetRanges();
  readonly uncounted = new OffsetRanges();
  /** All runs, and what more than one of them has. */
  readonly stored = new OffsetRanges();
  readonly overlaps = new OffsetRanges();
  readonly conflicts = new OffsetRanges();
  readonly incomplete: IncompleteBatch[] = [];

  add(run: KeyRun): void {
    for (const shared of this.stored.add(run)) this.overlaps.add(shared);
    const { first, last, offsets } = run;
    if (offsets === undefined) this.uncounted.add(run);
    else if (offsets === last - first + 1) this.dense.add(run);
    else {
      this.sparse.add(run);
      this.holes += last - first + 1 - offsets;
    }
  }

  describe(partition: number): PartitionCoverage {
    const { bytes, conflicts, dense, holes, objects, overlaps, sparse, stored } = this;
    const incomplete = this.incomplete.toSorted((a, b) => a.first - b.first || a.last - b.last);
    const seen = OffsetRanges.union(stored, rangesOf(incomplete));
    const named = OffsetRanges.union(seen, conflicts).ranges;
    // Each offset of the sparse runs without a record is counted in the holes of one of them at least.
    const counted = OffsetRanges.union(dense, sparse).size;
    const known = Math.max(dense.size, counted - holes);
    const isExact = !overlaps.meets(sparse);
    return {
      partition,
      first: (named[0] as OffsetRange).first,
      last: (named.at(-1) as OffsetRange).last,
      ranges: stored.ranges,
      gaps: seen.gaps,
      holes,
      offsets: { atLeast: known, atMost: stored.size - (isExact ? holes : 0) },
      overlaps: overlaps.ranges,
      conflicts: conflicts.ranges,
      ...{ incomplete, objects, bytes },
    };
  }
}

/** A batch with several objects, not all of which are seen. */
interface OpenBatch {
  readonly runs: readonly KeyRun[];
  readonly count: number;
  readonly places: Set<number>;
}

/**
 * Which offsets the objects of one topic hold, computed from their keys alone, in any order. Memory follows the gaps,
 * overlaps and batches that are not yet complete, and not the number of objects.
 */
export class Coverage {
  readonly #partitions = new Map<number, Partition>();
  readonly #open = new Map<string, OpenBatch>();

  /**
   * Adds an object. Each key must be added once.
   *
   * @param bytes of the object, as stored
   */
  add(object: ParsedObjectKey, bytes: number): void {
    const { conflict, count, runs } = object;
    for (const { partition } of runs) {
      const seen = this.#partition(partition);
      seen.objects += 1;
      seen.bytes += bytes;
    }
    if (conflict !== undefined) {
      for (const run of runs) this.#partition(run.partition).conflicts.add(run);
    } else if (count === 1) this.#complete(runs);
    else this.#addPlace(object);
  }

  /** Returns the partitions in order. */
  partitions(): PartitionCoverage[] {
    for (const { incomplete } of this.#partitions.values()) incomplete.length = 0;
    for (const { count, places, runs } of this.#open.values()) {
      const all = Array.from({ length: count }, (_, index) => index + 1);
      const missing = all.filter((place) => !places.has(place));
      for (const { partition, first, last } of runs) {
        this.#partition(partition).incomplete.push({ first, last, missing, count });
      }
    }
    return [...this.#partitions]
      .sort(([a], [b]) => a - b)
      .map(([partition, seen]) => seen.describe(partition));
  }

  #addPlace({ compression, count, folder, format, place, runs }: ParsedObjectKey): void {
    // Another setting makes another set of objects of the same batch.
    const layout = [format, compression, count, folder.split('/').length];
    const batch = `${layout} ${runs.map(({ partition, first, last, offsets }) => [partition, first, last, offsets])}`;
    const open = this.#open.get(batch) ?? { runs, count, places: new Set() };
    open.places.add(place);
    this.#open.set(batch, open);
    if (open.places.size < count) return;
    this.#open.delete(batch);
    this.#complete(runs);
  }

  #complete(runs: readonly KeyRun[]): void {
    for (const run of runs) this.#partition(run.partition).add(run);
  }

  #partition(number: number): Partition {
    let partition = this.#partitions.get(number);
    if (partition === undefined) {
      partition = new Partition();
      this.#partitions.set(number, partition);
    }
    return partition;
  }
}

function rangesOf(ranges: readonly OffsetRange[]): OffsetRanges {
  const set = new OffsetRanges();
  for (const range of ranges) set.add(range);
  return set;
}
