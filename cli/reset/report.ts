import { tableLines } from '../table.ts';
import type { Mapping } from './mappings.ts';
import { type PartitionPlan, totals } from './plan.ts';
import { formatTarget, type ResetTarget } from './target.ts';

/** What is moved, and where to. */
export interface ResetSubject {
  readonly topic: string;
  readonly group: string;
  readonly mapping: Mapping | undefined;
  readonly target: ResetTarget;
}

/** How a reset ended: `nothing` where the group was there already. */
export type Outcome = 'done' | 'dry run' | 'nothing' | 'declined';

/** What a reset would do, for people. */
export function planLines(subject: ResetSubject, plan: readonly PartitionPlan[]): string[] {
  const { group, mapping, target, topic } = subject;
  const reader =
    mapping === undefined ? 'no mapping' : `mapping ${mapping.uuid} (${mapping.state})`;
  return [
    `topic '${topic}', group '${group}', ${reader}: to ${formatTarget(target)}`,
    '',
    ...tableLines([
      ['partition', 'committed', 'target', 'difference', 'meaning'],
      ...plan.map(toRow),
    ]),
    '',
    ...summaryLines(plan),
  ];
}

function toRow(plan: PartitionPlan): string[] {
  const { committed, end, partition, target } = plan;
  const place = target === end ? `${target} (end)` : `${target}`;
  const difference = committed === undefined ? '-' : signed(target - committed);
  return [`${partition}`, `${committed ?? '-'}`, place, difference, meaningOf(plan)];
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : `${value}`;
}

function meaningOf({ again, committed, skipped, target }: PartitionPlan): string {
  const what = committed === undefined ? 'nothing committed yet' : undefined;
  if (skipped > 0) return [what, `${skipped} SKIPPED`].filter(Boolean).join(': ');
  if (again > 0) return `${again} read again`;
  if (what !== undefined) return what;
  return committed === target ? 'stays' : 'no record between';
}

function summaryLines(plan: readonly PartitionPlan[]): string[] {
  const { again, skipped } = totals(plan);
  const lines: string[] = [];
  if (again > 0) {
    lines.push(
      `At most ${formatRecords(again)} ${beOf(again)} read again. Batches with the bounds they had are found stored; others`,
      'make objects that overlap older ones, exact by topic, partition and offset. Nothing is overwritten.',
    );
  }
  if (skipped > 0) lines.push(skipWarning(skipped));
  if (lines.length === 0) lines.push('No record is read again, and none is skipped.');
  return lines;
}

/** What is lost, loudly. */
function skipWarning(skipped: number): string {
  return `WARNING: at most ${formatRecords(skipped)} ${beOf(skipped)} SKIPPED: the group never reads them, and they are NOT ARCHIVED.`;
}

/** `1 record`, `1,500 records` */
export function formatRecords(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'record' : 'records'}`;
}

function beOf(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** `1 partition`, `6 partitions` */
export function formatPartitions(count: number): string {
  return `${count} ${count === 1 ? 'partition' : 'partitions'}`;
}

/** What a reset would do, or did, for programs. */
export function toDocument(
  { group, mapping, target, topic }: ResetSubject,
  plan: readonly PartitionPlan[],
  outcome: Outcome,
): object {
  return {
    outcome,
    ...{ topic, group, mapping: mapping?.uuid ?? null, target: formatTarget(target) },
    partitions: plan.map(({ committed = null, ...each }) => ({ ...each, committed })),
  };
}
