import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { cacheFolder } from '../../local/kafka-cluster/distribution.ts';

const run = promisify(execFile);

/** Bytes of output that a build may have. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** What is built once, and kept in the cache. */
export interface Build {
  readonly name: string;
  /** Files that decide what comes of it: with others, it is built anew. */
  readonly sources: readonly string[];
  /**
   * Builds it; rejects where that fails.
   *
   * @param folder where what is built is put, new and empty
   */
  make(folder: string): Promise<void>;
}

/** The folder with what was built, made the first time. What was interrupted is not taken for complete. */
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
 * Runs a tool of a build to its end.
 *
 * @throws {Error} with what it said in one line, where it fails or is not there
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
 * The first line of a tool's output that tells of an error, and the one after it, without marks and hosts;
 * undefined where it has said nothing.
 */
export function reasonOf(output: string): string | undefined {
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
