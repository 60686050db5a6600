import { ArchiverError } from '../../lambda/core/errors.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import { formatLetters } from '../table.ts';
import type { CommandContext } from './context.ts';
import { deleteDeadLetters } from './dead-letters.ts';
import type { DismissOptions } from './options.ts';
import { neededTargets } from './targets.ts';

/** How many objects a failed batch is marked with that was not replayed, but is done. */
export const BY_HAND = 0;

/**
 * Takes a failed batch for done that no replay can help: marks it as replayed by hand, and deletes its
 * dead letters. In this order: a letter that is left says that there is something to do.
 *
 * @returns whether it was to be done
 * @throws {ArchiverError} `MARK_FAILED`, `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function dismiss({ key }: DismissOptions, context: CommandContext): Promise<boolean> {
  const { calls, sqs, waitSeconds } = context;
  const { bucket, deadLetterQueue } = await context.find(neededTargets.dismiss);
  const question = `Take '${key}' for done without a replay, and delete its dead letters?`;
  if (!(await context.confirm(question))) {
    context.answer({ marked: false, deleted: 0 }, () => ['nothing was changed']);
    return false;
  }
  const marked = await mark({ bucket, key }, context);
  const deleted = await deleteDeadLetters(sqs, deadLetterQueue, {
    ...{ ...calls, waitSeconds },
    isDone: ({ pointers }) => pointers.some((each) => each.bucket === bucket && each.key === key),
  });
  context.answer({ marked, deleted }, () => [
    `${marked ? 'marked as done by hand' : 'not in the bucket'}, ${formatLetters(deleted)} deleted`,
  ]);
  return true;
}

/** @returns false where it is not there any more: its dead letters may be */
async function mark(pointer: FailedBatchPointer, context: CommandContext): Promise<boolean> {
  const at = new Date(context.now()).toISOString();
  try {
    const store = context.storeOf(pointer.bucket);
    await store.markReplayed(pointer, { at, objects: BY_HAND }, context.calls);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof ArchiverError) || !(error.cause instanceof Error)) return false;
  return error.cause.name === 'NoSuchKey';
}
