import { demoHelp, parseDemoOptions } from '../emulator/demo/options.ts';
import { runDemo } from '../emulator/demo/run.ts';
import { ArchiverError } from '../lambda/core/errors.ts';
import { bundleFunction } from '../lib/bundle.ts';

const { stdout } = process;

/** On a terminal the line is written over; elsewhere each tenth of them is a line of its own. */
let told = 0;
function progress(line: string): void {
  if (stdout.isTTY) stdout.write(`\r\x1b[K${line}`);
  else if (line !== '' && told++ % 10 === 0) stdout.write(`${line}\n`);
}

function print(line: string): void {
  if (stdout.isTTY) stdout.write('\r\x1b[K');
  stdout.write(`${line}\n`);
}

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') print(demoHelp);
  else {
    const deps = { codeFolder: bundleFunction('archive'), now: Date.now, print, progress };
    if (!(await runDemo(options, deps))) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ArchiverError && error.code === 'INVALID_SETTINGS')) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
