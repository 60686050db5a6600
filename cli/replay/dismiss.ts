import { ArchiverError } from '../../lambda/core/errors.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import type { Ask } from '../ask.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import { deleteDeadLetters } from '../failed-batches/dead-letters.ts';
import { formatLetters } from '../table.ts';

/** Number of objects in the mark of a failed batch that was dismissed instead of replayed. */
export const BY_HAND = 0;

/**
 * Dismisses a failed batch that no replay can store: marks it as done manually, then deletes its dead letters. In this
 * order, since a remaining dead letter shows that work is left.
 *
 * @returns false if the user declined
 * @throws {ArchiverError} `MARK_FAILED`, `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function dismiss(
  { confirm, key }: { readonly confirm: Ask; readonly key: string },
  context: CommandContext<'bucket' | 'deadLetterQueue'>,
): Promise<boolean> {
  const { calls, sqs, targets, waitSeconds } = context;
  const { bucket, deadLetterQueue } = targets;
  if (!(await confirm(`Dismiss '${key}' without a replay, and delete its dead letters?`))) {
    context.answer({ marked: false, deleted: 0 }, () => ['Nothing was changed.']);
    return false;
  }
  const marked = await mark({ bucket, key }, context);
  const deleted = await deleteDeadLetters(sqs, deadLetterQueue, {
    ...{ ...calls, waitSeconds },
    isDone: ({ pointers }) => pointers.some((each) => each.bucket === bucket && each.key === key),
  });
  context.answer({ marked, deleted }, () => [
    `${marked ? 'Marked as done manually' : 'Not in the bucket'}, ${formatLetters(deleted)} deleted.`,
  ]);
  return true;
}

/** @returns false if the failed batch no longer exists; its dead letters may still do */
async function mark(
  pointer: FailedBatchPointer,
  context: Pick<CommandContext, 'calls' | 'now' | 'storeOf'>,
): Promise<boolean> {
  const at = new Date(context.now()).toISOString();
  try {
    const store = context.storeOf(pointer.bucket);
    await store.markReplayed(pointer, { at, objects: BY_HAND }, context.calls);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof ArchiverError) || !(error.cause instanceof Error)) return false;
  return error.cause.name === 'NoSuchKey';
}
