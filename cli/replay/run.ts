import pLimit from 'p-limit';
import { ArchiverError } from '../../lambda/core/errors.ts';
import {
  type Selection,
  selectFailedBatches,
} from '../../lambda/core/failed-batch/select-failed-batches.ts';
import type {
  FailedBatchEntry,
  FailedBatchListing,
  ReplayRequests,
  StoreOptions,
} from '../../lambda/core/ports.ts';
import { BATCH_MESSAGES, createSqsReplayQueue } from '../../lambda/io/sqs-replay-queue.ts';
import { formatBatches } from '../table.ts';
import type { CommandContext } from './context.ts';
import { describeEntries } from './entries.ts';
import type { RunOptions } from './options.ts';
import { failedBatchTable } from './rows.ts';
import { neededTargets } from './targets.ts';

/** Failed batches that are meant, and what was looked at for them. Numbers count failed batches. */
export interface Selected {
  readonly entries: readonly FailedBatchEntry[];
  readonly scanned: number;
  /** Meant, but left out since they were replayed. */
  readonly alreadyReplayed: number;
}

/** How far a call may take, and who is told of it. */
export interface RunCalls extends StoreOptions {
  readonly progress: (line: string) => void;
}

/** Requests to the replay queue at a time. */
const SENDERS = 4;

/** Puts failed batches on the replay queue, or lists them. @returns whether it was to be done */
export function run(options: RunOptions, context: CommandContext): Promise<boolean> {
  return options.dryRun ? list(options, context) : enqueue(options, context);
}

async function list({ selection }: RunOptions, context: CommandContext): Promise<true> {
  const { calls, now, progress } = context;
  const { bucket } = await context.find(neededTargets['run --dry-run']);
  const listing = context.storeOf(bucket);
  const selected = await selectEntries(listing, selection, { ...calls, progress });
  const rows = await describeEntries(selected.entries, listing, calls);
  context.answer(toResult(selected, true), () => [
    `${formatBatches(rows.length)} would be put on the replay queue ${describeRest(selected)}`,
    ...(rows.length > 0 ? ['', ...failedBatchTable(rows, now())] : []),
  ]);
  return true;
}

async function enqueue({ selection }: RunOptions, context: CommandContext): Promise<boolean> {
  const { answer, calls, progress, sqs } = context;
  const { bucket, queue } = await context.find(neededTargets.run);
  const listing = context.storeOf(bucket);
  const selected = await selectEntries(listing, selection, { ...calls, progress });
  const { entries } = selected;
  const what = `${formatBatches(entries.length)} on the replay queue`;
  const rest = describeRest(selected);
  const isWanted = entries.length === 0 || (await context.confirm(`Put ${what} ${rest}?`));
  if (!isWanted) {
    answer(toResult({ ...selected, entries: [] }, false), () => ['nothing was changed']);
    return false;
  }
  // Nothing is given up from here.
  const urls = { replayQueueUrl: queue, deadLetterQueueUrl: '' };
  await enqueueAll(createSqsReplayQueue(sqs, urls), entries, { ...calls, progress });
  answer(toResult(selected, false), () => [`put ${what} ${rest}`]);
  return true;
}

/**
 * Finds the failed batches that are meant.
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
    progress(`${formatBatches(scanned)} looked at, ${entries.length} of them to replay`);
  }
  return { entries, scanned, alreadyReplayed };
}

/**
 * Puts failed batches on the replay queue.
 *
 * @throws {ArchiverError} `QUEUE_FAILED`, saying how many are on it: to put one there twice does no harm
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

/** The failure, with how far it came. */
function withPlace(failure: unknown, far: string): unknown {
  if (!(failure instanceof ArchiverError)) return failure;
  const { cause, code, message, retryable } = failure;
  return new ArchiverError(code, `${far}, the rest is not: ${message}`, { cause, retryable });
}

/** As the replay function answers a command. */
function toResult({ entries, ...counts }: Selected, dryRun: boolean): object {
  const keys = entries.map(({ key }) => key);
  return { dryRun, ...counts, enqueued: keys.length, failedBatches: keys };
}

/** `(5 looked at, 1 of them left out: replayed before)` */
function describeRest({ alreadyReplayed, scanned }: Selected): string {
  const left = alreadyReplayed > 0 ? `, ${alreadyReplayed} left out: replayed before` : '';
  return `(${scanned} looked at${left})`;
}
