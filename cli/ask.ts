import { createInterface } from 'node:readline';
import { Option } from '@commander-js/extra-typings';
import { UsageError } from './usage-error.ts';

/** Asks a yes-or-no question; resolves with false for any answer except yes. */
export type Ask = (question: string) => Promise<boolean>;

/** A terminal to ask on. */
export interface AskOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Answers the question with no when it aborts. */
  readonly signal: AbortSignal;
}

/** Asks on a terminal. Ctrl-C and the end of the input count as no. */
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

/** Flag for {@link consent}. */
export const yesOption = new Option('--yes', 'do not ask before changing anything');

/** How a command obtains consent. */
export interface ConsentOptions {
  /** Whether the user consented on the command line. */
  readonly yes: boolean | undefined;
  readonly ask: Ask | undefined;
  readonly progress: (line: string) => void;
}

/**
 * Returns how to ask for consent to a change: on the terminal, or not at all with `--yes`.
 *
 * @throws {UsageError} if there is neither a terminal nor `--yes`
 */
export function consent({ ask, progress, yes }: ConsentOptions): Ask {
  if (yes) return async () => true;
  if (ask === undefined) {
    throw new UsageError(
      'this command asks before it changes anything, but there is no terminal to ask on: pass --yes',
    );
  }
  return (question) => {
    progress('');
    return ask(question);
  };
}
