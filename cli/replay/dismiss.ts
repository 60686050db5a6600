import { ArchiverError } from '../../lambda/core/errors.ts';
import type { FailedBatchPointer } from '../../lambda/core/failed-batch/replay-message.ts';
import type { Ask } from '../ask.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import { deleteDeadLetters } from '../failed-batches/dead-letters.ts';
import { stateOf } from '../failed-batches/rows.ts';
import { formatLetters, toLine } from '../table.ts';

/**
 * Dismisses a failed batch that no replay can store: marks it as dismissed unless it has a mark, then deletes its dead
 * letters. In this order, since a remaining dead letter shows that work is left.
 *
 * @returns false if the user declined
 * @throws {ArchiverError} `FAILED_BATCH_NOT_FOUND` if neither the bucket nor a dead letter has the key; `LOAD_FAILED`,
 * `MARK_FAILED`, `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function dismiss(
  { confirm, key }: { readonly confirm: Ask; readonly key: string },
  context: CommandContext<'bucket' | 'deadLetterQueue'>,
): Promise<boolean> {
  const { calls, sqs, targets, waitSeconds } = context;
  const { bucket, deadLetterQueue } = targets;
  const question = `Dismiss '${toLine(key)}' without a replay, and delete its dead letters?`;
  if (!(await confirm(question))) {
    context.answer({ marked: false, deleted: 0 }, () => ['Nothing was changed.']);
    return false;
  }
  const outcome = await mark({ bucket, key }, context);
  const deleted = await deleteDeadLetters(sqs, deadLetterQueue, {
    ...{ ...calls, waitSeconds },
    isDone: ({ pointers }) => pointers.some((each) => each.bucket === bucket && each.key === key),
  });
  if (outcome === 'Not in the bucket' && deleted === 0) {
    const problem = `'${key}' is not in '${bucket}', and no dead letter names it: nothing was changed`;
    throw new ArchiverError('FAILED_BATCH_NOT_FOUND', problem);
  }
  context.answer({ marked: outcome !== 'Not in the bucket', deleted }, () => [
    `${outcome}, ${formatLetters(deleted)} deleted.`,
  ]);
  return true;
}

type Outcome =
  | 'Marked as dismissed'
  | 'Already marked as dismissed'
  | 'Already marked as replayed'
  | 'Not in the bucket';

async function mark(
  pointer: FailedBatchPointer,
  { calls, now, storeOf }: Pick<CommandContext, 'calls' | 'now' | 'storeOf'>,
): Promise<Outcome> {
  const at = new Date(now()).toISOString();
  const store = storeOf(pointer.bucket);
  const earlier = await store.mark(pointer, calls);
  if (earlier !== undefined) return `Already marked as ${stateOf(earlier)}`;
  try {
    await store.markReplayed(pointer, { at, objects: undefined }, calls);
    return 'Marked as dismissed';
  } catch (error) {
    // The dead letters of a batch that no longer exists may still do.
    if (isMissing(error)) return 'Not in the bucket';
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof ArchiverError) || !(error.cause instanceof Error)) return false;
  return error.cause.name === 'NoSuchKey';
}
