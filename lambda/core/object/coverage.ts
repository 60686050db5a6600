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

/** A run whose bodies were read, and whose range no other run shares. */
export interface ReadRun extends OffsetRange {
  readonly partition: number;
  /** Those of the run that its bodies hold. */
  readonly offsets: OffsetRanges;
}

/** What a listing said of a range: anything that is deleted later lowers one of the first two. */
export interface ListedEvidence {
  /** Number of offsets in the ranges of complete batches. */
  readonly spanned: number;
  /** Offsets that keys name without saying which, in all runs that begin in the range. */
  readonly unsure: number;
  /**
   * Of the ranges of complete batches, below 2³²: equal for equal offsets. The digest of two ranges that follow each
   * other is the {@link sumOfDigests}. Ledgers of early versions have none.
   */
  readonly digest?: number;
}

/** An object at a key with `~`. */
export interface ConflictingObject {
  readonly key: string;
  readonly runs: readonly KeyRun[];
}

/** Which offsets of one partition are stored, as far as keys and the bodies that were read say. */
export class PartitionOffsets {
  objects = 0;
  bytes = 0;
  /** Offsets that the runs with holes lack. */
  holes = 0;
  /** Offsets that are surely stored: of runs without holes, and of bodies. */
  readonly stored = new OffsetRanges();
  /** Ranges of the {@link ReadRun}s, whose holes are judged on their own. */
  readonly #read = new OffsetRanges();
  /** Ranges of the runs with holes that are counted. */
  readonly #sparse = new OffsetRanges();
  /** Ranges of all runs, and what more than one of them has. */
  readonly spans = new OffsetRanges();
  readonly overlaps = new OffsetRanges();
  readonly conflicts = new OffsetRanges();
  /** As {@link Coverage.numbers} found them. */
  readonly incomplete: IncompleteBatch[] = [];
  /** First and last offset of each run that does not say which ones it has, and how many it names, by turns. */
  readonly #unsure: number[] = [];
  /** Ranges of the runs that do not say how many offsets they have. */
  readonly #uncounted = new OffsetRanges();

  /** @param isRead whether the run's bodies will say what it has, even if its key does */
  add(run: KeyRun, isRead: boolean): void {
    for (const shared of this.spans.add(run)) this.overlaps.add(shared);
    const { first, last, offsets } = run;
    if (isDense(run)) {
      if (!isRead) this.stored.add(run);
      return;
    }
    this.#unsure.push(first, last, offsets ?? last - first + 1);
    if (offsets === undefined) this.#uncounted.add(run);
    else {
      this.#sparse.add(run);
      this.holes += last - first + 1 - offsets;
    }
  }

  /**
   * Adds what the bodies of a run hold. Returns it if it can be judged now, because no other run shares its range;
   * otherwise its offsets are {@link stored} with those of the others.
   */
  addRead(run: ReadRun): ReadRun | undefined {
    if (!this.overlaps.has(run)) {
      // Those of an incomplete batch, which no run has.
      for (const range of this.stored.within(run)) run.offsets.add(range);
      this.#read.add(run);
      return run;
    }
    for (const range of run.offsets.ranges) this.stored.add(range);
    return undefined;
  }

  /** Adds offsets that are stored, whatever keys say, such as those of Firehose's objects. */
  addStored(range: OffsetRange): void {
    for (const shared of this.stored.add(range)) this.overlaps.add(shared);
  }

  /** Yields the parts of a range, in order, that are neither stored nor in the range of a {@link ReadRun}. */
  *holesIn(range: OffsetRange): Generator<OffsetRange> {
    for (const gap of this.stored.gapsIn(range)) yield* this.#read.gapsIn(gap);
  }

  /** Returns how many offsets of a range are stored, without those in the ranges of {@link ReadRun}s. */
  countIn(range: OffsetRange): number {
    let count = 0;
    for (const gap of this.#read.gapsIn(range)) count += this.stored.countIn(gap);
    return count;
  }

  /** Returns what the listing says of a range. */
  evidenceIn(range: OffsetRange): ListedEvidence {
    let unsure = 0;
    for (const [first, , named] of this.#unsureRuns()) {
      if (first >= range.first && first <= range.last) unsure += named;
    }
    let spanned = 0;
    let digest = 0;
    for (const { first, last } of this.spans.within(range)) {
      spanned += last - first + 1;
      // The end of a range cancels the beginning of one that follows it.
      digest = sumOfDigests(digest, mixed(last + 1) - mixed(first));
    }
    return { spanned, unsure, digest };
  }

  /**
   * Returns how many offsets of a range are stored as far as keys say; undefined where they do not, because a run of the
   * range is of format 1, lies in the range in part, or shares offsets with another, and holes with it.
   */
  namedIn(range: OffsetRange): number | undefined {
    if (this.#uncounted.has(range)) return undefined;
    let holes = 0;
    for (const [first, last, named] of this.#unsureRuns()) {
      if (last < range.first || first > range.last) continue;
      if (first < range.first || last > range.last) return undefined;
      if (this.overlaps.has({ first, last })) return undefined;
      holes += last - first + 1 - named;
    }
    return this.spans.countIn(range) - holes;
  }

  *#unsureRuns(): Generator<readonly [first: number, last: number, named: number]> {
    const numbers = this.#unsure;
    for (let index = 0; index < numbers.length; index += 3) {
      yield [numbers[index] as number, numbers[index + 1] as number, numbers[index + 2] as number];
    }
  }

  /** From the first to the last offset that is stored or that keys name; undefined if there is none. */
  get extent(): OffsetRange | undefined {
    const { conflicts, incomplete, spans, stored } = this;
    const extents = [conflicts.extent, spans.extent, stored.extent, ...incomplete];
    const known = extents.filter((each) => each !== undefined);
    if (known.length === 0) return undefined;
    return {
      first: known.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY),
      last: known.reduce((most, { last }) => Math.max(most, last), 0),
    };
  }

  /** Describes the partition as {@link Coverage.partitions} does. */
  describe(partition: number): PartitionCoverage {
    const { bytes, conflicts, holes, objects, overlaps, spans, stored } = this;
    const incomplete = this.incomplete.toSorted((a, b) => a.first - b.first || a.last - b.last);
    const seen = OffsetRanges.union(spans, OffsetRanges.of(incomplete));
    const { first, last } = this.extent as OffsetRange;
    // Each offset of the sparse runs without a record is counted in the holes of one of them at least.
    const counted = OffsetRanges.union(stored, this.#sparse).size;
    const known = Math.max(stored.size, counted - holes);
    const isExact = !overlaps.meets(this.#sparse);
    return {
      ...{ partition, first, last },
      ranges: spans.ranges,
      gaps: seen.gaps,
      holes,
      offsets: { atLeast: known, atMost: spans.size - (isExact ? holes : 0) },
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
  /** Key of the object at each place. */
  readonly places: Map<number, string>;
}

/** A run of which bodies are to be read. */
interface UnreadRun {
  readonly run: KeyRun;
  /** Number of objects that are not read yet. */
  left: number;
  /** What those hold that are. */
  found: OffsetRanges | undefined;
}

/**
 * Which offsets the objects of one topic hold, computed from their keys, in any order, and from those bodies that have
 * to be read. Memory follows the gaps, overlaps, batches that are not yet complete and runs whose bodies are not yet
 * read, and not the number of objects.
 */
export class Coverage {
  readonly #partitions = new Map<number, PartitionOffsets>();
  readonly #open = new Map<string, OpenBatch>();
  readonly #unread = new Map<string, UnreadRun[]>();
  readonly #needsBody: (run: KeyRun) => boolean;
  /** Objects at keys with `~`, in the order in which they were added. */
  readonly conflicts: ConflictingObject[] = [];

  /**
   * @param needsBody whether the bodies of a run are to be read. Usually those of runs that are not {@link isDense} and
   * that no audit has judged; by default none
   */
  constructor(needsBody: (run: KeyRun) => boolean = () => false) {
    this.#needsBody = needsBody;
  }

  /**
   * Adds an object. Each key must be added once.
   *
   * @param bytes of the object, as stored
   * @param key under which {@link unread} returns the object
   */
  add(object: ParsedObjectKey, bytes: number, key = ''): void {
    const { conflict, count, runs } = object;
    for (const { partition } of runs) {
      const seen = this.partition(partition);
      seen.objects += 1;
      seen.bytes += bytes;
    }
    if (conflict !== undefined) {
      this.conflicts.push({ key, runs });
      for (const run of runs) this.partition(run.partition).conflicts.add(run);
    } else if (count === 1) this.#complete(runs, [key]);
    else this.#addPlace(object, key);
  }

  /** Returns the keys of the objects whose bodies are to be read, also those of incomplete batches: a key once. */
  unread(): string[] {
    const ofOpen = [...this.#open.values()]
      .filter(({ runs }) => runs.some((run) => this.#needsBody({ ...run, offsets: undefined })))
      .flatMap(({ places }) => [...places.values()]);
    // First, since the runs of others are judged as soon as they are read.
    return [...ofOpen, ...this.#unread.keys()];
  }

  /**
   * Adds what the body of an object holds, whether or not it was to be read, and returns the runs that are known exactly
   * now and can be judged. The offsets of other runs are stored, as {@link PartitionOffsets} has them.
   *
   * @param offsets by partition
   */
  read(key: string, offsets: ReadonlyMap<number, OffsetRanges>): ReadRun[] {
    const unread = this.#unread.get(key);
    if (unread === undefined) {
      for (const [partition, { ranges }] of offsets) {
        for (const range of ranges) this.partition(partition).stored.add(range);
      }
      return [];
    }
    this.#unread.delete(key);
    return unread.flatMap((each) => {
      const { run } = each;
      const found = each.found ?? new OffsetRanges();
      for (const range of offsets.get(run.partition)?.within(run) ?? []) found.add(range);
      each.found = found;
      each.left -= 1;
      if (each.left > 0) return [];
      const read = {
        ...{ partition: run.partition, first: run.first, last: run.last },
        offsets: found,
      };
      return this.partition(run.partition).addRead(read) ?? [];
    });
  }

  /**
   * Returns the numbers of the partitions with offsets, in order, after looking for {@link PartitionOffsets.incomplete}
   * batches.
   */
  numbers(): number[] {
    for (const { incomplete } of this.#partitions.values()) incomplete.length = 0;
    for (const { count, places, runs } of this.#open.values()) {
      const all = Array.from({ length: count }, (_, index) => index + 1);
      const missing = all.filter((place) => !places.has(place));
      for (const { partition, first, last } of runs) {
        this.partition(partition).incomplete.push({ first, last, missing, count });
      }
    }
    const known = [...this.#partitions].filter(([, { extent }]) => extent !== undefined);
    return known.map(([partition]) => partition).sort((a, b) => a - b);
  }

  /** Describes the partitions, in order. */
  partitions(): PartitionCoverage[] {
    return this.numbers().map((number) => this.partition(number).describe(number));
  }

  /** Returns what is known of a partition; of one that no key names, that nothing is stored. */
  partition(number: number): PartitionOffsets {
    let partition = this.#partitions.get(number);
    if (partition === undefined) {
      partition = new PartitionOffsets();
      this.#partitions.set(number, partition);
    }
    return partition;
  }

  #addPlace(
    { compression, count, folder, format, place, runs }: ParsedObjectKey,
    key: string,
  ): void {
    // Another setting makes another set of objects of the same batch.
    const layout = [format, compression, count, folder.split('/').length];
    const batch = `${layout} ${runs.map(({ partition, first, last, offsets }) => [partition, first, last, offsets])}`;
    const open = this.#open.get(batch) ?? { runs, count, places: new Map() };
    open.places.set(place, key);
    this.#open.set(batch, open);
    if (open.places.size < count) return;
    this.#open.delete(batch);
    this.#complete(runs, [...open.places.values()]);
  }

  #complete(runs: readonly KeyRun[], keys: readonly string[]): void {
    for (const run of runs) {
      const isRead = this.#needsBody(run);
      this.partition(run.partition).add(run, isRead);
      if (!isRead) continue;
      const unread: UnreadRun = { run, left: keys.length, found: undefined };
      for (const key of keys) {
        const ofKey = this.#unread.get(key);
        if (ofKey === undefined) this.#unread.set(key, [unread]);
        else ofKey.push(unread);
      }
    }
  }
}

/** Returns the digest of two ranges that follow each other. */
export function sumOfDigests(one: number, other: number): number {
  return (one + other) >>> 0;
}

/** Spreads offsets over all numbers of 32 bits, as the finalizer of MurmurHash3 does. */
function mixed(offset: number): number {
  let bits = (offset ^ Math.floor(offset / 2 ** 32)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Whether a run's key says that it holds every offset of its range. */
export function isDense({ first, last, offsets }: KeyRun): boolean {
  return offsets === last - first + 1;
}
