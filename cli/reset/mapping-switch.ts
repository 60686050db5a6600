import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import type { AwsAccess } from '../aws-clients.ts';
import { failed, messageOf } from '../mapping/errors.ts';
import type { Mappings } from '../mapping/mappings.ts';
import { type PollParts, poll } from './poll.ts';

/** What {@link awaitDisabled} and {@link enableMapping} work with. */
export interface SwitchParts extends Pick<PollParts, 'pause' | 'progress'> {
  readonly mappings: Mappings;
  readonly aws: AwsAccess;
  /** The limits of each call. The signal aborts when the user stops the command. */
  readonly calls: CallOptions;
  /** Prints a completed step. */
  readonly tell: (line: string) => void;
}

/**
 * Waits until a mapping is disabled.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`; the signal's reason
 */
export async function awaitDisabled(parts: SwitchParts, uuid: string): Promise<void> {
  await awaitState(parts, uuid, 'Disabled');
  parts.tell(`Disabled the mapping ${uuid}.`);
}

/**
 * Enables a mapping and waits until it is enabled. Ctrl-C stops the waiting, but not the request.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, with the command that enables the mapping if the request failed
 */
export async function enableMapping(parts: SwitchParts, uuid: string): Promise<void> {
  const { aws, calls, tell } = parts;
  try {
    await askToEnable(parts, uuid);
  } catch (error) {
    const why = messageOf(error);
    throw failed(
      `the mapping ${uuid} is NOT ENABLED (${why}); to enable it: ${enableCommand(uuid, aws)}`,
      error,
    );
  }
  try {
    await awaitState(parts, uuid, 'Enabled');
  } catch (error) {
    const why = calls.signal.aborted ? 'stopped' : messageOf(error);
    throw failed(`Lambda is still enabling the mapping ${uuid} (${why})`, error);
  }
  tell(`Enabled the mapping ${uuid}.`);
}

async function askToEnable({ calls, mappings, ...parts }: SwitchParts, uuid: string) {
  const { signal } = new AbortController();
  await poll({ ...parts, signal }, async () => {
    try {
      await mappings.setEnabled(uuid, true, { ...calls, signal });
      return undefined;
    } catch (error) {
      if (!isInUse(error)) throw error;
      return `the mapping ${uuid} is changing its state`;
    }
  });
}

async function awaitState(parts: SwitchParts, uuid: string, wanted: string): Promise<void> {
  const { calls, mappings } = parts;
  await poll({ ...parts, signal: calls.signal }, async () => {
    const { state } = await mappings.get(uuid, calls);
    return state === wanted ? undefined : `the mapping ${uuid} is '${state}', not '${wanted}'`;
  });
}

/** Whether Lambda refused because an earlier change of the mapping is in progress. */
export function isInUse(error: unknown): boolean {
  return (
    error instanceof ArchiverError &&
    error.cause instanceof Error &&
    error.cause.name === 'ResourceInUseException'
  );
}

/** The command that enables a mapping, for the user to run. */
export function enableCommand(uuid: string, { profile, region }: AwsAccess): string {
  const flags = Object.entries({ region, profile }).map(([name, value]) =>
    value === undefined ? '' : ` --${name} ${value}`,
  );
  return `aws lambda update-event-source-mapping --uuid ${uuid} --enabled${flags.join('')}`;
}
