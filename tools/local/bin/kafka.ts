import { refuse } from '../../../cli/terminal.ts';
import { runKafkaCommand } from '../kafka-cluster/command.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';
import { kafkaHelp, parseKafkaCommand } from '../kafka-cluster/options.ts';

// By exit, which also ends a cluster that is not ready yet.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  const asked = parseKafkaCommand(process.argv.slice(2));
  if (asked === 'help') console.log(kafkaHelp);
  else if (!(await runKafkaCommand(asked, { env: process.env, print: console.log }))) {
    process.exitCode = 1;
  }
} catch (error) {
  refuse(error, KafkaClusterError);
}
