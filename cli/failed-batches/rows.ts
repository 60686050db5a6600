import { describeRanges, type FailedRange } from '../../lambda/core/failed-batch/failed-batch.ts';
import type { ReplayMark } from '../../lambda/core/ports.ts';
import { formatAge, tableLines } from '../table.ts';
import type { DeadLetter } from './dead-letters.ts';
import { formatOffsets, placeOf, toJsonRange } from './ranges.ts';

/**
 * State of a failed batch: `dead` once its message is in the dead-letter queue, `dismissed` once an operator decided
 * that it needs no replay.
 */
export type FailedBatchState = 'waiting' | 'dead' | 'replayed' | 'dismissed';

/** A failed batch, or a dead letter that names none, as a row of a table. */
export interface FailedBatchRow {
  /** Undefined for a dead letter that names no failed batch. */
  readonly key: string | undefined;
  /** @default - unknown */
  readonly state?: FailedBatchState;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  /** Lambda's reason for the failure. */
  readonly condition: string | undefined;
  readonly records?: number | undefined;
  readonly bytes?: number;
  readonly ranges: readonly FailedRange[];
  /** The mark of a batch that is replayed or dismissed; undefined for others. */
  readonly mark?: ReplayMark | undefined;
  /** Dead letters that name the failed batch, the latest first. */
  readonly deadLetters: readonly DeadLetter[];
  /** An irregularity. */
  readonly note?: string;
}

/** Sorts rows by topic, partition and offset; rows without any come last. */
export function sortRows<Row extends FailedBatchRow>(rows: readonly Row[]): Row[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return rows.toSorted((a, b) => {
    const [left, right] = [a.ranges[0], b.ranges[0]];
    const byKey = compare(a.key ?? '', b.key ?? '');
    if (left === undefined || right === undefined) {
      return Number(left === undefined) - Number(right === undefined) || byKey;
    }
    const [before, after] = [placeOf(left), placeOf(right)];
    return (
      compare(before.topic, after.topic) ||
      compare(before.partition, after.partition) ||
      compare(left.firstOffset, right.firstOffset) ||
      byKey
    );
  });
}

/**
 * Formats rows as the lines of a table. A failed batch with several topic-partitions has one line for each.
 *
 * @param now epoch milliseconds
 */
export function failedBatchTable(rows: readonly FailedBatchRow[], now: number): string[] {
  const hasStates = rows.some(({ state }) => state !== undefined);
  const stateCells = (text: string) => (hasStates ? [text] : []);
  const head = ['TOPIC', 'PARTITION', 'OFFSETS', 'AGE', 'CONDITION', ...stateCells('STATE'), 'KEY'];
  const lines = rows.flatMap((row) => {
    const [first = ['-', '-', '-'], ...others] = row.ranges.map((range) => {
      const { partition, topic } = placeOf(range);
      return [topic, partition, formatOffsets(range)];
    });
    const why = [formatAge(now - row.failedAt), row.condition ?? '-'];
    return [
      [...first, ...why, ...stateCells(describeState(row)), describeKey(row)],
      ...others.map((cells) => [...cells, '', '', ...stateCells(''), '(the same)']),
    ];
  });
  return tableLines([head, ...lines]);
}

/** A row as JSON. */
export function toJsonRow({ failedAt, mark, ranges, deadLetters, ...row }: FailedBatchRow): object {
  return {
    ...row,
    ...toJsonMark(mark),
    failedAt: new Date(failedAt).toISOString(),
    ranges: ranges.map(toJsonRange),
    deadLetters: deadLetters.map(({ diedAt, pointers: _, ...letter }) => ({
      ...letter,
      diedAt: new Date(diedAt).toISOString(),
    })),
  };
}

/** The state that a mark says. */
export function stateOf({ objects }: ReplayMark): 'replayed' | 'dismissed' {
  return objects === undefined ? 'dismissed' : 'replayed';
}

/** A mark as JSON: `replayedAt` and `objects`, or `dismissedAt`. */
export function toJsonMark(mark: ReplayMark | undefined): object {
  if (mark === undefined) return {};
  const { objects } = mark;
  const at = mark.at || undefined;
  return objects === undefined ? { dismissedAt: at } : { replayedAt: at, objects };
}

/** Short name of a failed batch: its offsets, or else its key. */
export function nameOf({ deadLetters, key, ranges }: FailedBatchRow): string {
  const [letter] = deadLetters;
  return describeRanges(ranges) || letter?.offsets || key || `message ${letter?.messageId}`;
}

function describeState({ deadLetters, state = 'waiting' }: FailedBatchRow): string {
  const [letter] = deadLetters;
  if (letter === undefined) return state;
  if (state === 'replayed' || state === 'dismissed') return `${state}, dead letter remains`;
  return `dead: ${letter.code ?? letter.reason}`;
}

function describeKey({ deadLetters, key, note }: FailedBatchRow): string {
  const name = key ?? `message ${deadLetters[0]?.messageId}`;
  return note === undefined ? name : `${name} (${note})`;
}
