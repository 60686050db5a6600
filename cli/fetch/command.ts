import { Option } from '@commander-js/extra-typings';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { type OpenBroker, openOnBrokers, runOnTopic, withTopic } from '../mapping/topic-context.ts';
import { UsageError } from '../usage-error.ts';
import { fetchRecord } from './fetch.ts';

/**
 * Creates `fetch`.
 *
 * @param openBroker connects to the brokers
 */
export function createFetchCommand(machine: Machine, openBroker: OpenBroker = openOnBrokers) {
  const command = createCommand(
    'fetch',
    'Archive one record from the brokers, also one over the payload limit, which the mapping never delivers: as a failed batch, which the replay function archives.',
  );
  const options = command
    .addOption(
      new Option(
        '--offset <place>',
        'partition and offset, such as 3:5000777 (required)',
      ).makeOptionMandatory(),
    )
    .option('--yes', 'write the failed batch; without it, nothing is changed');
  return withTopic(options)
    .addHelpText('after', HELP)
    .action((values) => {
      const [, partition, offset] = /^(\d{1,10}):(\d{1,16})$/.exec(values.offset) ?? [];
      if (offset === undefined) {
        throw new UsageError('--offset must be a partition and an offset, such as 3:5000777');
      }
      const { yes = false } = values;
      const place = { partition: Number(partition), offset: Number(offset) };
      return runOnTopic({ values, machine, openBroker }, (context) =>
        fetchRecord({ ...place, yes }, context),
      );
    });
}

const HELP = `
The mapping never delivers a record whose event exceeds 6 MB. If the stack keeps
failed batches, Lambda writes an entry with its offset and without its data:
'kafka-archive status' shows it as MaximumPayloadSizeExceeded. After the record
is archived, dismiss that entry with 'kafka-archive replay dismiss'.

The largest record has about 24 MiB, and the replay function needs 512 MiB of
memory for it. The filters of the mapping do not apply.

JSON: topic, partition, offset, isDryRun, failedBatches (partition, first, last,
records, bytes, outcome, key) and tooLarge, which is empty.

Examples:
  kafka-archive fetch --topic orders --offset 3:5000777
  kafka-archive fetch --topic orders --offset 3:5000777 --yes`;
