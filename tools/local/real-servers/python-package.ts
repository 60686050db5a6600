import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArchiverError } from '../../../lambda/core/errors.ts';

const run = promisify(execFile);

/**
 * The folder of programs of a Python that has some packages, from a cache that is filled the first time.
 *
 * @param requirements names and versions, as pip takes them
 * @throws {ArchiverError} `INVALID_SETTINGS` if Python or the packages are unavailable
 */
export async function providePythonPackage(...requirements: readonly string[]): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'msk-s3-archiver');
  const folder = join(
    cache,
    requirements.join('-').replaceAll('==', '-').replaceAll(/[[\]]/g, '_'),
  );
  const programs = join(folder, 'bin');
  if (existsSync(join(folder, 'complete'))) return programs;
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', ...requirements];
    await run(join(programs, 'python'), pip);
    writeFileSync(join(folder, 'complete'), '');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot install ${requirements.join(', ')}, which needs python3 with venv and pip: ${why}`;
    throw new ArchiverError('INVALID_SETTINGS', message, { cause });
  }
  return programs;
}
