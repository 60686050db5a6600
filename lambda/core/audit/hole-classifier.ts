import type { OffsetRange } from '../object/offset-ranges.ts';
import type { SortedRanges } from '../object/range-sets.ts';
import type { BrokerBatch, BrokerRecord } from './broker.ts';
import { countedClasses, type HoleClass, type HoleTally } from './finding.ts';

/** What offsets of a hole are, and why. Two verdicts are the same only if they are the same object. */
export interface Verdict {
  readonly class: HoleClass;
  /** See `Finding`. */
  readonly evidence: string;
}

/** Offsets of one hole that have the same verdict. */
export interface ClassifiedRange extends OffsetRange {
  /** Fewer than the range has if offsets of classes that are only counted lie between them. */
  readonly offsets: number;
  readonly verdict: Verdict;
  /** Epoch milliseconds: the earliest and the latest timestamp of its records; undefined without records. */
  readonly times: { readonly first: number; readonly last: number } | undefined;
}

/** The holes of a partition, by what its broker has there. */
export interface ClassifiedHoles {
  /** Offsets of the classes that are only counted. */
  readonly counts: HoleTally;
  /** All others, in order. */
  readonly ranges: readonly ClassifiedRange[];
}

/** Offsets that are known to have had records, and what these are. */
export interface NamedOffsets extends OffsetRange {
  readonly verdict: Verdict;
}

/** What a {@link HoleClassifier} works with. */
export interface HoleClassifierProps {
  /** Not empty. */
  readonly holes: SortedRanges;
  /**
   * Judges a record that consumers see.
   */
  readonly judge: (record: BrokerRecord) => Verdict;
  /** The verdict for an offset at which the log has nothing, and which no evidence names. */
  readonly nothing: Verdict;
  /** Records that the log may have no more, in order of offsets. @default none */
  readonly named?: readonly NamedOffsets[];
  /** Whether ranges end at every offset of another class, so that they have all of their offsets. @default false */
  readonly isExact?: boolean;
}

/**
 * Finds what the holes of one partition are, from the batches that its broker has there, which must be added in order.
 * A record of a transaction is undecided until the next control batch of its producer, which may lie beyond the hole.
 * Memory follows the changes between verdicts, and not the number of offsets.
 */
export class HoleClassifier {
  readonly #holes: SortedRanges;
  readonly #judge: HoleClassifierProps['judge'];
  readonly #nothing: Verdict;
  readonly #named: readonly NamedOffsets[];
  readonly #judged: ClassifiedOffsets;
  readonly #isExact: boolean;
  /** By producer. */
  readonly #undecided = new Map<bigint, ClassifiedOffsets>();
  /** The hole that has the next offset, or follows it. */
  #hole = 0;
  /** Every offset below it is judged or undecided. */
  #next = 0;

  constructor({ holes, isExact = false, judge, named = [], nothing }: HoleClassifierProps) {
    this.#isExact = isExact;
    this.#judged = new ClassifiedOffsets(isExact);
    this.#holes = holes;
    this.#judge = judge;
    this.#nothing = nothing;
    this.#named = named;
  }

  /** The offset from which on batches are needed; undefined once every offset of the holes is judged. */
  get next(): number | undefined {
    if (this.#undecided.size > 0) return this.#next;
    const hole = this.#holes[this.#hole];
    return hole && Math.max(hole.first, this.#next);
  }

  /** Adds the next batch. Batches without any offset of the holes may be left out while nothing is undecided. */
  add({
    control,
    firstOffset,
    isTransactional,
    lastOffset,
    producerId,
    records,
  }: BrokerBatch): void {
    if (control !== undefined) {
      this.#judgeNothing(firstOffset);
      this.#take(firstOffset, () => this.#judged.count('transaction-mark', 1));
      this.#decide(producerId, control);
    }
    for (const record of records) {
      this.#judgeNothing(record.offset);
      this.#take(record.offset, () => {
        const judged = isTransactional ? this.#undecidedOf(producerId) : this.#judged;
        const { offset, timestamp } = record;
        judged.add({
          ...{ first: offset, last: offset, offsets: 1, hole: this.#hole },
          verdict: this.#judge(record),
          times: { first: timestamp, last: timestamp },
        });
      });
    }
    this.#judgeNothing(lastOffset + 1);
  }

  /** Returns what was found. The log ends here: what is undecided counts as committed, so that it is not overlooked. */
  finish(): ClassifiedHoles {
    for (const producerId of this.#undecided.keys()) this.#decide(producerId, 'commit');
    this.#judgeNothing(Number.POSITIVE_INFINITY);
    return this.#judged.result();
  }

  #undecidedOf(producerId: bigint): ClassifiedOffsets {
    const known = this.#undecided.get(producerId) ?? new ClassifiedOffsets(this.#isExact);
    this.#undecided.set(producerId, known);
    return known;
  }

  #decide(producerId: bigint, control: 'commit' | 'abort'): void {
    const undecided = this.#undecided.get(producerId);
    if (undecided === undefined) return;
    this.#undecided.delete(producerId);
    if (control === 'commit') this.#judged.addAll(undecided);
    else this.#judged.count('aborted', undecided.size);
  }

  /** Passes an offset at which the log has something, and judges it if it is in a hole. */
  #take(offset: number, judge: () => void): void {
    const hole = this.#holes[this.#hole];
    if (hole !== undefined && offset >= hole.first && offset >= this.#next) judge();
    this.#advance(offset + 1);
  }

  /** Passes the offsets below this one, at which the log has nothing. */
  #judgeNothing(end: number): void {
    for (;;) {
      const hole = this.#holes[this.#hole];
      if (hole === undefined) break;
      const first = Math.max(hole.first, this.#next);
      if (first >= end) break;
      const named = this.#named.find((each) => each.last >= first);
      const isNamed = named !== undefined && named.first <= first;
      const ends = isNamed ? named.last : (named?.first ?? end) - 1;
      const last = Math.min(hole.last, end - 1, ends);
      this.#judged.add({
        ...{ first, last, offsets: last - first + 1, hole: this.#hole },
        verdict: isNamed ? named.verdict : this.#nothing,
        times: undefined,
      });
      this.#advance(last + 1);
    }
    this.#advance(end);
  }

  #advance(end: number): void {
    this.#next = Math.max(this.#next, end);
    while ((this.#holes[this.#hole]?.last ?? Number.POSITIVE_INFINITY) < this.#next) {
      this.#hole += 1;
    }
  }
}

/** A {@link ClassifiedRange} and the number of its hole. */
type NumberedRange = ClassifiedRange & { readonly hole: number };

const isCounted = (kind: HoleClass) => countedClasses.some((counted) => counted === kind);

/** Classified offsets: counts of the counted classes, and ranges of the others. */
class ClassifiedOffsets {
  readonly #counts: Partial<Record<HoleClass, number>> = {};
  readonly #ranges: NumberedRange[] = [];
  readonly #isExact: boolean;
  size = 0;

  constructor(isExact: boolean) {
    this.#isExact = isExact;
  }

  count(kind: HoleClass, offsets: number): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + offsets;
    this.size += offsets;
  }

  add(range: NumberedRange): void {
    const { offsets, verdict } = range;
    if (isCounted(verdict.class)) {
      this.count(verdict.class, offsets);
      return;
    }
    this.size += offsets;
    join(this.#ranges, range, this.#isExact);
  }

  addAll(other: ClassifiedOffsets): void {
    for (const [kind, offsets] of Object.entries(other.#counts)) {
      this.count(kind as HoleClass, offsets);
    }
    for (const range of other.#ranges) this.add(range);
  }

  result(): ClassifiedHoles {
    const joined: NumberedRange[] = [];
    for (const range of this.#ranges.toSorted((a, b) => a.first - b.first)) {
      join(joined, range, this.#isExact);
    }
    return { counts: this.#counts, ranges: joined.map(({ hole, ...range }) => range) };
  }
}

/** Adds a range to others: to the last one, if both are of the same hole and verdict. */
function join(ranges: NumberedRange[], range: NumberedRange, isExact: boolean): void {
  const last = ranges.at(-1);
  const isOther = last?.hole !== range.hole || last.verdict !== range.verdict;
  if (last === undefined || isOther || (isExact && last.last + 1 !== range.first)) {
    ranges.push(range);
    return;
  }
  ranges[ranges.length - 1] = {
    ...last,
    first: Math.min(last.first, range.first),
    last: Math.max(last.last, range.last),
    offsets: last.offsets + range.offsets,
    times: last.times && range.times && spanOf(last.times, range.times),
  };
}

function spanOf(
  one: NonNullable<ClassifiedRange['times']>,
  other: NonNullable<ClassifiedRange['times']>,
): ClassifiedRange['times'] {
  return { first: Math.min(one.first, other.first), last: Math.max(one.last, other.last) };
}
