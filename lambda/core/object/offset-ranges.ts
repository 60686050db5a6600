/** Offsets from `first` to `last`, both inclusive. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** Numbers of a block before it is split: few enough that inserting moves little. */
const MOST_NUMBERS = 2048;

/**
 * A set of offsets, as its ranges. Ranges that touch are one, so that memory follows the gaps and not the ranges that
 * were added: 16 bytes for each. The order of additions has no effect, and none makes them slow: keys of a listing are
 * in the order of text, in which 1000 precedes 200.
 */
export class OffsetRanges {
  /** The first and the last offset of each range, by turns: in order, disjoint and not adjacent. No block is empty. */
  readonly #blocks: number[][] = [];

  /** In order; no two of them touch. */
  get ranges(): readonly OffsetRange[] {
    return [...this.within({ first: 0, last: Number.MAX_SAFE_INTEGER })];
  }

  /** Number of offsets. */
  get size(): number {
    return this.countIn({ first: 0, last: Number.MAX_SAFE_INTEGER });
  }

  /** From the first to the last offset; undefined if the set is empty. */
  get extent(): OffsetRange | undefined {
    const first = this.#blocks[0]?.[0];
    return first === undefined ? undefined : { first, last: this.#blocks.at(-1)?.at(-1) as number };
  }

  /** The ranges between the first and the last offset that are not in the set. */
  get gaps(): readonly OffsetRange[] {
    const { ranges } = this;
    return ranges.slice(1).map(({ first }, index) => ({
      first: (ranges[index] as OffsetRange).last + 1,
      last: first - 1,
    }));
  }

  /** Adds a range, and returns those parts of it that the set already had. */
  add({ first, last }: OffsetRange): readonly OffsetRange[] {
    const shared: OffsetRange[] = [];
    const merged = { first, last };
    // Adjacent ranges are merged too.
    const [start, from] = this.#firstThatEnds(first - 1);
    let [end, to] = [start, from];
    for (;;) {
      const block = this.#blocks[end];
      if (block === undefined) break;
      if (to === block.length) {
        [end, to] = [end + 1, 0];
        continue;
      }
      const range = { first: block[to] as number, last: block[to + 1] as number };
      if (range.first > last + 1) break;
      const both = { first: Math.max(range.first, first), last: Math.min(range.last, last) };
      if (both.first <= both.last) shared.push(both);
      merged.first = Math.min(merged.first, range.first);
      merged.last = Math.max(merged.last, range.last);
      to += 2;
    }
    this.#replace([start, from], [end, to], merged);
    return shared;
  }

  /** Yields the ranges, in order, as far as they are in another range. */
  *within({ first, last }: OffsetRange): Generator<OffsetRange> {
    let [index, at] = this.#firstThatEnds(first);
    for (; index < this.#blocks.length; index++, at = 0) {
      const block = this.#blocks[index] as number[];
      for (; at < block.length; at += 2) {
        const range = { first: block[at] as number, last: block[at + 1] as number };
        if (range.first > last) return;
        yield { first: Math.max(range.first, first), last: Math.min(range.last, last) };
      }
    }
  }

  /** Yields the parts of a range, in order, that are not in the set. */
  *gapsIn({ first, last }: OffsetRange): Generator<OffsetRange> {
    let next = first;
    for (const range of this.within({ first, last })) {
      if (range.first > next) yield { first: next, last: range.first - 1 };
      next = range.last + 1;
    }
    if (next <= last) yield { first: next, last };
  }

  /** Returns how many offsets of a range are in the set. */
  countIn(range: OffsetRange): number {
    let count = 0;
    for (const { first, last } of this.within(range)) count += last - first + 1;
    return count;
  }

  /** Whether any offset of a range is in the set. */
  has(range: OffsetRange): boolean {
    return this.within(range).next().done === false;
  }

  /** Whether any offset is in both sets. */
  meets(other: OffsetRanges): boolean {
    return other.ranges.some((range) => this.has(range));
  }

  /** Returns the set of all offsets in ranges, which may overlap and be in any order. */
  static of(ranges: Iterable<OffsetRange>): OffsetRanges {
    const set = new OffsetRanges();
    for (const range of ranges) set.add(range);
    return set;
  }

  /** Returns the union of sets. */
  static union(...sets: readonly OffsetRanges[]): OffsetRanges {
    return OffsetRanges.of(sets.flatMap(({ ranges }) => ranges));
  }

  /** Replaces the ranges from one position up to another, which is not the end of a block unless it is the last. */
  #replace(
    [start, from]: readonly [number, number],
    [end, to]: readonly [number, number],
    { first, last }: OffsetRange,
  ): void {
    const block = this.#blocks[start];
    if (block === undefined) {
      this.#append(first, last);
      return;
    }
    if (start === end) block.splice(from, to - from, first, last);
    else {
      block.splice(from, block.length, first, last);
      this.#blocks[end]?.splice(0, to);
      this.#blocks.splice(start + 1, end - start - 1);
    }
    if (block.length > MOST_NUMBERS) {
      this.#blocks.splice(start + 1, 0, block.splice(MOST_NUMBERS / 2));
    }
  }

  /** Adds a range after all others. */
  #append(first: number, last: number): void {
    const block = this.#blocks.at(-1);
    if (block === undefined || block.length >= MOST_NUMBERS) this.#blocks.push([first, last]);
    else block.push(first, last);
  }

  /** Returns the block and the index of the first range that ends at the offset or later. */
  #firstThatEnds(offset: number): [block: number, index: number] {
    const blocks = this.#blocks;
    const index = lowest(blocks.length, (at) => (blocks[at]?.at(-1) as number) >= offset);
    const block = blocks[index] ?? [];
    const range = lowest(block.length / 2, (at) => (block[2 * at + 1] as number) >= offset);
    return [index, 2 * range];
  }
}

/** Returns the lowest of the numbers below `end` from which on a condition holds, or `end` if it never does. */
function lowest(end: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
