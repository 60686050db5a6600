import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { SERVER_FOLDER } from '../s3-server/key-place.ts';

/** @throws {ArchiverError} `INVALID_SETTINGS` where it is no file that can be read */
export function checkReadable(input: string): void {
  attempt(`cannot read ${input}`, () => {
    accessSync(input, constants.R_OK);
    if (statSync(input).isDirectory()) throw new Error('it is a folder');
  });
}

/** What a run has in its folder, besides the S3 server's. */
export interface RunFolder {
  /** Names of what every run leaves. */
  readonly always: readonly string[];
  /** Names of what some runs leave. */
  readonly sometimes: readonly string[];
}

/**
 * Makes the folder of a run, emptying that of an earlier one; any other has to be empty.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function prepareFolder(out: string, { always, sometimes }: RunFolder): void {
  const ownFiles = [...always, ...sometimes, SERVER_FOLDER];
  attempt(`cannot use --out '${out}'`, () => {
    const files = existsSync(out) ? readdirSync(out) : [];
    const isEarlierRun = always.every((name) => files.includes(name));
    if (files.length > 0 && !(isEarlierRun && files.every((name) => ownFiles.includes(name)))) {
      throw new Error('it must be a new or empty folder, or one of an earlier demo');
    }
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
  });
}

/**
 * The command line of AWS's own runtime client.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where it is not installed
 */
export function ricCommand(): readonly string[] {
  return attempt("--ric needs AWS's runtime client: npm install --no-save aws-lambda-ric", () => [
    fileURLToPath(import.meta.resolve('aws-lambda-ric/bin/index.mjs')),
    'index.handler',
  ]);
}

/** What the system says against it is a user's mistake here, not a defect. */
function attempt<Result>(what: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ArchiverError('INVALID_SETTINGS', `${what}: ${why}`, { cause });
  }
}
