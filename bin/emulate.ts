import { print, progress, refuse } from '../cli/terminal.ts';
import { emulateHelp, parseEmulateOptions } from '../emulator/emulate/options.ts';
import { runEmulate } from '../emulator/emulate/run.ts';
import { KafkaClusterError } from '../emulator/kafka-cluster/errors.ts';
import { bundleFunction } from '../lib/bundle.ts';

const { env } = process;
const stop = new AbortController();

/** Milliseconds in which a second signal is the first one, passed on by npm. */
const SAME_SIGNAL_MS = 500;
let stoppedAt = 0;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) stoppedAt = Date.now();
    // By exit, which also ends the function's processes.
    else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(code);
    stop.abort();
  });
}

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
