import type { Offsets } from '../../kafka/record.ts';

/** Where a group is in a partition. */
export interface Position {
  readonly partition: number;
  /** Offset of the first record that is there still. */
  readonly begin: number;
  /** Offset that the next record will have. */
  readonly end: number;
  /** Offset that it reads next. @default - none is committed: where its starting position says */
  readonly committed: number | undefined;
}

/** What a reset does to a partition. */
export interface PartitionPlan extends Position {
  /** Offset that it reads next, after the reset. */
  readonly target: number;
  /** Offsets that are read a second time. Not all offsets are records: some were compacted away. */
  readonly again: number;
  /** Offsets that are never read. Where none is committed, all before the target. */
  readonly skipped: number;
}

/** What a reset of a group to these offsets does. */
export function planReset(positions: readonly Position[], targets: Offsets): PartitionPlan[] {
  return positions.map((position) => {
    const { begin, committed, end } = position;
    // The log may have lost its beginning since the target was looked up.
    const target = Math.max(begin, targets.get(position.partition) ?? begin);
    const next = committed ?? begin;
    const again = committed === undefined ? 0 : Math.max(0, Math.min(committed, end) - target);
    return { ...position, target, again, skipped: Math.max(0, target - Math.max(next, begin)) };
  });
}

/** The offsets to commit. */
export function targetsOf(plan: readonly PartitionPlan[]): Offsets {
  return new Map(plan.map(({ partition, target }) => [partition, target]));
}

/** Whether the group is where it is to be. */
export function isThere(plan: readonly PartitionPlan[]): boolean {
  return plan.every(({ committed, target }) => committed === target);
}

/** Sums over the partitions. */
export function totals(plan: readonly PartitionPlan[]): { again: number; skipped: number } {
  return plan.reduce(
    (sum, { again, skipped }) => ({ again: sum.again + again, skipped: sum.skipped + skipped }),
    { again: 0, skipped: 0 },
  );
}
