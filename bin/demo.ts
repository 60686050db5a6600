import { print, progress, refuse } from '../cli/terminal.ts';
import { demoHelp, parseDemoOptions } from '../emulator/demo/options.ts';
import { runDemo } from '../emulator/demo/run.ts';
import { KafkaClusterError } from '../emulator/kafka-cluster/errors.ts';
import { bundleFunction } from '../lib/bundle.ts';

// By exit, which also ends the processes of the function and of Kafka.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  const options = parseDemoOptions(process.argv.slice(2), process.env);
  if (options === 'help') print(demoHelp);
  else {
    const deps = { codeFolder: bundleFunction('archive'), now: Date.now, print, progress };
    if (!(await runDemo(options, deps))) process.exitCode = 1;
  }
} catch (error) {
  refuse(error, KafkaClusterError);
}
