import type { Buffer } from 'node:buffer';
import type { DerivedPlace } from './core/audit/derived-keys.ts';
import { ListedHours } from './core/audit/listed-hours.ts';
import { type StreamIndex, StreamListing } from './core/audit/stream-index.ts';
import { ArchiverError } from './core/errors.ts';
import type { ArchiveSource, ListedObject } from './core/object/archive-source.ts';
import { Coverage, type ReadRun } from './core/object/coverage.ts';
import { type OffsetRange, OffsetRanges } from './core/object/offset-ranges.ts';
import { type KeyRun, parseObjectKey } from './core/object/parse-object-key.ts';
import { type DecodedRecord, decodeLine } from './core/record/decode-line.ts';
import { blocksOf, hasLines, linesOf } from './io/object-body.ts';

/** What an {@link ArchiveListing} works with. */
export interface ArchiveListingProps extends DerivedPlace {
  readonly archive: ArchiveSource;
  /** Whether the bodies of a run are to be read. */
  readonly needsBody: (run: KeyRun) => boolean;
  /** Which objects of a delivery stream earlier audits have read; undefined to read all. */
  readonly stream: StreamIndex | undefined;
  /** The last day of folders whose objects may have expired, such as `2025-11-23`; undefined if objects never expire. */
  readonly expiredDay: string | undefined;
}

/** The outermost stored records of a partition, as far as keys name them. */
export interface StoredExtent {
  readonly first: { readonly offset: number; readonly key: string };
  readonly last: { readonly offset: number; readonly key: string };
}

/**
 * The objects of a topic that an audit lists and reads. Memory follows the gaps between offsets, and not the number of
 * objects: see {@link Coverage}.
 */
export class ArchiveListing {
  readonly coverage: Coverage;
  readonly hours: ListedHours;
  readonly stream: StreamListing;
  objectsListed = 0;
  objectsRead = 0;
  /** The earliest day of the folders that were listed, such as `2026-11-23`; undefined if there was none. */
  firstDay: string | undefined;
  readonly #props: ArchiveListingProps;
  readonly #extents = new Map<number, StoredExtent>();
  /** By partition, the first offset that a key names in a folder after {@link ArchiveListingProps.expiredDay}. */
  readonly #firstYoung = new Map<number, number>();
  readonly #listed: string[] = [];
  readonly #runs = new Map<number, ReadRun[]>();
  /** Objects whose keys have no offsets, that are not read yet. */
  readonly #streamed: string[] = [];
  /** Number of the objects at keys with `~` that are read. */
  #conflicts = 0;

  constructor(props: ArchiveListingProps) {
    this.#props = props;
    this.coverage = new Coverage(props.needsBody);
    this.hours = new ListedHours(props);
    this.stream = new StreamListing(props.stream);
    this.stream.addAhead(this.coverage);
  }

  /** By partition. */
  get extents(): ReadonlyMap<number, StoredExtent> {
    return this.#extents;
  }

  /**
   * Returns the offset below which missing objects may have expired. Objects are made in the order of offsets, and expire
   * in that order: where one is left that is too young to expire, those behind it have not expired either. Late records
   * lie in old folders, and say nothing.
   */
  firstYoung(partition: number): number {
    return this.#firstYoung.get(partition) ?? Number.POSITIVE_INFINITY;
  }

  /** Lists the objects below a prefix, unless they were listed before. Returns whether it did. */
  async list(prefix: string): Promise<boolean> {
    if (this.#listed.some((listed) => prefix.startsWith(listed))) return false;
    this.#listed.push(prefix);
    for await (const page of this.#props.archive.listAll(prefix)) {
      for (const object of page.filter(({ key }) => hasLines(key))) this.#add(object);
    }
    return true;
  }

  /** Reads the objects whose keys have no offsets, or another object's offsets. */
  async readUnnamed(): Promise<void> {
    for (const key of this.#streamed.splice(0)) {
      for (const [partition, { ranges }] of await this.#offsetsOf(key)) {
        for (const range of ranges) this.coverage.partition(partition).addStored(range);
      }
    }
    const conflicts = this.coverage.conflicts.slice(this.#conflicts);
    this.#conflicts = this.coverage.conflicts.length;
    for (const { key } of conflicts) this.coverage.read(key, await this.#namedOffsets(key));
  }

  /**
   * Reads the bodies that are needed and not read yet.
   *
   * @param take judges a run whose bodies are all read, so that it need not be kept; returns false to keep it
   */
  async readBodies(take: (run: ReadRun) => Promise<boolean>): Promise<void> {
    await this.readUnnamed();
    for (const key of this.coverage.unread()) {
      for (const run of this.coverage.read(key, await this.#namedOffsets(key))) {
        if (await take(run)) continue;
        const runs = this.#runs.get(run.partition) ?? [];
        runs.push(run);
        this.#runs.set(run.partition, runs);
      }
    }
  }

  /** Number of offsets of a range that objects hold, without those in runs that were not kept. */
  storedIn(partition: number, range: OffsetRange): number {
    const counted = this.coverage.partition(partition).countIn(range);
    const runs = this.#runs.get(partition) ?? [];
    return runs.reduce((sum, { offsets }) => sum + offsets.countIn(range), counted);
  }

  /** The parts of a range, in order, that no object holds and that are in no run that was not kept. */
  holesIn(partition: number, range: OffsetRange): OffsetRange[] {
    const runs = this.#runs.get(partition) ?? [];
    const ofRuns = runs.flatMap((run) => {
      const first = Math.max(run.first, range.first);
      const last = Math.min(run.last, range.last);
      return first > last ? [] : [...run.offsets.gapsIn({ first, last })];
    });
    const holes = [...this.coverage.partition(partition).holesIn(range), ...ofRuns];
    return holes.sort((a, b) => a.first - b.first);
  }

  #add(object: ListedObject): void {
    this.objectsListed += 1;
    this.hours.add(object);
    const { bytes, key } = object;
    const [, day] = /\/dt=([^/]+)\//.exec(key) ?? [];
    if (day !== undefined && day < (this.firstDay ?? '~')) this.firstDay = day;
    const parsed = parseObjectKey(key);
    if (parsed === undefined) {
      if (this.stream.add(key)) this.#streamed.push(key);
      return;
    }
    this.coverage.add(parsed, bytes, key);
    const { expiredDay = '' } = this.#props;
    const isYoung = (day ?? '~') > expiredDay;
    for (const { first, last, partition } of parsed.runs) {
      if (isYoung) this.#firstYoung.set(partition, Math.min(first, this.firstYoung(partition)));
      const known = this.#extents.get(partition);
      const extent = { first: { offset: first, key }, last: { offset: last, key } };
      this.#extents.set(partition, {
        first: known && known.first.offset <= first ? known.first : extent.first,
        last: known && known.last.offset >= last ? known.last : extent.last,
      });
    }
  }

  /** Returns a record of an object; undefined if its body does not hold it. */
  async find(key: string, partition: number, offset: number): Promise<DecodedRecord | undefined> {
    for await (const record of this.records(key)) {
      if (record.partition === partition && record.offset === offset) return record;
    }
    return undefined;
  }

  /** Returns the offsets of an object's lines, by partition. */
  async offsetsOf(key: string): Promise<ReadonlyMap<number, readonly OffsetRange[]>> {
    const offsets = await this.#offsetsOf(key);
    return new Map([...offsets].map(([partition, { ranges }]) => [partition, ranges]));
  }

  /** Returns those offsets of an object's lines that its key names, too: others are not found by the key. */
  async #namedOffsets(key: string): Promise<ReadonlyMap<number, OffsetRanges>> {
    const held = await this.#offsetsOf(key);
    const named = new Map<number, OffsetRanges>();
    for (const run of parseObjectKey(key)?.runs ?? []) {
      const offsets = new OffsetRanges();
      for (const range of held.get(run.partition)?.within(run) ?? []) offsets.add(range);
      named.set(run.partition, offsets);
    }
    return named;
  }

  async #offsetsOf(key: string): Promise<ReadonlyMap<number, OffsetRanges>> {
    const offsets = new Map<number, OffsetRanges>();
    for await (const { offset, partition } of this.records(key)) {
      const ofPartition = offsets.get(partition) ?? new OffsetRanges();
      ofPartition.add({ first: offset, last: offset });
      offsets.set(partition, ofPartition);
    }
    return offsets;
  }

  /**
   * Yields the records of an object, as far as its body has lines that are record lines of the topic. A body that ends
   * early holds what precedes its end.
   */
  async *records(key: string): AsyncGenerator<DecodedRecord> {
    const object = await this.#props.archive.read(key);
    this.objectsRead += 1;
    try {
      for await (const block of blocksOf(key, object)) {
        for (const line of linesOf(block)) {
          const record = decode(line);
          if (record?.topic === this.#props.topic) yield record;
        }
      }
    } catch (error) {
      const isBroken =
        error instanceof ArchiverError && error.code === 'LOAD_FAILED' && !error.retryable;
      if (!isBroken) throw error;
    }
  }
}

/** Returns undefined for a line that is no record line. */
function decode(line: Buffer): DecodedRecord | undefined {
  try {
    return decodeLine(line);
  } catch {
    return undefined;
  }
}
