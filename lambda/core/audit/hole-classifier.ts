import type { OffsetRange } from '../object/offset-ranges.ts';
import type { BrokerBatch, BrokerRecord } from './broker.ts';
import { countedClasses, type HoleClass } from './finding.ts';
import type { SortedRanges } from './range-sets.ts';

/** What a hole's offset is: of a class, or `due`, a record that consumers see and whose absence is to be explained. */
export interface Verdict {
  readonly class: HoleClass | 'due';
}

/** Offsets of one hole that have the same verdict. */
export interface JudgedRange<V extends Verdict> extends OffsetRange {
  /** Fewer than the range has if offsets with other verdicts lie between them. */
  readonly offsets: number;
  readonly verdict: V;
}

/** The holes of a partition, by what its broker has there. */
export interface JudgedHoles<V extends Verdict> {
  /** Offsets of the classes that are only counted. */
  readonly counts: Readonly<Partial<Record<HoleClass, number>>>;
  /** All others, in order of their first offsets: one range at most for each hole and verdict. */
  readonly ranges: readonly JudgedRange<V>[];
}

/** What a {@link HoleClassifier} works with. */
export interface HoleClassifierProps<V extends Verdict> {
  /** Not empty. */
  readonly holes: SortedRanges;
  /**
   * Judges a record that consumers see. Verdicts are compared by identity, so that memory follows their number and not
   * the number of records.
   */
  readonly judge: (record: BrokerRecord) => V;
  /** The verdict for an offset at which the log has nothing. */
  readonly nothing: V;
}

/**
 * Finds what the holes of one partition are, from the batches that its broker has there, which must be added in order.
 * A record of a transaction is undecided until the next control batch of its producer, which may lie beyond the hole.
 * Memory follows the number of holes with anything but counted classes, and not the number of offsets.
 */
export class HoleClassifier<V extends Verdict> {
  readonly #holes: SortedRanges;
  readonly #judge: HoleClassifierProps<V>['judge'];
  readonly #nothing: V;
  readonly #judged = new JudgedRanges<V>();
  /** By producer. */
  readonly #undecided = new Map<bigint, JudgedRanges<V>>();
  /** The hole that has the next offset, or follows it. */
  #hole = 0;
  /** Every offset below it is judged or undecided. */
  #next = 0;

  constructor({ holes, judge, nothing }: HoleClassifierProps<V>) {
    this.#holes = holes;
    this.#judge = judge;
    this.#nothing = nothing;
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
        const range = { first: record.offset, last: record.offset };
        judged.add(this.#hole, range, this.#judge(record));
      });
    }
    this.#judgeNothing(lastOffset + 1);
  }

  /** Returns what was found. The log ends here: what is undecided counts as committed, so that it is not overlooked. */
  finish(): JudgedHoles<V> {
    for (const producerId of this.#undecided.keys()) this.#decide(producerId, 'commit');
    this.#judgeNothing(Number.POSITIVE_INFINITY);
    return this.#judged.result();
  }

  #undecidedOf(producerId: bigint): JudgedRanges<V> {
    const known = this.#undecided.get(producerId) ?? new JudgedRanges<V>();
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
      const last = Math.min(hole.last, end - 1);
      this.#judged.add(this.#hole, { first, last }, this.#nothing);
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

const counted: readonly string[] = countedClasses;

/** Judged offsets: counts of the counted classes, and ranges of the others. */
class JudgedRanges<V extends Verdict> {
  readonly #counts: Partial<Record<HoleClass, number>> = {};
  readonly #ranges = new Map<number, Map<V, JudgedRange<V>>>();

  /** Number of offsets. */
  get size(): number {
    const { counts, ranges } = this.result();
    const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return ranges.reduce((sum, { offsets }) => sum + offsets, counted);
  }

  count(kind: HoleClass, offsets: number): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + offsets;
  }

  /** @param hole number of the hole that has the range, whose offsets have the verdict, or so many of them */
  add(
    hole: number,
    { first, last }: OffsetRange,
    verdict: V,
    offsets: number = last - first + 1,
  ): void {
    if (counted.includes(verdict.class)) {
      this.count(verdict.class as HoleClass, offsets);
      return;
    }
    const ofHole = this.#ranges.get(hole) ?? new Map<V, JudgedRange<V>>();
    const known = ofHole.get(verdict);
    ofHole.set(verdict, {
      first: Math.min(first, known?.first ?? first),
      last: Math.max(last, known?.last ?? last),
      offsets: offsets + (known?.offsets ?? 0),
      verdict,
    });
    this.#ranges.set(hole, ofHole);
  }

  addAll(other: JudgedRanges<V>): void {
    for (const [kind, offsets] of Object.entries(other.#counts)) {
      this.count(kind as HoleClass, offsets);
    }
    for (const [hole, ranges] of other.#ranges) {
      for (const range of ranges.values()) this.add(hole, range, range.verdict, range.offsets);
    }
  }

  result(): JudgedHoles<V> {
    const ranges = [...this.#ranges.values()].flatMap((ofHole) => [...ofHole.values()]);
    return { counts: this.#counts, ranges: ranges.sort((a, b) => a.first - b.first) };
  }
}
