import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const bench = join(import.meta.dirname, '..');

/**
 * Runs a script below `tools/bench/` in a new process with one compression thread, and returns the JSON that it
 * prints.
 */
export async function runChild<Result>(
  script: string,
  args: readonly (string | number)[],
): Promise<Result> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(bench, script), ...args.map(String)],
    { env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  return JSON.parse(stdout);
}
