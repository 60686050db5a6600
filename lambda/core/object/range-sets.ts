import { type OffsetRange, OffsetRanges } from './offset-ranges.ts';

/** Ranges in order that do not overlap, as `OffsetRanges.ranges` has them. */
export type SortedRanges = readonly OffsetRange[];

/** Returns the parts of the ranges that are in none of the others, in order. */
export function without(ranges: SortedRanges, others: SortedRanges): OffsetRange[] {
  const left: OffsetRange[] = [];
  let index = 0;
  for (const { first, last } of ranges) {
    let next = first;
    while ((others[index]?.last ?? Number.POSITIVE_INFINITY) < first) index += 1;
    for (let at = index; next <= last; at++) {
      const other = others[at];
      if (other === undefined || other.first > last) {
        left.push({ first: next, last });
        break;
      }
      if (other.first > next) left.push({ first: next, last: other.first - 1 });
      next = Math.max(next, other.last + 1);
    }
  }
  return left;
}

/** Returns the parts of the ranges that are in the others, too, in order. */
export function shared(ranges: SortedRanges, others: SortedRanges): OffsetRange[] {
  return without(ranges, without(ranges, others));
}

/** Number of offsets in the ranges. */
export function sizeOf(ranges: SortedRanges): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Returns ranges that may overlap, and be in any order, as ranges that do not. */
export function unionOf(ranges: readonly OffsetRange[]): SortedRanges {
  return OffsetRanges.of(ranges).ranges;
}
