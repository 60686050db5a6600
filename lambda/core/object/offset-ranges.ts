/** Offsets from `first` to `last`, both inclusive. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/**
 * A set of offsets, as its ranges. Ranges that touch are one, so that memory follows the gaps and not the ranges that
 * were added. The order of additions has no effect.
 */
export class OffsetRanges {
  /** In order, disjoint and not adjacent. */
  readonly #ranges: OffsetRange[] = [];

  /** In order; no two of them touch. */
  get ranges(): readonly OffsetRange[] {
    return this.#ranges;
  }

  /** Number of offsets. */
  get size(): number {
    return this.#ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  /** The ranges between the first and the last offset that are not in the set. */
  get gaps(): readonly OffsetRange[] {
    return this.#ranges.slice(1).map(({ first }, index) => ({
      first: (this.#ranges[index] as OffsetRange).last + 1,
      last: first - 1,
    }));
  }

  /** Adds a range, and returns those parts of it that the set already had. */
  add({ first, last }: OffsetRange): readonly OffsetRange[] {
    // Adjacent ranges are merged too.
    const start = this.#firstThatEnds(first - 1);
    let end = start;
    while ((this.#ranges[end]?.first ?? Number.POSITIVE_INFINITY) <= last + 1) end += 1;
    const touched = this.#ranges.slice(start, end);
    const merged = {
      first: Math.min(first, touched[0]?.first ?? first),
      last: Math.max(last, touched.at(-1)?.last ?? last),
    };
    this.#ranges.splice(start, end - start, merged);
    return touched
      .map((range) => ({
        first: Math.max(range.first, first),
        last: Math.min(range.last, last),
      }))
      .filter((shared) => shared.first <= shared.last);
  }

  /** Whether any offset is in both sets. */
  meets(other: OffsetRanges): boolean {
    return other.#ranges.some(({ first, last }) => {
      const range = this.#ranges[this.#firstThatEnds(first)];
      return range !== undefined && range.first <= last;
    });
  }

  /** Returns the union of sets. */
  static union(...sets: readonly OffsetRanges[]): OffsetRanges {
    const union = new OffsetRanges();
    for (const set of sets) for (const range of set.#ranges) union.add(range);
    return union;
  }

  /** Returns the index of the first range that ends at the offset or later. */
  #firstThatEnds(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as OffsetRange).last < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
