import { consent, yesOption } from '../ask.ts';
import { createCommand } from '../command.ts';
import { runOnFailedBatches } from '../failed-batches/context.ts';
import { withTargets } from '../failed-batches/targets.ts';
import type { Machine } from '../machine.ts';
import { named, parseName, time, wholeNumber } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { dismiss } from './dismiss.ts';
import { redrive } from './redrive.ts';
import { enqueueSelected, listSelected } from './run.ts';
import { show } from './show.ts';

/** Messages per second: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
const rateRange = { min: 1, max: 500 } as const;

/**
 * Creates `replay` with its subcommands.
 *
 * @param waitSeconds see `FailedBatchRun`
 */
export function createReplayCommand(machine: Machine, waitSeconds?: number) {
  return createCommand('replay', 'Replay failed batches, or dismiss them.')
    .addHelpText('after', HELP)
    .addCommand(createRun(machine))
    .addCommand(createRedrive(machine))
    .addCommand(createShow(machine))
    .addCommand(createDismiss(machine, waitSeconds));
}

const HELP = `
A failed batch is an entry of the failed-batch bucket until it is replayed. The
replay function does that automatically from its queue; a batch that it cannot
replay becomes a dead letter and waits for you. 'kafka-archive status' lists
both.`;

function createRun(machine: Machine) {
  const command = createCommand(
    'run',
    'Queue failed batches for replay again, even if their queue messages have expired or were deleted. Batches that were replayed or dismissed are skipped.',
  );
  return withTargets(
    command
      .option('--prefix <text>', 'only batches whose keys start with this')
      .addOption(
        time(
          '--since <time>',
          'only batches that failed at this time or later: ISO 8601, such as 2026-11-24T09:00:00Z, or an age, such as 30m, 2h or 7d',
          machine,
        ),
      )
      .addOption(
        time('--until <time>', 'only batches that failed before this time, as above', machine),
      )
      .addOption(named('--topic <name>', 'only batches with records of this topic'))
      .option(
        '--force',
        'include replayed and dismissed batches; existing objects are left unchanged',
      )
      .option('--dry-run', 'only list the batches')
      .addOption(yesOption),
  )
    .addHelpText('after', RUN_HELP)
    .action(async (values) => {
      const { dryRun, force = false, prefix = '', since, topic, until, yes } = values;
      if (since !== undefined && until !== undefined && since >= until) {
        throw new UsageError('--since must be before --until');
      }
      const selection = { prefix, since, until, topic, force };
      if (dryRun) {
        const needed = ['bucket'] as const;
        return runOnFailedBatches({ machine, needed, values }, (context) =>
          listSelected(selection, context),
        );
      }
      const confirm = consent({ ...machine, yes });
      const needed = ['bucket', 'queue'] as const;
      return runOnFailedBatches({ machine, needed, values }, (context) =>
        enqueueSelected({ confirm, selection }, context),
      );
    });
}

const RUN_HELP = `
JSON: dryRun, scanned, alreadyReplayed, enqueued (numbers of batches),
failedBatches (their keys).

Examples:
  kafka-archive replay run --since 2h --topic orders --dry-run
  kafka-archive replay run --since 2h --topic orders --yes`;

function createRedrive(machine: Machine) {
  const command = createCommand(
    'redrive',
    'Move the dead letters back to the replay queue, and follow the move task of SQS to its end. A task that is already running is followed instead.',
  );
  return withTargets(
    command
      .addOption(
        wholeNumber(
          '--max-per-second <n>',
          'messages per second (default: SQS chooses the rate)',
          rateRange,
        ),
      )
      .addOption(yesOption),
  )
    .addHelpText('after', REDRIVE_HELP)
    .action(async (values) => {
      const options = {
        maxPerSecond: values.maxPerSecond,
        confirm: consent({ ...machine, yes: values.yes }),
      };
      const needed = ['queue', 'deadLetterQueue'] as const;
      return runOnFailedBatches({ machine, needed, values }, (context) =>
        redrive(options, context),
      );
    });
}

const REDRIVE_HELP = `
Fix the cause first: 'kafka-archive status' shows it, and docs/runbook.md has a
section on each.

JSON: outcome (done, nothing, declined), moved (approximate number of dead
letters).

Examples:
  kafka-archive replay redrive
  kafka-archive replay redrive --max-per-second 10 --yes`;

function createShow(machine: Machine) {
  const command = createCommand(
    'show',
    'Show one failed batch: its offsets, why it failed, and whether it was replayed or dismissed.',
  );
  return withTargets(
    command
      .argument('<key>', 'key of the failed batch, as status lists it', parseName)
      .option(
        '--records',
        'print its records and nothing else, one JSON line each, as in the archive. Only this prints keys, headers and values',
      ),
  )
    .addHelpText('after', SHOW_HELP)
    .action((key, values) =>
      runOnFailedBatches({ machine, needed: ['bucket'] as const, values }, (context) =>
        show({ key, records: values.records === true }, context),
      ),
    );
}

const SHOW_HELP = `
JSON: key, state (replayed, dismissed, not replayed), replayedAt, objects,
dismissedAt, condition, functionError, invokeCount, requestId, failedAt,
records, bytes, hasPayload, and ranges as for 'kafka-archive status'. Unknown
values are left out.

Examples:
  kafka-archive replay show KEY
  kafka-archive replay show KEY --records | jq .value`;

function createDismiss(machine: Machine, waitSeconds: number | undefined) {
  const command = createCommand(
    'dismiss',
    'Dismiss a failed batch that cannot be replayed, after you archived its records yourself or decided to drop them. It is marked as dismissed, expires like a replayed one, and its dead letters are deleted. A batch that is already replayed or dismissed keeps its mark.',
  );
  return withTargets(
    command
      .argument('<key>', 'key of the failed batch, as status lists it', parseName)
      .addOption(yesOption),
  )
    .addHelpText('after', DISMISS_HELP)
    .action(async (key, values) => {
      const confirm = consent({ ...machine, yes: values.yes });
      const needed = ['bucket', 'deadLetterQueue'] as const;
      return runOnFailedBatches({ machine, needed, values, waitSeconds }, (context) =>
        dismiss({ confirm, key }, context),
      );
    });
}

const DISMISS_HELP = `
JSON: marked (false if the batch is not in the bucket), deleted (number of dead
letters).

Examples:
  kafka-archive replay dismiss KEY`;
