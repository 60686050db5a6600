import pLimit from 'p-limit';
import { ArchiverError } from '../../lambda/core/errors.ts';
import {
  type Selection,
  selectFailedBatches,
} from '../../lambda/core/failed-batch/select-failed-batches.ts';
import type {
  CallOptions,
  FailedBatchEntry,
  FailedBatchListing,
  ReplayRequests,
} from '../../lambda/core/ports.ts';
import { BATCH_MESSAGES, createSqsReplayQueue } from '../../lambda/io/sqs-replay-queue.ts';
import type { Ask } from '../ask.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import { describeEntries } from '../failed-batches/entries.ts';
import { failedBatchTable } from '../failed-batches/rows.ts';
import { formatBatches } from '../table.ts';

/** Selected failed batches, and the number of failed batches that were examined or left out. */
export interface Selected {
  readonly entries: readonly FailedBatchEntry[];
  readonly scanned: number;
  /** Match the selection, but were replayed or dismissed before. */
  readonly alreadyReplayed: number;
}

/** Limits of each call, and progress. */
export interface RunCalls extends CallOptions {
  readonly progress: (line: string) => void;
}

/** Concurrent requests to the replay queue. */
const SENDERS = 4;

/**
 * Lists the selected failed batches without sending them.
 *
 * @returns true
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function listSelected(
  selection: Selection,
  context: CommandContext<'bucket'>,
): Promise<true> {
  const { calls, now, progress, targets } = context;
  const listing = context.storeOf(targets.bucket);
  const selected = await selectEntries(listing, selection, { ...calls, progress });
  const rows = await describeEntries(selected.entries, listing, calls);
  context.answer(toResult(selected, true), () => [
    `Would put ${formatBatches(rows.length)} on the replay queue ${describeRest(selected)}.`,
    ...(rows.length > 0 ? ['', ...failedBatchTable(rows, now())] : []),
  ]);
  return true;
}

/**
 * Puts the selected failed batches on the replay queue.
 *
 * @returns false if the user declined
 * @throws {ArchiverError} `LOAD_FAILED`, `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function enqueueSelected(
  { confirm, selection }: { readonly confirm: Ask; readonly selection: Selection },
  context: CommandContext<'bucket' | 'queue'>,
): Promise<boolean> {
  const { answer, calls, progress, sqs, targets } = context;
  const listing = context.storeOf(targets.bucket);
  const selected = await selectEntries(listing, selection, { ...calls, progress });
  const { entries } = selected;
  const what = `${formatBatches(entries.length)} on the replay queue`;
  const rest = describeRest(selected);
  if (entries.length > 0 && !(await confirm(`Put ${what} ${rest}?`))) {
    answer(toResult({ ...selected, entries: [] }, false), () => ['Nothing was changed.']);
    return false;
  }
  // The queue is only sent to, so the dead-letter queue is not needed.
  const urls = { replayQueueUrl: targets.queue, deadLetterQueueUrl: '' };
  await enqueueAll(createSqsReplayQueue(sqs, urls), entries, { ...calls, progress });
  answer(toResult(selected, false), () => [`Put ${what} ${rest}.`]);
  return true;
}

/**
 * Finds the failed batches that match the selection.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function selectEntries(
  listing: FailedBatchListing,
  selection: Selection,
  { progress, ...options }: RunCalls,
): Promise<Selected> {
  const entries: FailedBatchEntry[] = [];
  let [scanned, alreadyReplayed] = [0, 0];
  for await (const page of selectFailedBatches(listing, selection, options)) {
    entries.push(...page.selected);
    scanned += page.scanned;
    alreadyReplayed += page.replayed;
    progress(`${formatBatches(scanned)} examined, ${entries.length} selected`);
  }
  return { entries, scanned, alreadyReplayed };
}

/**
 * Puts failed batches on the replay queue.
 *
 * @throws {ArchiverError} `QUEUE_FAILED`, with the number of those already on it; to send one twice is harmless
 */
export async function enqueueAll(
  requests: ReplayRequests,
  entries: readonly FailedBatchEntry[],
  { progress, ...options }: RunCalls,
): Promise<void> {
  const limit = pLimit(SENDERS);
  let sent = 0;
  let failure: unknown;
  const send = async (start: number) => {
    if (failure !== undefined) return;
    const batch = entries.slice(start, start + BATCH_MESSAGES);
    try {
      await requests.enqueue(batch, options);
    } catch (error) {
      failure ??= error;
      return;
    }
    sent += batch.length;
    progress(`${sent} of ${formatBatches(entries.length)} on the replay queue`);
  };
  const starts = [...entries.keys()].filter((index) => index % BATCH_MESSAGES === 0);
  await Promise.all(starts.map((start) => limit(send, start)));
  if (failure === undefined) return;
  const far = `${sent} of ${formatBatches(entries.length)} are on the replay queue`;
  if (options.signal.aborted) throw new ArchiverError('QUEUE_FAILED', `stopped: ${far}`);
  throw withPlace(failure, far);
}

/** Adds to a failure how far the command got. */
function withPlace(failure: unknown, far: string): unknown {
  if (!(failure instanceof ArchiverError)) return failure;
  const { cause, code, message, retryable } = failure;
  return new ArchiverError(code, `${far}, the others are not: ${message}`, { cause, retryable });
}

/** The same document with which the replay function answers a command. */
function toResult({ entries, ...counts }: Selected, dryRun: boolean): object {
  const keys = entries.map(({ key }) => key);
  return { dryRun, ...counts, enqueued: keys.length, failedBatches: keys };
}

/** `(5 examined, 1 skipped as replayed or dismissed before)` */
function describeRest({ alreadyReplayed, scanned }: Selected): string {
  const left =
    alreadyReplayed > 0 ? `, ${alreadyReplayed} skipped as replayed or dismissed before` : '';
  return `(${scanned} examined${left})`;
}
