import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { cacheFolder } from '../../local/kafka-cluster/distribution.ts';

const run = promisify(execFile);

/** The most output of a build, in bytes. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** A build that is kept in the cache. */
export interface Build {
  readonly name: string;
  /** The files that determine its result; a change of them causes a new build. */
  readonly sources: readonly string[];
  /**
   * Builds it; rejects if that fails.
   *
   * @param folder the new, empty folder for the result
   */
  make(folder: string): Promise<void>;
}

/** The folder of a build, which is made on first use. An interrupted build leaves nothing in the cache. */
export async function provideBuild({ make, name, sources }: Build): Promise<string> {
  const digest = createHash('sha256');
  for (const source of sources) digest.update(readFileSync(source));
  const folder = join(cacheFolder(process.env), `${name}-${digest.digest('hex').slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  const staging = `${folder}-${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    await make(staging);
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Runs a build tool until it exits.
 *
 * @throws {Error} with one line of its output, if it fails or is not installed
 */
export async function runTool(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  try {
    await run(program, args, { cwd, maxBuffer: MAX_OUTPUT });
  } catch (cause) {
    const { message, stderr, stdout } = cause as Error & { stderr?: string; stdout?: string };
    throw new Error(reasonOf(`${stderr ?? ''}\n${stdout ?? ''}`) ?? message, { cause });
  }
}

/**
 * The first line of a tool's output that reports an error, and the next line, without marks and hosts;
 * undefined if there is no output.
 */
function reasonOf(output: string): string | undefined {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) =>
      line
        .replace(/^\[ERROR\] /, '')
        .replaceAll(/https?:\/\/[^/\s]+\//g, '')
        .trim(),
    )
    .filter((line) => line !== '');
  const first = lines.findIndex((line) => /error|forbidden|could not|cannot|fail/i.test(line));
  return first < 0 ? lines.at(-1) : lines.slice(first, first + 2).join(': ');
}
