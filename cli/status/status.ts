import type { SQSClient } from '@aws-sdk/client-sqs';
import type { FailedBatchEntry, FailedBatchListing } from '../../lambda/core/ports.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import {
  type DeadLetter,
  type ReadOptions,
  readDeadLetters,
} from '../failed-batches/dead-letters.ts';
import { describeEntry, lookAtEntries } from '../failed-batches/entries.ts';
import { describeQueue, type QueueCounts, readQueue } from '../failed-batches/queues.ts';
import {
  type FailedBatchRow,
  type FailedBatchState,
  failedBatchTable,
  nameOf,
  sortRows,
  stateOf,
  toJsonRow,
} from '../failed-batches/rows.ts';
import type { Target } from '../failed-batches/targets.ts';
import { formatBatches, formatLetters, tableLines } from '../table.ts';

/** The state of all failed batches. */
export interface ReplayStatus {
  readonly bucket: string;
  readonly replayQueue: QueueCounts;
  readonly deadLetterQueue: QueueCounts;
  /** Failed batches by state, where a dead letter that names none counts as dead; and all dead letters. */
  readonly counts: Readonly<Record<FailedBatchState | 'deadLetters', number>>;
  /** Replayed and dismissed ones only if they were requested or still have a dead letter. */
  readonly failedBatches: readonly StatusRow[];
}

/** A failed batch whose state is known. */
type StatusRow = FailedBatchRow & { readonly state: FailedBatchState };

/** What {@link readStatus} works with. */
export interface StatusParts extends ReadOptions {
  readonly targets: Readonly<Record<Target, string>>;
  readonly failedBatches: FailedBatchListing;
  readonly sqs: SQSClient;
  readonly progress: (line: string) => void;
}

/**
 * Prints the state of all failed batches.
 *
 * @param all whether to list the replayed and dismissed ones too
 * @returns true
 */
export async function status(all: boolean, context: CommandContext): Promise<true> {
  const { calls, now, progress, sqs, targets, waitSeconds } = context;
  const failedBatches = context.storeOf(targets.bucket);
  const parts = { ...calls, failedBatches, progress, sqs, targets, waitSeconds };
  const read = await readStatus(parts, all);
  context.answer(toJsonStatus(read), () => statusLines(read, now()));
  return true;
}

/**
 * Reads the state of all failed batches without changing anything.
 *
 * @param all whether to list the replayed and dismissed ones too
 * @throws {ArchiverError} `LOAD_FAILED`, `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function readStatus(parts: StatusParts, all: boolean): Promise<ReplayStatus> {
  const { progress, sqs, targets } = parts;
  const { bucket } = targets;
  const [replayQueue, deadLetterQueue] = await Promise.all([
    readQueue(sqs, targets.queue, parts),
    readQueue(sqs, targets.deadLetterQueue, parts),
  ]);
  progress('reading dead letters');
  // Before the bucket: a batch that is replayed in between then counts as replayed, not as dead.
  const letters = await readDeadLetters(sqs, targets.deadLetterQueue, parts);
  const places = byPlace(letters);
  const found = await lookAtEntries(parts.failedBatches, parts, {
    look: (entry) => toRow(entry, places.get(placeOf(entry)) ?? [], { ...parts, all }),
    seen: (count) => progress(`${formatBatches(count)} read`),
  });
  for (const { key = '' } of found) places.delete(placeOf({ bucket, key }));
  const strays = [...places.values()].map((letters) => toStrayRow(letters, bucket));
  const rows = [...found, ...strays];
  const counts = { waiting: 0, dead: 0, replayed: 0, dismissed: 0, deadLetters: letters.length };
  for (const { state } of rows) counts[state] += 1;
  return {
    ...{ bucket, counts },
    replayQueue: replayQueue.counts,
    deadLetterQueue: deadLetterQueue.counts,
    failedBatches: sortRows(rows.filter((row) => all || isOpen(row))),
  };
}

/** The status as lines for people. @param now epoch milliseconds */
function statusLines(given: ReplayStatus, now: number): string[] {
  const { bucket, counts, deadLetterQueue, failedBatches, replayQueue } = given;
  const { dead, dismissed, replayed, waiting } = counts;
  // Rare, so that it is mentioned only where it explains a sum.
  const others = dismissed > 0 ? `, ${dismissed} dismissed` : '';
  return [
    `Failed batches in '${bucket}': ${waiting} waiting, ${dead} dead, ${replayed} replayed${others}`,
    `Replay queue: ${describeQueue(replayQueue)}`,
    `Dead-letter queue: ${describeQueue(deadLetterQueue)}`,
    ...(failedBatches.length > 0 ? ['', ...failedBatchTable(failedBatches, now)] : []),
    ...reasonLines(failedBatches),
    ...hiddenLines(given),
  ];
}

/** The status for programs. */
function toJsonStatus({ failedBatches, ...figures }: ReplayStatus): object {
  return { ...figures, failedBatches: failedBatches.map(toJsonRow) };
}

function isOpen({ deadLetters, state }: FailedBatchRow): boolean {
  return state === 'waiting' || state === 'dead' || deadLetters.length > 0;
}

/** Dead letters by the failed batch that they name, the latest first; those that name none, one by one. */
function byPlace(letters: readonly DeadLetter[]): Map<string, DeadLetter[]> {
  const places = new Map<string, DeadLetter[]>();
  for (const letter of letters.toSorted((a, b) => b.diedAt - a.diedAt)) {
    const named = letter.pointers.map(placeOf);
    for (const place of named.length > 0 ? named : [letter.messageId]) {
      places.set(place, [...(places.get(place) ?? []), letter]);
    }
  }
  return places;
}

/** A bucket's name contains no slash. */
function placeOf({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  return `${bucket}/${key}`;
}

async function toRow(
  entry: FailedBatchEntry,
  deadLetters: readonly DeadLetter[],
  parts: StatusParts & { readonly all: boolean },
): Promise<StatusRow> {
  const { bytes, failedAt, key } = entry;
  const mark = await parts.failedBatches.mark(entry, parts);
  const unmarked = deadLetters.length > 0 ? 'dead' : 'waiting';
  const state = mark === undefined ? unmarked : stateOf(mark);
  const row = {
    key,
    failedAt,
    bytes,
    condition: undefined,
    ranges: [],
    deadLetters,
    state,
    mark,
  } as const;
  // The contents of a batch that is done are not shown.
  if (!parts.all && !isOpen(row)) return row;
  return { ...row, ...(await describeEntry(entry, parts.failedBatches, parts)) };
}

/** Dead letters whose failed batch the bucket does not list, or that name none. */
function toStrayRow(deadLetters: readonly DeadLetter[], bucket: string): StatusRow {
  const [letter] = deadLetters;
  const pointer = letter?.pointers[0];
  const elsewhere =
    pointer?.bucket === bucket ? 'no entry in the bucket' : `in '${pointer?.bucket}'`;
  return {
    key: pointer?.key,
    state: 'dead',
    failedAt: letter?.diedAt ?? 0,
    condition: letter?.condition,
    ranges: [],
    deadLetters,
    note: pointer === undefined ? 'names no failed batch' : elsewhere,
  };
}

/** The reason of each dead letter. */
function reasonLines(rows: readonly FailedBatchRow[]): string[] {
  const reasons = rows.flatMap((row) =>
    row.deadLetters.map(({ code, reason, requestId }) => {
      const request = requestId === undefined ? '' : ` (request ${requestId})`;
      const told =
        code === undefined
          ? 'SQS moved it: every attempt ended without an answer of the function'
          : reason;
      return [`  ${code ?? reason}`, nameOf(row), `${told}${request}`];
    }),
  );
  if (reasons.length === 0) return [];
  return [
    '',
    'Dead letters by code; docs/runbook.md says what to do for each:',
    ...tableLines(reasons),
  ];
}

function hiddenLines({ counts, deadLetterQueue }: ReplayStatus): string[] {
  const hidden = deadLetterQueue.visible + deadLetterQueue.inFlight - counts.deadLetters;
  if (hidden <= 0) return [];
  return [
    '',
    `Not shown: about ${formatLetters(hidden)} that another reader is receiving; their failed batches count as waiting`,
  ];
}
