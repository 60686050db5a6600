import { listenForStop } from '../../../cli/stop-signals.ts';
import { print, progress, refuse } from '../../../cli/terminal.ts';
import { bundleFunction } from '../../../lib/functions/bundle.ts';
import { emulateHelp, parseEmulateOptions } from '../emulate/options.ts';
import { runEmulate } from '../emulate/run.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';

const { env } = process;
const stop = listenForStop();

try {
  const options = parseEmulateOptions(process.argv.slice(2), env, Date.now());
  if (options === 'help') print(emulateHelp);
  else {
    const deps = { bundle: bundleFunction, environment: env, now: Date.now, print, progress };
    const isDone = await runEmulate(options, { ...deps, stop: stop.signal });
    if (!isDone) process.exitCode = 1;
  }
} catch (error) {
  refuse(error, KafkaClusterError);
}
