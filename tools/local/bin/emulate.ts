import { run } from '../../../cli/command.ts';
import { listenForStop } from '../../../cli/stop-signals.ts';
import { print, printError, progress } from '../../../cli/terminal.ts';
import { bundleFunction } from '../../../lib/functions/bundle.ts';
import { emulateCommand } from '../emulate/command.ts';
import { runEmulate } from '../emulate/run.ts';

const { argv, env: environment } = process;
// Stopping is how a run ends: the exit code is then 0.
const { signal: stop } = listenForStop();
const deps = { bundle: bundleFunction, environment, now: Date.now, print, progress, stop };
const command = emulateCommand({ environment, runEmulate: (options) => runEmulate(options, deps) });
process.exitCode = await run(command, argv.slice(2), { print, printError });
