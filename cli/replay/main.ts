import { explain } from '../aws-calls.ts';
import { invalid } from '../flags.ts';
import { createClients } from './clients.ts';
import { type CommandContext, createContext, type ReplayCliDeps } from './context.ts';
import { dismiss } from './dismiss.ts';
import type { ReplayOptions } from './options.ts';
import { redrive } from './redrive.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { status } from './status.ts';

/**
 * Carries out a command of the replay's command line.
 *
 * @returns whether it is done; not where the user said no
 * @throws {ArchiverError} `INVALID_SETTINGS` for what the user did wrong, another for what could not be done
 */
export async function runReplayCli(options: ReplayOptions, deps: ReplayCliDeps): Promise<boolean> {
  const { command, yes } = options;
  if (isChange(options) && !yes && deps.ask === undefined) {
    throw invalid(
      `${command} asks before it changes anything, and here is no terminal: give --yes`,
    );
  }
  const clients = createClients(options.aws, deps.environment);
  try {
    return await carryOut(options, createContext(options, deps, clients));
  } catch (error) {
    throw explain(error, deps.stop.aborted);
  } finally {
    deps.progress('');
    clients.destroy();
  }
}

function isChange(options: ReplayOptions): boolean {
  const { command } = options;
  return command === 'redrive' || command === 'dismiss' || (command === 'run' && !options.dryRun);
}

function carryOut(options: ReplayOptions, context: CommandContext): Promise<boolean> {
  switch (options.command) {
    case 'status':
      return status(options, context);
    case 'redrive':
      return redrive(options, context);
    case 'run':
      return run(options, context);
    case 'show':
      return show(options, context);
    case 'dismiss':
      return dismiss(options, context);
  }
}
