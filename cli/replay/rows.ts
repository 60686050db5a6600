import { describeRanges, type FailedRange } from '../../lambda/core/failed-batch/failed-batch.ts';
import { formatAge, tableLines } from '../table.ts';
import type { DeadLetter } from './dead-letters.ts';
import { formatOffsets, placeOf, toJsonRange } from './ranges.ts';

/** Where a failed batch stands. */
export type FailedBatchState = 'waiting' | 'dead' | 'replayed';

/** A failed batch, or a dead letter that names none, as a table shows it. */
export interface FailedBatchRow {
  /** Undefined for a dead letter that names none. */
  readonly key: string | undefined;
  /** @default - nobody asked */
  readonly state?: FailedBatchState;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  /** Why the batch had failed, in the service's words. */
  readonly condition: string | undefined;
  readonly records?: number | undefined;
  readonly bytes?: number;
  readonly ranges: readonly FailedRange[];
  /** When it was replayed, ISO 8601, and into how many objects. */
  readonly replayedAt?: string | undefined;
  readonly objects?: number | undefined;
  /** Those that name it, the latest first. */
  readonly deadLetters: readonly DeadLetter[];
  /** What is odd about it. */
  readonly note?: string;
}

/** Sorted by topic, partition and offset; what names none comes last. */
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
 * The rows as lines of a table, for people: a failed batch of several topic-partitions has a line for each.
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

/** The rows for programs. */
export function toJsonRow({ failedAt, ranges, deadLetters, ...row }: FailedBatchRow): object {
  return {
    ...row,
    failedAt: new Date(failedAt).toISOString(),
    ranges: ranges.map(toJsonRange),
    deadLetters: deadLetters.map(({ diedAt, pointers: _, ...letter }) => ({
      ...letter,
      diedAt: new Date(diedAt).toISOString(),
    })),
  };
}

/** What a failed batch is called where there is room for one word: its offsets, else its key. */
export function nameOf({ deadLetters, key, ranges }: FailedBatchRow): string {
  const [letter] = deadLetters;
  return describeRanges(ranges) || letter?.offsets || key || `message ${letter?.messageId}`;
}

function describeState({ deadLetters, state = 'waiting' }: FailedBatchRow): string {
  const [letter] = deadLetters;
  if (letter === undefined) return state;
  if (state === 'replayed') return 'replayed, dead letter left';
  return `dead: ${letter.code ?? letter.reason}`;
}

function describeKey({ deadLetters, key, note }: FailedBatchRow): string {
  const name = key ?? `message ${deadLetters[0]?.messageId}`;
  return note === undefined ? name : `${name} (${note})`;
}
