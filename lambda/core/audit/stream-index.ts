import { hash } from 'node:crypto';
import type { Coverage } from '../object/coverage.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';

/**
 * How much later than its name says an object of a delivery stream can appear: Firehose keeps records for 24 hours while
 * it cannot deliver them (https://docs.aws.amazon.com/firehose/latest/dev/troubleshooting.html). ASSUMED: the time in
 * the name is not earlier than the arrival of the object's first record.
 */
const MOST_DELAY_MS = 25 * 3_600_000;

/**
 * Time after which what is committed has left the stream, unless it cannot deliver: twice the longest buffering.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
 */
const BUFFERED_MS = 2 * 900_000;

/**
 * `{stream}-{version}-{year}-{month}-{day}-{hour}-{minute}-{second}-{uuid}` and an extension:
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 */
const streamName = /-(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9a-f-]{36}[^/]*$/;

/** Which objects of a delivery stream audits have read. Their keys have no offsets, so each is read once. */
export interface StreamIndex {
  /** The latest time in the names of objects that were read, in epoch milliseconds; 0 if none was. */
  readonly latest: number;
  /** Times of objects that were read, by a digest of their key, as long as others can appear with such a time. */
  readonly recent: Readonly<Record<string, number>>;
  /** Number of objects that were seen, by the day in their names: fewer in a full listing are a deletion. */
  readonly days: Readonly<Record<string, number>>;
  /** Offsets that were read and that no audit has judged yet. */
  readonly ahead: readonly StreamOffsets[];
  /** What audits have seen committed, the latest last, as far back as the stream may hold it. */
  readonly committed: readonly CommittedOffsets[];
}

/** The committed offsets of a topic at one time. */
export interface CommittedOffsets {
  /** Epoch milliseconds. */
  readonly at: number;
  /** By partition. */
  readonly offsets: Readonly<Record<string, number>>;
}

/** Offsets of one partition. */
export interface StreamOffsets {
  readonly partition: number;
  /** In order. */
  readonly ranges: readonly OffsetRange[];
}

/** How an audit ends, for {@link StreamListing.index}. */
export interface StreamAudit {
  readonly isFullListing: boolean;
  /** The offset up to which each partition is judged now. */
  readonly through: ReadonlyMap<number, number>;
  /** As they were before the listing. */
  readonly committed: CommittedOffsets;
}

/**
 * The objects of a delivery stream in a listing: which of them are to be read, because no audit has read them. Memory
 * follows the objects of one day, and what the stream has delivered beyond the last audit.
 */
export class StreamListing {
  readonly #last: StreamIndex | undefined;
  readonly #recent: Map<string, number>;
  readonly #seen = new Map<string, number>();
  readonly #read = new Map<string, number>();
  #latest: number;

  /** @param last the index that the last audit left; undefined to read all objects, again if need be */
  constructor(last: StreamIndex | undefined) {
    this.#last = last;
    this.#recent = new Map(Object.entries(last?.recent ?? {}));
    this.#latest = last?.latest ?? 0;
  }

  /**
   * Adds an object of the listing, each once, and returns whether it is to be read. An object whose name has no time is
   * read in every audit that lists it.
   */
  add(key: string): boolean {
    const [, day, ...time] = streamName.exec(key) ?? [];
    if (day === undefined) return true;
    count(this.#seen, day);
    const delivered = Date.parse(`${day}T${time.join(':')}Z`);
    const digest = hash('sha256', key, 'hex').slice(0, 16);
    const isOld = delivered < (this.#last?.latest ?? 0) - MOST_DELAY_MS;
    if (isOld || this.#recent.has(digest)) return false;
    this.#recent.set(digest, delivered);
    this.#latest = Math.max(this.#latest, delivered);
    count(this.#read, day);
    return true;
  }

  /**
   * Returns the days of which a full listing shows fewer objects than audits have seen: some were deleted, and only
   * reading all that are left shows which offsets they held.
   */
  deletedDays(): string[] {
    const before = Object.entries(this.#last?.days ?? {});
    const fewer = before.filter(([day, seen]) => (this.#seen.get(day) ?? 0) < seen);
    return fewer.map(([day]) => day).sort();
  }

  /** Whether this or an earlier audit has listed objects of a stream. */
  get hasObjects(): boolean {
    return this.#last !== undefined || this.#seen.size > 0;
  }

  /**
   * Returns the offset below which the stream holds no record of a partition any more: it was committed long enough ago.
   * Undefined if no audit has seen the partition that long ago.
   *
   * @param now epoch milliseconds
   */
  due(partition: number, now: number): number | undefined {
    const past = (this.#last?.committed ?? []).findLast(({ at }) => at <= now - BUFFERED_MS);
    return past?.offsets[partition];
  }

  /** Adds the offsets to a coverage that were read before and are not judged yet. */
  addAhead(coverage: Coverage): void {
    for (const { partition, ranges } of this.#last?.ahead ?? []) {
      for (const range of ranges) coverage.partition(partition).stored.add(range);
    }
  }

  /** Returns the index for the next audit, once all objects are read that {@link add} returned true for. */
  index(coverage: Coverage, { committed, isFullListing, through }: StreamAudit): StreamIndex {
    const days = isFullListing ? this.#seen : new Map(Object.entries(this.#last?.days ?? {}));
    for (const [day, read] of isFullListing ? [] : this.#read) count(days, day, read);
    const ahead = [...through].map(([partition, first]) => {
      const range = { first, last: Number.MAX_SAFE_INTEGER };
      return { partition, ranges: [...coverage.partition(partition).stored.within(range)] };
    });
    const oldest = this.#latest - MOST_DELAY_MS;
    const all = [...(this.#last?.committed ?? []), committed];
    // Of those that are old enough for the next audit, the latest.
    const oldEnough = all.findLastIndex(({ at }) => at <= committed.at - BUFFERED_MS);
    return {
      latest: this.#latest,
      recent: Object.fromEntries([...this.#recent].filter(([, time]) => time >= oldest)),
      days: Object.fromEntries(days),
      ahead: ahead.filter(({ ranges }) => ranges.length > 0),
      committed: all.slice(Math.max(0, oldEnough)),
    };
  }
}

function count(counts: Map<string, number>, name: string, more = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}
