import { createInterface } from 'node:readline';

/** Asks a person; false for anything but a yes. */
export type Ask = (question: string) => Promise<boolean>;

/** A terminal to ask on. */
export interface AskOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Ends the question, with a no. */
  readonly signal: AbortSignal;
}

/** Asks for a yes or no; Ctrl-C, and the end of the input, are a no. */
export function askOn({ input, output, signal }: AskOptions): Ask {
  return (question) =>
    new Promise((resolve) => {
      const lines = createInterface({ input, output });
      const close = () => lines.close();
      signal.addEventListener('abort', close, { once: true });
      lines.once('close', () => {
        signal.removeEventListener('abort', close);
        resolve(false);
      });
      lines.question(`${question} [y/N] `, (answer) => {
        resolve(/^y(es)?$/i.test(answer.trim()));
        close();
      });
    });
}
