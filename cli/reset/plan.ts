import type { Position } from '../../kafka/consumer-group.ts';
import type { Offsets } from '../../kafka/record.ts';

/** What a reset does in one partition. */
export interface PartitionPlan extends Position {
  /** Offset that the group reads next after the reset. */
  readonly target: number;
  /** Number of offsets that are read again. Not every offset has a record: compaction removes some. */
  readonly again: number;
  /** Number of offsets that are never read. If none is committed, all existing offsets before the target. */
  readonly skipped: number;
}

/** Plans the reset of a group to these offsets. */
export function planReset(positions: readonly Position[], targets: Offsets): PartitionPlan[] {
  return positions.map((position) => {
    const { begin, committed, end } = position;
    // The log may have lost its oldest records since the target was looked up.
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

/** Whether the group is at its target already. */
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
