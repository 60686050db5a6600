import { createCommand } from '../command.ts';
import { runOnFailedBatches } from '../failed-batches/context.ts';
import { withTargets } from '../failed-batches/targets.ts';
import type { Machine } from '../machine.ts';
import { status } from './status.ts';

/**
 * Creates `status`.
 *
 * @param waitSeconds see `FailedBatchRun`
 */
export function createStatusCommand(machine: Machine, waitSeconds?: number) {
  const command = createCommand(
    'status',
    'List the failed batches that are neither replayed nor dismissed: topic, partition, offsets, age, condition, state (waiting, or dead and why) and key. It changes nothing.',
  );
  return withTargets(
    command.option('--all', 'also list the failed batches that are replayed or dismissed'),
  )
    .addHelpText('after', HELP)
    .action((values) =>
      runOnFailedBatches(
        { machine, needed: ['bucket', 'queue', 'deadLetterQueue'], values, waitSeconds },
        (context) => status(values.all === true, context),
      ),
    );
}

const HELP = `
Each failed batch stays in the failed-batch bucket until the replay function
has stored its records. A batch is dead once its message is in the dead-letter
queue: nothing retries it until you act.

JSON: bucket, counts (waiting, dead, replayed, dismissed, deadLetters),
replayQueue and deadLetterQueue (visible, inFlight, delayed), and failedBatches:
key, state, failedAt, condition, records, bytes, ranges (topic, partition,
firstOffset, lastOffset, firstTimestamp, lastTimestamp), replayedAt, objects,
dismissedAt, note, and deadLetters (messageId, code, reason, condition, offsets,
requestId, diedAt).
Unknown values are left out. Offsets of ranges are strings; times are ISO 8601.

Examples:
  kafka-archive status
  kafka-archive status --stack Shop --json`;
