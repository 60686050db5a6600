import type { OffsetRange } from '../object/offset-ranges.ts';

/** Which objects of a delivery stream audits have read: their keys have no offsets, so each is read once. */
export interface StreamIndex {
  /** The latest delivery time in the names of objects that were read, in epoch milliseconds. */
  readonly latest: number;
  /** Digests of the keys that were read, of the last day of delivery times: Firehose may write objects that late. */
  readonly recent: readonly string[];
  /** Number of objects that were read, by the day in their names: a lower one later shows that some were deleted. */
  readonly days: Readonly<Record<string, number>>;
  /** Offsets that were read and that are not judged yet. */
  readonly ahead: readonly StreamOffsets[];
}

/** Offsets of one partition. */
export interface StreamOffsets {
  readonly partition: number;
  /** In order. */
  readonly ranges: readonly OffsetRange[];
}
