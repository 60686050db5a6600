import { run } from '../../../cli/command.ts';
import { print } from '../../../cli/terminal.ts';
import { kafkaCommand } from '../kafka-cluster/command.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';

const output = { print, printError: console.error };
process.exitCode = await run(kafkaCommand(print), process.argv.slice(2), output, [
  KafkaClusterError,
]);
