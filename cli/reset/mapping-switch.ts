import { ArchiverError } from '../../lambda/core/errors.ts';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { enableCommand } from './commands.ts';
import { failed, messageOf } from './errors.ts';
import type { Mappings } from './mappings.ts';
import type { ResetAws } from './options.ts';
import { type PollParts, poll } from './poll.ts';

/** What {@link awaitDisabled} and {@link enableMapping} work with. */
export interface SwitchParts extends Pick<PollParts, 'pause' | 'progress'> {
  readonly mappings: Mappings;
  readonly aws: Pick<ResetAws, 'profile' | 'region'>;
  /** Of each call. Its signal aborts when the user has had enough. */
  readonly calls: StoreOptions;
  /** Prints what was done. */
  readonly tell: (line: string) => void;
}

/**
 * Waits until Lambda has disabled a mapping.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`; the signal's reason
 */
export async function awaitDisabled(parts: SwitchParts, uuid: string): Promise<void> {
  await awaitState(parts, uuid, 'Disabled');
  parts.tell(`disabled: mapping ${uuid}`);
}

/**
 * Enables a mapping, and waits until Lambda has. That it is asked for cannot be stopped, the waiting can.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, with the command that enables it, where that is needed
 */
export async function enableMapping(parts: SwitchParts, uuid: string): Promise<void> {
  const { aws, calls, tell } = parts;
  try {
    await askToEnable(parts, uuid);
  } catch (error) {
    const why = messageOf(error);
    throw failed(`mapping ${uuid} is NOT ENABLED (${why}): ${enableCommand(uuid, aws)}`, error);
  }
  try {
    await awaitState(parts, uuid, 'Enabled');
  } catch (error) {
    const why = calls.signal.aborted ? 'stopped' : messageOf(error);
    throw failed(
      `mapping ${uuid} was told to enable, and goes on with it by itself (${why})`,
      error,
    );
  }
  tell(`enabled: mapping ${uuid}`);
}

async function askToEnable({ calls, mappings, ...parts }: SwitchParts, uuid: string) {
  const { signal } = new AbortController();
  await poll({ ...parts, signal }, async () => {
    try {
      await mappings.setEnabled(uuid, true, { ...calls, signal });
      return undefined;
    } catch (error) {
      if (!isInUse(error)) throw error;
      return `mapping ${uuid} is changing its state`;
    }
  });
}

async function awaitState(parts: SwitchParts, uuid: string, wanted: string): Promise<void> {
  const { calls, mappings } = parts;
  await poll({ ...parts, signal: calls.signal }, async () => {
    const { state } = await mappings.get(uuid, calls);
    return state === wanted ? undefined : `mapping ${uuid} is '${state}', not '${wanted}'`;
  });
}

/** Lambda's answer while an earlier change of the mapping is under way. */
export function isInUse(error: unknown): boolean {
  return (
    error instanceof ArchiverError &&
    error.cause instanceof Error &&
    error.cause.name === 'ResourceInUseException'
  );
}
