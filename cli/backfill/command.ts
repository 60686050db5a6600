import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { type OpenBroker, openOnBrokers, runOnTopic, withTopic } from '../mapping/topic-context.ts';
import { wholeNumber } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { backfill } from './backfill.ts';

const OFFSETS = { min: 0, max: Number.MAX_SAFE_INTEGER } as const;
const PARTITIONS = { min: 0, max: 2 ** 31 - 1 } as const;

/**
 * Creates `backfill`.
 *
 * @param openBroker connects to the brokers
 */
export function createBackfillCommand(machine: Machine, openBroker: OpenBroker = openOnBrokers) {
  const command = createCommand(
    'backfill',
    'Archive a range of offsets from the brokers, whatever the consumer group has read: as failed batches, which the replay function archives.',
  );
  const options = command
    .addOption(
      wholeNumber('--partition <n>', 'the partition (required)', PARTITIONS).makeOptionMandatory(),
    )
    .addOption(
      wholeNumber('--from <offset>', 'the first offset (required)', OFFSETS).makeOptionMandatory(),
    )
    .addOption(
      wholeNumber(
        '--to <offset>',
        'the last offset, which is archived, too (required)',
        OFFSETS,
      ).makeOptionMandatory(),
    )
    .option('--include-filtered', 'also archive records that the filters of the mapping leave out')
    .option('--yes', 'write the failed batches; without it, nothing is changed');
  return withTopic(options)
    .addHelpText('after', HELP)
    .action((values) => {
      const { from: first, includeFiltered = false, partition, to: last, yes = false } = values;
      if (first === undefined || last === undefined || partition === undefined) {
        throw new UsageError('--partition, --from and --to are needed');
      }
      if (first > last) throw new UsageError('--from must not be beyond --to');
      const range = { partition, first, last };
      return runOnTopic({ values, machine, openBroker }, (context) =>
        backfill({ range, includeFiltered, yes }, context),
      );
    });
}

const HELP = `
It is for records that were skipped or filtered, or that precede the archive's
starting position. The consumer group stays where it is. What the archive has
already is archived again: as duplicates, which readers drop.

JSON: topic, partition, first, last, filtered (number of records left out),
isDryRun, failedBatches (partition, first, last, records, bytes, outcome, key)
and tooLarge (partition, offset, bytes).

Examples:
  kafka-archive backfill --topic orders --partition 3 --from 100 --to 149
  kafka-archive backfill --topic orders --partition 3 --from 100 --to 149 --yes`;
