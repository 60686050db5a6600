import { print, progress, refuse } from '../../../cli/terminal.ts';
import { bundleFunction } from '../../../lib/functions/bundle.ts';
import { demoHelp, parseDemoOptions } from '../demo/options.ts';
import { runDemo } from '../demo/run.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';

/** Ends the run's own way, while it waits for that. */
let end: (() => void) | undefined;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (end !== undefined) end();
    // By exit, which also ends the processes of the functions and of Kafka.
    else process.exit(code);
  });
}

/** Resolves at Ctrl-C. */
function seenEnough(): Promise<void> {
  return new Promise((resolve) => {
    end = resolve;
  });
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.env);
  if (options === 'help') print(demoHelp);
  else {
    const deps = { bundle: bundleFunction, now: Date.now, print, progress, seenEnough };
    if (!(await runDemo(options, deps))) process.exitCode = 1;
  }
} catch (error) {
  refuse(error, KafkaClusterError);
}
