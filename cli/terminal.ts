import { ArchiverError } from '../lambda/core/errors.ts';

const { stdout } = process;

/** Milliseconds between lines of progress where they cannot be written over. */
const PROGRESS_MS = 5_000;

/** Where progress is written. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'columns' | 'isTTY' | 'write'>;

/** Writes lines of progress, each over the last one; where that cannot be, now and then a line of its own. */
export function progressOn(stream: ProgressStream): (line: string) => void {
  let next = 0;
  return (line) => {
    if (stream.isTTY) stream.write(`\r\x1b[K${line.slice(0, stream.columns - 1)}`);
    else if (line !== '' && Date.now() >= next) {
      stream.write(`${line}\n`);
      next = Date.now() + PROGRESS_MS;
    }
  };
}

/** Writes a line of progress over the last one; where that cannot be, now and then a line of its own. */
export const progress = progressOn(stdout);

/** Writes a line that stays. */
export function print(line: string): void {
  if (stdout.isTTY) stdout.write('\r\x1b[K');
  stdout.write(`${line}\n`);
}

/**
 * Writes, in one line, what a user did wrong (exit code 2) or what could not be done (1); anything else is
 * thrown on.
 *
 * @param expected errors that tell a user all there is to know
 */
export function refuse(error: unknown, expected: new (...given: never[]) => Error): void {
  const isMistake = error instanceof ArchiverError && error.code === 'INVALID_SETTINGS';
  if (!isMistake && !(error instanceof expected)) throw error;
  progress('');
  console.error(error.message);
  process.exitCode = isMistake ? 2 : 1;
}
