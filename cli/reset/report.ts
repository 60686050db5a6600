import type { OffsetTarget } from '../../kafka/consumer-group.ts';
import { formatCounted } from '../counts.ts';
import type { Mapping } from '../mapping/mappings.ts';
import { tableLines } from '../table.ts';
import { type PartitionPlan, totals } from './plan.ts';

/** The group that is moved, and its target. */
export interface ResetSubject {
  readonly topic: string;
  readonly group: string;
  readonly mapping: Mapping | undefined;
  readonly target: OffsetTarget;
}

/** Result of a reset: `nothing` if the group was at its target already. */
export type Outcome = 'done' | 'dry run' | 'nothing' | 'declined';

/** Lines that show a plan. */
export function planLines(subject: ResetSubject, plan: readonly PartitionPlan[]): string[] {
  const { group, mapping, target, topic } = subject;
  const reader =
    mapping === undefined
      ? 'no mapping'
      : `mapping ${mapping.uuid} (${mapping.state}, ${mapping.isProvisioned ? 'provisioned mode' : 'on demand'})`;
  return [
    `Topic '${topic}', group '${group}', ${reader}: to ${formatTarget(target)}`,
    '',
    ...tableLines([
      ['PARTITION', 'COMMITTED', 'TARGET', 'DIFFERENCE', 'EFFECT'],
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
  return [`${partition}`, `${committed ?? '-'}`, place, difference, effectOf(plan)];
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : `${value}`;
}

function effectOf({ again, committed, skipped, target }: PartitionPlan): string {
  const what = committed === undefined ? 'no committed offset' : undefined;
  if (skipped > 0) return [what, `${skipped} SKIPPED`].filter(Boolean).join(': ');
  if (again > 0) return `${again} read again`;
  if (what !== undefined) return what;
  return committed === target ? 'unchanged' : 'no records in between';
}

function summaryLines(plan: readonly PartitionPlan[]): string[] {
  const { again, skipped } = totals(plan);
  const lines: string[] = [];
  if (again > 0) {
    lines.push(
      `At most ${formatRecords(again)} ${beOf(again)} read again. A batch with the same offsets as before is found in the archive;`,
      'any other is stored as objects that overlap existing ones. Nothing is overwritten: readers deduplicate',
      'by their identity (topic, partition, offset, timestamp, key and value).',
    );
  }
  if (skipped > 0) lines.push(skipWarning(skipped));
  if (lines.length === 0) lines.push('No record is read again or skipped.');
  return lines;
}

function skipWarning(skipped: number): string {
  return `WARNING: at most ${formatRecords(skipped)} ${beOf(skipped)} SKIPPED: the group never reads them, and they are NOT ARCHIVED.`;
}

/** `1 record`, `1,500 records` */
export function formatRecords(count: number): string {
  return formatCounted(count, 'record');
}

function beOf(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** `1 partition`, `6 partitions` */
export function formatPartitions(count: number): string {
  return `${count} ${count === 1 ? 'partition' : 'partitions'}`;
}

/** A plan and its result as JSON. */
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

function formatTarget(target: OffsetTarget): string {
  return typeof target === 'string' ? target : new Date(target.timestamp).toISOString();
}
