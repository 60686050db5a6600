import { run } from '../../../cli/command.ts';
import { print, printError, progress } from '../../../cli/terminal.ts';
import { bundleFunction } from '../../../lib/functions/bundle.ts';
import { demoCommand } from '../demo/command.ts';
import { runDemo } from '../demo/run.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';

/** Set while the run waits for the user. */
let end: (() => void) | undefined;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (end !== undefined) end();
    // Exiting also ends the processes of the functions and of Kafka.
    else process.exit(code);
  });
}

/** Resolves at Ctrl-C. */
function waitForUser(): Promise<void> {
  return new Promise((resolve) => {
    end = resolve;
  });
}

const deps = { bundle: bundleFunction, now: Date.now, print, progress, waitForUser };
const command = demoCommand({
  environment: process.env,
  runDemo: (options) => runDemo(options, deps),
});
process.exitCode = await run(command, process.argv.slice(2), { print, printError }, [
  KafkaClusterError,
]);
