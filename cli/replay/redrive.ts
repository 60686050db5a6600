import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import type { Ask } from '../ask.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import { type QueueCounts, readQueue } from '../failed-batches/queues.ts';
import { formatLetters } from '../table.ts';
import { createMoveTasks, type MoveTask, type MoveTasks } from './move-tasks.ts';

/** How to redrive. */
export interface RedriveOptions {
  /** Messages per second. @default - SQS chooses the rate */
  readonly maxPerSecond: number | undefined;
  readonly confirm: Ask;
}

/** What {@link redriveAll} works with. */
export interface RedriveParts
  extends RedriveOptions,
    Pick<CommandContext, 'pause' | 'progress' | 'tell'>,
    CallOptions {
  readonly tasks: MoveTasks;
  /** Message counts of the dead-letter queue. */
  readonly counts: QueueCounts;
}

/** Result of a redrive; the outcome is `nothing` if there are no dead letters. */
export interface RedriveResult {
  readonly outcome: 'done' | 'nothing' | 'declined';
  /** Dead letters that were moved, by SQS's approximate count. */
  readonly moved: number;
}

const POLL_MS = 1_000;
/** Polls within which a started task must appear in the list. */
const MAX_POLLS_UNSEEN = 60;

/** Moves the dead letters back to the replay queue and prints their number. @returns false if the user declined */
export async function redrive(
  options: RedriveOptions,
  context: CommandContext<'queue' | 'deadLetterQueue'>,
): Promise<boolean> {
  const { calls, pause, progress, sqs, targets, tell } = context;
  const { deadLetterQueue, queue } = targets;
  const from = await readQueue(sqs, deadLetterQueue, calls);
  const to = await readQueue(sqs, queue, calls);
  const tasks = createMoveTasks(sqs, { from: from.arn, to: to.arn });
  const parts = { ...calls, pause, progress, tell, tasks, counts: from.counts };
  const result = await redriveAll({ ...options, ...parts });
  const told = {
    done: `About ${formatLetters(result.moved)} moved back to the replay queue. Follow them with 'kafka-archive status'.`,
    nothing: 'There are no dead letters.',
    declined: 'Nothing was changed.',
  };
  context.answer(result, () => [told[result.outcome]]);
  return result.outcome !== 'declined';
}

/**
 * Starts a task that moves the dead letters back to the replay queue, and follows it to its end; a task that is
 * already running is followed instead. When the signal aborts, the task continues in SQS.
 *
 * @throws {ArchiverError} `QUEUE_FAILED`, also for a task that failed or was cancelled; `STORE_ABORTED`
 */
export async function redriveAll(parts: RedriveParts): Promise<RedriveResult> {
  const { counts, maxPerSecond, tasks, tell } = parts;
  const before = await tasks.latest(parts);
  if (isRunning(before)) {
    tell(`Following the move task that started at ${new Date(before.startedAt).toISOString()}.`);
    return follow(parts, undefined);
  }
  if (counts.visible === 0) return refuseNone(counts);
  const question = `Move ${formatLetters(counts.visible)} back to the replay queue?`;
  if (!(await parts.confirm(question))) return { outcome: 'declined', moved: 0 };
  try {
    await tasks.start(maxPerSecond, parts);
  } catch (error) {
    // The task may have started anyway, or someone else's; how SQS refuses a second one is not documented.
    if (!isRunning(await tasks.latest(parts))) throw error;
  }
  return follow(parts, before);
}

function refuseNone({ inFlight }: QueueCounts): RedriveResult {
  if (inFlight === 0) return { outcome: 'nothing', moved: 0 };
  const held = `another reader is receiving ${formatLetters(inFlight)}`;
  throw new ArchiverError(
    'QUEUE_FAILED',
    `no dead letter is visible, but ${held}: try again in a minute`,
  );
}

/** @param before the previous task, which has ended */
async function follow(parts: RedriveParts, before: MoveTask | undefined): Promise<RedriveResult> {
  const { pause, progress, signal } = parts;
  try {
    for (let unseen = 0; unseen < MAX_POLLS_UNSEEN; ) {
      const task = await parts.tasks.latest(parts);
      if (task === undefined || task.startedAt === before?.startedAt) unseen += 1;
      else {
        progress(`${task.moved} of ${formatLetters(task.toMove)} moved`);
        if (!isRunning(task)) return ended(task);
      }
      await pause(POLL_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ArchiverError('QUEUE_FAILED', LEFT);
  }
  throw new ArchiverError('QUEUE_FAILED', 'the move task was started, but SQS does not list it');
}

const LEFT =
  "stopped watching; the move task continues in SQS, and 'kafka-archive replay redrive' follows it again";

function ended({ moved, reason, status, toMove }: MoveTask): RedriveResult {
  // The count of moved messages lags behind the status.
  if (status === 'COMPLETED') return { outcome: 'done', moved: Math.max(moved, toMove) };
  const why = reason === undefined ? '' : `: ${reason}`;
  const far = `after ${moved} of ${formatLetters(toMove)}`;
  throw new ArchiverError('QUEUE_FAILED', `the move task ended as ${status} ${far}${why}`);
}

function isRunning(task: MoveTask | undefined): task is MoveTask {
  return task?.status === 'RUNNING' || task?.status === 'CANCELLING';
}
