import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Argument } from '@commander-js/extra-typings';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError, progress } from '../../cli/terminal.ts';
import { KafkaClusterError } from '../local/kafka-cluster/errors.ts';
import { proveOnKafka } from './real.ts';
import { proveSimulated } from './simulated.ts';
import { sumOf } from './topic-proof.ts';

const command = createCommand(
  'npm run prove --',
  `Proves the audit. Topics with random histories are archived, in memory and on a real Kafka \
broker: transactions, compaction, deletion, filters, failed batches, resets. An oracle that shares no \
code with the audit knows from the history what every offset is, and each audit must say the same. \
Then losses are planted: objects deleted, records and whole partitions left out, lines broken, keys \
exchanged. Each must be found at its exact offsets, and nothing else may be called a loss.`,
)
  .addArgument(new Argument('<what>', 'what to prove').choices(['audit'] as const))
  .addOption(
    wholeNumber('--seed <n>', 'chooses the histories and the losses', {
      ...{ min: 0, max: 2 ** 32 - 1 },
    }),
  )
  .addOption(
    wholeNumber('--simulated <n>', 'losses to plant after histories in memory', {
      ...{ min: 0, max: 1_000_000, default: 500 },
    }),
  )
  .addOption(
    wholeNumber('--kafka <n>', 'losses to plant in archives of a real broker', {
      ...{ min: 0, max: 10_000, default: 50 },
    }),
  )
  .option('--out <folder>', 'the folder for the data of the broker', 'prove-out')
  .addHelpText(
    'after',
    `
The last line, for example:
  audit: 550 planted, 550 found, 0 false

The same seed makes the same histories in memory, and plants the same losses.
With --kafka 0, no Java is needed.

Exit code: 0 if every loss was found and nothing was false, 1 if not, after the
history that shows it, 2 if the command line is wrong.`,
  )
  .action(async (_, { kafka, out, seed = randomInt(2 ** 32), simulated }) => {
    print(`seed=${seed}`);
    const inMemory = await proveSimulated(simulated, seed, (planted, histories) =>
      progress(`${planted} of ${simulated} losses planted after ${histories} histories in memory`),
    );
    rmSync(out, { recursive: true, force: true });
    const folder = join(out, 'kafka');
    const onKafka =
      kafka === 0
        ? sumOf([])
        : await proveOnKafka(kafka, { folder, seed }, (planted, topic) =>
            progress(`${planted} of ${kafka} losses planted on Kafka · ${topic}`),
          );
    progress('');
    const { found, planted, problems, wrong } = sumOf([inMemory, onKafka]);
    for (const line of problems) print(line);
    print(`audit: ${planted} planted, ${found} found, ${wrong} false`);
    if (found < planted || wrong > 0 || planted < simulated + kafka) throw new NotDone();
  });

// Exiting also ends the broker.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exitCode = await run(command, process.argv.slice(2), { print, printError }, [
  KafkaClusterError,
]);
