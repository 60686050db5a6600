import type { ConsumerGroup } from '../../kafka/consumer-group.ts';
import type { Offsets } from '../../kafka/record.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { failed, messageOf } from '../mapping/errors.ts';
import {
  awaitDisabled,
  enableCommand,
  enableMapping,
  isInUse,
  type SwitchParts,
} from './mapping-switch.ts';
import { type PartitionPlan, planReset, targetsOf } from './plan.ts';
import { poll } from './poll.ts';
import { formatPartitions, type ResetSubject } from './report.ts';

/** What {@link moveGroup} works with. */
export interface MoveParts extends SwitchParts {
  readonly subject: ResetSubject;
  readonly group: ConsumerGroup;
  /** Target offsets, as shown to the user. */
  readonly targets: Offsets;
  /** Whether to enable the mapping at the end even if it was disabled. */
  readonly enable: boolean;
  /** Called with the final plan, before the group is moved. If it rejects, the group stays where it is. */
  readonly note: (plan: Plan) => Promise<void>;
}

type Plan = readonly PartitionPlan[];

/**
 * Moves the group while its mapping is disabled.
 *
 * @returns the executed plan, from the group's offsets after its last member left
 * @throws {ArchiverError} `LOAD_FAILED`, with the state of mapping and offsets in the message: the mapping is enabled
 *   again, unless Lambda refused or the user stopped the command before the commit
 */
export async function moveGroup(parts: MoveParts): Promise<Plan> {
  const { subject, tell } = parts;
  await askToDisable(parts);
  const plan = await prepare(parts).catch(async (error: unknown) => {
    if (isStopped(parts)) throw stopped(parts);
    throw await withMapping(parts, `${messageOf(error)}; no offset was changed`, error);
  });
  // From the commit on, a stop would leave the mapping disabled, so the command completes.
  await commit(parts, plan).catch(async (error: unknown) => {
    if (isStopped(parts) && error === parts.calls.signal.reason) throw stopped(parts);
    const what = `${messageOf(error)}; --dry-run shows the current offsets`;
    throw await withMapping(parts, what, error);
  });
  tell(
    `Committed and read back the offsets of ${formatPartitions(plan.length)} of '${subject.topic}'.`,
  );
  await enableAgain(parts).catch((error: unknown) => {
    throw failed(`the offsets are committed, but ${messageOf(error)}`, error);
  });
  return plan;
}

async function askToDisable(parts: MoveParts): Promise<void> {
  const { calls, mappings, subject } = parts;
  if (subject.mapping === undefined || !wasEnabled(parts)) return;
  try {
    await mappings.setEnabled(subject.mapping.uuid, false, calls);
  } catch (error) {
    if (isStopped(parts)) throw stopped(parts);
    const what = messageOf(error);
    const isRefused = error instanceof ArchiverError && !error.retryable && !isInUse(error);
    if (isRefused) throw failed(`${what}; nothing was changed`, error);
    // The response may have been lost: the mapping is then disabled, or in use when asked a second time.
    throw await withMapping(parts, `${what}; no offset was changed`, error);
  }
}

async function prepare(parts: MoveParts): Promise<Plan> {
  const { calls, group, subject, targets, tell } = parts;
  const { mapping } = subject;
  if (mapping !== undefined && wasEnabled(parts)) await awaitDisabled(parts, mapping.uuid);
  await poll({ ...parts, signal: calls.signal }, async () => {
    const count = await group.memberCount();
    return count === 0 ? undefined : describeMembers(subject.group, count);
  });
  tell(`The group '${subject.group}' has no members.`);
  // Plan again, since the mapping kept reading until it was disabled.
  const plan = planReset(await group.positions(), targets);
  calls.signal.throwIfAborted();
  await parts.note(plan).catch((error: unknown) => {
    const how = '--no-note skips without a note, and the audit then reports the offsets as lost';
    throw failed(`cannot note the skipped offsets: ${messageOf(error)}; ${how}`, error);
  });
  return plan;
}

async function commit(parts: MoveParts, plan: Plan): Promise<void> {
  const { calls, group, subject } = parts;
  await poll({ ...parts, signal: calls.signal }, async () => {
    if (await group.commit(targetsOf(plan))) return undefined;
    const members = `the group '${subject.group}' has members that only the broker sees`;
    // The mapping's own members are about to leave.
    if (wasEnabled(parts)) return members;
    throw failed(`${members}: stop its readers first`);
  });
  const after = await group.positions();
  for (const { partition, target } of plan) {
    const committed = after.find((each) => each.partition === partition)?.committed;
    if (committed === target) continue;
    throw failed(
      `partition ${partition} has the committed offset ${committed ?? 'none'} instead of ${target}`,
    );
  }
}

function wasEnabled({ subject }: MoveParts): boolean {
  return subject.mapping?.state === 'Enabled';
}

async function enableAgain(parts: MoveParts): Promise<void> {
  const { mapping } = parts.subject;
  if (mapping === undefined || !(wasEnabled(parts) || parts.enable)) return;
  await enableMapping(parts, mapping.uuid);
}

/** The state that a stop before the commit leaves. */
function stopped(parts: MoveParts): Error {
  const { aws, subject } = parts;
  const { mapping, topic } = subject;
  const untouched = 'stopped: no offset was changed';
  if (mapping === undefined) return failed(untouched);
  const { uuid } = mapping;
  if (!wasEnabled(parts)) return failed(`${untouched}; the mapping ${uuid} is still disabled`);
  const state = `the mapping ${uuid} is DISABLED, or about to be, and '${topic}' is not archived`;
  const how = `continue with the same command and --enable, or enable it with: ${enableCommand(uuid, aws)}`;
  return failed(`${untouched}, but ${state}; ${how}`);
}

function isStopped({ calls }: MoveParts): boolean {
  return calls.signal.aborted;
}

/** Adds the state of the mapping to a failure. */
async function withMapping(parts: MoveParts, what: string, error: unknown): Promise<Error> {
  const { mapping } = parts.subject;
  if (mapping === undefined) return failed(what, error);
  if (!wasEnabled(parts)) {
    return failed(`${what}; the mapping ${mapping.uuid} is still disabled`, error);
  }
  try {
    await enableAgain(parts);
  } catch (failure) {
    return failed(`${what}; ${messageOf(failure)}`, error);
  }
  return failed(`${what}; the mapping ${mapping.uuid} is enabled again`, error);
}

/** `the group 'g' has 2 members` */
export function describeMembers(group: string, count: number): string {
  return `the group '${group}' has ${count} ${count === 1 ? 'member' : 'members'}`;
}
