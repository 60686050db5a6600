import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type Ask, askOn } from './ask.ts';
import { type CommandOutput, run } from './command.ts';
import { listenForStop } from './stop-signals.ts';
import { print, printError, progressOn, write } from './terminal.ts';

/** What an operator's command uses of the process that it runs in. */
export interface Machine extends CommandOutput {
  /** Asks the user a yes-or-no question; undefined if there is no terminal to ask on. */
  readonly ask: Ask | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pause: typeof pause;
  /** Shows a line of progress in place of the previous one, on standard error; the empty line clears it. */
  readonly progress: (line: string) => void;
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly stop: AbortSignal;
  /** Writes bytes to standard output and nothing else. Resolves once its reader has room for more, or at a stop. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** Resolves after that many milliseconds, or earlier if the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/**
 * Runs the command line of this process and sets its exit code, as {@link run} returns it; 130 after Ctrl-C and 143
 * after SIGTERM.
 */
export async function runOnMachine(
  createCommand: (machine: Machine) => CommandUnknownOpts,
): Promise<void> {
  const { argv, env: environment, stderr, stdin } = process;
  const stop = listenForStop();
  const { signal } = stop;
  const machine: Machine = {
    ...{ environment, now: Date.now, pause, print, printError, stop: signal },
    ask: stdin.isTTY ? askOn({ input: stdin, output: stderr, signal }) : undefined,
    write: (bytes) => write(bytes, signal),
    progress: stderr.isTTY ? progressOn(stderr) : () => undefined,
  };
  const exitCode = await run(createCommand(machine), argv.slice(2), machine);
  process.exitCode = stop.exitCode ?? exitCode;
}
