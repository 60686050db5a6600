import {
  Command,
  type CommanderError,
  type CommandUnknownOpts,
  type OutputConfiguration,
} from '@commander-js/extra-typings';
import { ArchiverError } from '../lambda/core/errors.ts';
import { UsageError } from './usage-error.ts';

/** Thrown by a command that has already printed why it is not done; the exit code is 1. */
export class NotDone extends Error {
  override readonly name = 'NotDone';
}

/** Thrown by a command that has printed its answer, which is no to the condition in the command line; the exit code is 3. */
export class NotSo extends Error {
  override readonly name = 'NotSo';
}

/** Where {@link run} writes. */
export interface CommandOutput {
  /** Writes one or more lines to standard output. */
  readonly print: (text: string) => void;
  /** Writes one or more lines to standard error. */
  readonly printError: (text: string) => void;
}

/** A class of errors whose message alone tells the user what went wrong. */
export type ExpectedError = new (...given: never[]) => Error;

/**
 * Creates a command whose mistakes are thrown as {@link UsageError}. Attach subcommands with `addCommand`.
 *
 * @param name what the user types, for help and error messages, such as `npm run demo --`
 */
export function createCommand(name: string, description: string): Command {
  const command = new Command(name);
  return command
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      throw toUsageError(error, command);
    });
}

/**
 * Parses a command line, runs the command and reports its failure: one line for a user's mistake or an
 * expected error. Any other error is a defect and is thrown.
 *
 * @param argv the arguments, without the interpreter and the script
 * @param expected further errors, besides {@link ArchiverError}, to report by their message
 * @returns the exit code: 0 done, 1 failed or not done, 2 the command line is wrong, 3 the answer is no
 */
export async function run(
  root: CommandUnknownOpts,
  argv: readonly string[],
  { print, printError }: CommandOutput,
  expected: readonly ExpectedError[] = [],
): Promise<0 | 1 | 2 | 3> {
  writeTo(root, {
    writeOut: (text) => print(text.trimEnd()),
    writeErr: (text) => printError(text.trimEnd()),
  });
  let running = root;
  root.hook('preAction', (_, command) => {
    running = command;
  });
  try {
    await root.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (isCommanderError(error)) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof NotDone) return 1;
    if (error instanceof NotSo) return 3;
    if (error instanceof UsageError) {
      printError(`${error.message}; see '${error.command ?? pathOf(running)} --help'`);
      return 2;
    }
    if (![ArchiverError, ...expected].some((each) => error instanceof each)) throw error;
    printError((error as Error).message);
    return 1;
  }
}

/** Commander's own request to end the process, which for help and version is no mistake. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

function toUsageError(error: CommanderError, command: CommandUnknownOpts): Error {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  const message = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return new UsageError(message, pathOf(command));
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function writeTo(command: CommandUnknownOpts, writers: OutputConfiguration): void {
  command.configureOutput(writers);
  for (const each of command.commands) writeTo(each, writers);
}
