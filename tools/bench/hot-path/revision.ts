import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../cli/usage-error.ts';

const root = join(import.meta.dirname, '../../..');

/** The sources of an earlier commit in a temporary folder, which is deleted on disposal. */
export interface Revision extends Disposable {
  readonly folder: string;
  /** The abbreviated commit. */
  readonly commit: string;
}

/**
 * Extracts the sources of a commit of this repository. They use the installed dependencies.
 *
 * @param name a commit, tag or branch
 * @throws UsageError if git knows no such commit
 */
export function extractRevision(name: string): Revision {
  const commit = commitOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'bench-revision-'));
  const archive = git('archive', '--format=tar', commit, 'lambda', 'package.json');
  execFileSync('tar', ['--extract', '--directory', folder], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, commit, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function commitOf(name: string): string {
  try {
    return git(
      'rev-parse',
      '--verify',
      '--quiet',
      '--short',
      '--end-of-options',
      `${name}^{commit}`,
    )
      .toString()
      .trim();
  } catch {
    throw new UsageError(`--against: no commit '${name}' in this repository`);
  }
}

function git(...args: readonly string[]): Buffer {
  return execFileSync('git', args, {
    cwd: root,
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
