import { ArchiverError } from '../../lambda/core/errors.ts';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { formatLetters } from '../table.ts';
import type { CommandContext } from './context.ts';
import { createMoveTasks, type MoveTask, type MoveTasks } from './move-tasks.ts';
import type { RedriveOptions } from './options.ts';
import { type QueueCounts, readQueue } from './queues.ts';
import { neededTargets } from './targets.ts';

/** What {@link redriveAll} works with. */
export interface RedriveParts
  extends Pick<CommandContext, 'confirm' | 'pause' | 'progress' | 'tell'>,
    StoreOptions {
  readonly tasks: MoveTasks;
  /** Of the dead-letter queue. */
  readonly counts: QueueCounts;
  /** Messages. @default - as SQS sees fit */
  readonly maxPerSecond: number | undefined;
}

/** What became of it: `nothing` where there is no dead letter. */
export interface RedriveResult {
  readonly outcome: 'done' | 'nothing' | 'declined';
  /** Dead letters that were sent back, by SQS's own approximate count. */
  readonly moved: number;
}

const POLL_MS = 1_000;
/** Polls in which a task that was begun has to appear in the list. */
const MAX_POLLS_UNSEEN = 60;

/** Sends dead letters back to the replay queue, and prints how many. @returns whether it was to be done */
export async function redrive(
  { maxPerSecond }: RedriveOptions,
  context: CommandContext,
): Promise<boolean> {
  const { calls, sqs } = context;
  const { deadLetterQueue, queue } = await context.find(neededTargets.redrive);
  const from = await readQueue(sqs, deadLetterQueue, calls);
  const to = await readQueue(sqs, queue, calls);
  const tasks = createMoveTasks(sqs, { from: from.arn, to: to.arn });
  const { confirm, pause, progress, tell } = context;
  const parts = { ...calls, confirm, pause, progress, tell, tasks, counts: from.counts };
  const result = await redriveAll({ ...parts, maxPerSecond });
  const told = {
    done: `about ${formatLetters(result.moved)} sent back to the replay queue; 'status' says what becomes of them`,
    nothing: 'no dead letters: nothing to send back',
    declined: 'nothing was changed',
  };
  context.answer(result, () => [told[result.outcome]]);
  return result.outcome !== 'declined';
}

/**
 * Sends dead letters back to the replay queue, and follows the task until it ends; one that runs already
 * is followed in place of a new one. When the signal aborts, the task goes on.
 *
 * @throws {ArchiverError} `QUEUE_FAILED`, also for a task that failed or was cancelled; `STORE_ABORTED`
 */
export async function redriveAll(parts: RedriveParts): Promise<RedriveResult> {
  const { counts, maxPerSecond, tasks, tell } = parts;
  const before = await tasks.latest(parts);
  if (isRunning(before)) {
    tell(
      `a task that began at ${new Date(before.startedAt).toISOString()} is running: following it`,
    );
    return follow(parts, undefined);
  }
  if (counts.visible === 0) return refuseNone(counts);
  const question = `Send ${formatLetters(counts.visible)} back to the replay queue?`;
  if (!(await parts.confirm(question))) return { outcome: 'declined', moved: 0 };
  try {
    await tasks.start(maxPerSecond, parts);
  } catch (error) {
    // Begun all the same, or by somebody else: how SQS refuses a second one is not documented.
    if (!isRunning(await tasks.latest(parts))) throw error;
  }
  return follow(parts, before);
}

function refuseNone({ inFlight }: QueueCounts): RedriveResult {
  if (inFlight === 0) return { outcome: 'nothing', moved: 0 };
  const held = `${formatLetters(inFlight)} held by another reader for now`;
  throw new ArchiverError('QUEUE_FAILED', `nothing to send back, ${held}: try again in a minute`);
}

/** @param before the task that is over already */
async function follow(parts: RedriveParts, before: MoveTask | undefined): Promise<RedriveResult> {
  const { pause, progress, signal } = parts;
  try {
    for (let unseen = 0; unseen < MAX_POLLS_UNSEEN; ) {
      const task = await parts.tasks.latest(parts);
      if (task === undefined || task.startedAt === before?.startedAt) unseen += 1;
      else {
        progress(`${task.moved} of ${formatLetters(task.toMove)} sent back`);
        if (!isRunning(task)) return ended(task);
      }
      await pause(POLL_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ArchiverError('QUEUE_FAILED', LEFT);
  }
  throw new ArchiverError('QUEUE_FAILED', 'the task was begun, but SQS does not list it');
}

const LEFT = "stopped looking; the task goes on by itself, and 'redrive' follows it again";

function ended({ moved, reason, status, toMove }: MoveTask): RedriveResult {
  // How many were moved is counted later than that the task is done.
  if (status === 'COMPLETED') return { outcome: 'done', moved: Math.max(moved, toMove) };
  const why = reason === undefined ? '' : `: ${reason}`;
  const far = `after ${moved} of ${formatLetters(toMove)}`;
  throw new ArchiverError('QUEUE_FAILED', `the task ended ${status} ${far}${why}`);
}

function isRunning(task: MoveTask | undefined): task is MoveTask {
  return task?.status === 'RUNNING' || task?.status === 'CANCELLING';
}
