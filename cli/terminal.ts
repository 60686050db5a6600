import { once } from 'node:events';

const { stderr, stdout } = process;

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // A reader such as `head` closes the pipe once it has read enough.
    if (stream === stdout) process.exit();
  });
}

/** Milliseconds between lines of progress on a stream that is not a terminal. */
const PROGRESS_MS = 5_000;

/** A stream that progress is written to. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'columns' | 'isTTY' | 'write'>;

/** Writes each line of progress over the previous one; on a stream that is not a terminal, a line now and then. */
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

/** Shows progress on standard output. */
export const progress = progressOn(stdout);

/** Writes text to standard output, in place of any progress. */
export function print(text: string): void {
  writeTo(stdout, text);
}

/** Writes text to standard error, in place of any progress. */
export function printError(text: string): void {
  writeTo(stderr, text);
}

/**
 * Writes bytes to standard output and nothing else. Resolves once its reader has room for more, or the signal aborts.
 */
export async function write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (stdout.write(bytes)) return;
  await once(stdout, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function writeTo(stream: NodeJS.WriteStream, text: string): void {
  if (stream.isTTY) stream.write('\r\x1b[K');
  stream.write(`${text}\n`);
}
