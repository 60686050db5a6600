import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { SERVER_FOLDER } from '../s3-server/key-place.ts';

/** @throws {ArchiverError} `INVALID_SETTINGS` if the input is not a readable file */
export function checkReadable(input: string): void {
  attempt(`cannot read ${input}`, () => {
    accessSync(input, constants.R_OK);
    if (statSync(input).isDirectory()) throw new Error('it is a folder');
  });
}

/** Files of a run in its folder, besides those of the S3 server. */
export interface RunFolder {
  /** Names that every run leaves. */
  readonly always: readonly string[];
  /** Names that some runs leave. */
  readonly sometimes: readonly string[];
}

/**
 * Creates the folder of a run. Empties the folder of an earlier run; any other folder must be empty.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function prepareFolder(out: string, { always, sometimes }: RunFolder): void {
  const ownFiles = [...always, ...sometimes, SERVER_FOLDER];
  attempt(`cannot use --out '${out}'`, () => {
    const files = existsSync(out) ? readdirSync(out) : [];
    const isEarlierRun = always.every((name) => files.includes(name));
    if (files.length > 0 && !(isEarlierRun && files.every((name) => ownFiles.includes(name)))) {
      throw new Error('it must be a new or empty folder, or that of an earlier demo');
    }
    rmSync(out, { recursive: true, force: true });
    makeFolder(resolve(out));
  });
}

/** Creates a folder. Not recursively, since Node then tries for ever in a file system such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/**
 * The command line of AWS's own runtime client.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if it is not installed
 */
export function ricCommand(): readonly string[] {
  return attempt("--ric needs AWS's runtime client: npm install --no-save aws-lambda-ric", () => [
    fileURLToPath(import.meta.resolve('aws-lambda-ric/bin/index.mjs')),
    'index.handler',
  ]);
}

/** Reports an error of the system as the user's mistake, not as a defect. */
function attempt<Result>(what: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ArchiverError('INVALID_SETTINGS', `${what}: ${why}`, { cause });
  }
}
