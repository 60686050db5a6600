import { demoHelp, parseDemoOptions } from '../emulator/demo/options.ts';
import { runDemo } from '../emulator/demo/run.ts';
import { ArchiverError } from '../lambda/core/errors.ts';
import { bundleFunction } from '../lib/bundle.ts';

const { stdout } = process;

/** Milliseconds between lines of progress where they cannot be written over. */
const PROGRESS_MS = 5_000;

let nextProgress = 0;
function progress(line: string): void {
  if (stdout.isTTY) stdout.write(`\r\x1b[K${line}`);
  else if (line !== '' && Date.now() >= nextProgress) {
    stdout.write(`${line}\n`);
    nextProgress = Date.now() + PROGRESS_MS;
  }
}

function print(line: string): void {
  if (stdout.isTTY) stdout.write('\r\x1b[K');
  stdout.write(`${line}\n`);
}

// By exit, which also ends the function's processes.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') print(demoHelp);
  else {
    const deps = { codeFolder: bundleFunction('archive'), now: Date.now, print, progress };
    if (!(await runDemo(options, deps))) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ArchiverError && error.code === 'INVALID_SETTINGS')) throw error;
  progress('');
  console.error(error.message);
  process.exitCode = 2;
}
