import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const bench = join(import.meta.dirname, '..');

/**
 * Runs a script of `bench/` with Node as this process was started, with one thread for compression, and
 * returns what it prints, which is JSON.
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
