import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A row that a reader returns: columns by name. Numbers may be text. */
export type Row = Readonly<Record<string, unknown>>;

/** What a query returned, or that it failed. */
export type Answer =
  | { readonly rows: readonly Row[]; readonly error?: undefined }
  | { readonly rows?: undefined; readonly error: string };

/** A program that reads folders of the archive, one request at a time. */
export interface ReaderProgram {
  /** @param reader which of the program's readers */
  read(reader: string, folder: string): Promise<Answer>;
  /** Ends it. */
  close(): void;
}

/**
 * A program that answers each line of its standard input, a JSON request, by a line of its standard output, a JSON
 * {@link Answer}. It starts with the first request; if a request ends it, the answer is an error, and the next request
 * starts it again.
 */
export function readerProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ReaderProgram {
  let child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  let lines: AsyncIterator<string> | undefined;
  const close = () => {
    child?.stdin.end();
    child = undefined;
  };
  const read = async (reader: string, folder: string): Promise<Answer> => {
    if (child === undefined || lines === undefined) {
      child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
      // The answer says that the program has ended.
      child.stdin.on('error', () => undefined);
      lines = linesOf(child.stdout);
    }
    child.stdin.write(`${JSON.stringify({ reader, folder })}\n`);
    const { done, value } = await lines.next();
    if (!done) return JSON.parse(value);
    close();
    return { error: 'the process ended' };
  };
  return { read, close };
}

/** The lines of a stream. Node's readline would also break them at U+2028 and U+2029. */
async function* linesOf(stream: Readable): AsyncGenerator<string, undefined> {
  let parts: string[] = [];
  for await (const chunk of stream.setEncoding('utf8')) {
    const [first = '', ...more] = String(chunk).split('\n');
    parts.push(first);
    for (const next of more) {
      yield parts.join('');
      parts = [next];
    }
  }
  return undefined;
}
