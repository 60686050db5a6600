import { setTimeout as sleep } from 'node:timers/promises';
import { ArchiverError } from '../lambda/core/errors.ts';
import { type Ask, askOn } from './ask.ts';
import { listenForStop } from './stop-signals.ts';
import { print, refuse } from './terminal.ts';

/** What an operator's command is handed of the machine. */
export interface CommandMachine {
  /** Asks the user; undefined where there is no terminal to ask on. */
  readonly ask: Ask | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pause: typeof pause;
  /** Writes what the user asked for. */
  readonly print: (line: string) => void;
  /** Aborts when the user has had enough. */
  readonly stop: AbortSignal;
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/**
 * Runs an operator's command as this process, and sets its exit code: 0 where it is done, 1 where it is not
 * or could not be, 2 for a mistake of the user's, that of the signal where one stopped it.
 *
 * @param command whether it is done
 */
export async function runCommand(
  command: (machine: CommandMachine) => Promise<boolean>,
): Promise<void> {
  const { env: environment, stderr, stdin, stdout } = process;
  const stop = listenForStop();
  const { signal } = stop;
  // Of a `| head`, which has seen enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    const isDone = await command({
      ...{ environment, pause, print, stop: signal },
      ask: stdin.isTTY ? askOn({ input: stdin, output: stderr, signal }) : undefined,
    });
    if (!isDone) process.exitCode = 1;
  } catch (error) {
    refuse(error, ArchiverError);
  }
  if (signal.aborted) process.exitCode = stop.exitCode;
}
