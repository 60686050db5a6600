import type { Offsets } from '../../kafka/record.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { enableCommand } from './commands.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { failed, messageOf } from './errors.ts';
import { awaitDisabled, enableMapping, isInUse, type SwitchParts } from './mapping-switch.ts';
import { type PartitionPlan, planReset, targetsOf } from './plan.ts';
import { poll } from './poll.ts';
import { formatPartitions, type ResetSubject } from './report.ts';

/** What {@link moveGroup} works with. */
export interface MoveParts extends SwitchParts {
  readonly subject: ResetSubject;
  readonly group: ConsumerGroup;
  /** Where to, as the user has seen it. */
  readonly targets: Offsets;
  /** Whether the mapping is enabled in the end where it was not in the beginning. */
  readonly enable: boolean;
}

type Plan = readonly PartitionPlan[];

/**
 * Moves the group, with its mapping disabled meanwhile.
 *
 * @returns what it did, counted from where the group was when its last member had left
 * @throws {ArchiverError} `LOAD_FAILED`, saying in which state things are left: with the mapping enabled
 *   again, unless Lambda refuses or the user stopped it before anything was moved
 */
export async function moveGroup(parts: MoveParts): Promise<Plan> {
  const { subject, tell } = parts;
  await askToDisable(parts);
  const plan = await prepare(parts).catch(async (error: unknown) => {
    if (isStopped(parts)) throw stopped(parts);
    throw await withMapping(parts, `${messageOf(error)}; no offset was changed`, error);
  });
  // Once it is committed it is carried through: to stop then would leave the mapping disabled.
  await commit(parts, plan).catch(async (error: unknown) => {
    if (isStopped(parts) && error === parts.calls.signal.reason) throw stopped(parts);
    const what = `${messageOf(error)}; what the offsets are now, --dry-run shows`;
    throw await withMapping(parts, what, error);
  });
  tell(`committed and read back: ${formatPartitions(plan.length)} of '${subject.topic}'`);
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
    // Where an answer is lost the mapping may be disabled, and in use by that when it is asked again.
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
  tell(`empty: group '${subject.group}'`);
  // Again, since the mapping went on until it was disabled.
  const plan = planReset(await group.positions(), targets);
  calls.signal.throwIfAborted();
  return plan;
}

async function commit(parts: MoveParts, plan: Plan): Promise<void> {
  const { calls, group, subject } = parts;
  await poll({ ...parts, signal: calls.signal }, async () => {
    if (await group.commit(targetsOf(plan))) return undefined;
    const members = `the group '${subject.group}' has members, which the broker alone sees`;
    // Those of the mapping are on their way out.
    if (wasEnabled(parts)) return members;
    throw failed(`${members}: stop what reads with it first`);
  });
  const after = await group.positions();
  for (const { partition, target } of plan) {
    const committed = after.find((each) => each.partition === partition)?.committed;
    if (committed === target) continue;
    throw failed(`partition ${partition} reads ${committed ?? 'nothing'} back, not ${target}`);
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

/** What a stop before the commit leaves. */
function stopped(parts: MoveParts): Error {
  const { aws, subject } = parts;
  const { mapping, topic } = subject;
  const untouched = 'stopped: no offset was changed';
  if (mapping === undefined) return failed(untouched);
  const { uuid } = mapping;
  if (!wasEnabled(parts)) return failed(`${untouched}; mapping ${uuid} is disabled, as it was`);
  const state = `mapping ${uuid} is DISABLED, or about to be, and '${topic}' is not archived`;
  const how = `go on by the same command with --enable, or enable it: ${enableCommand(uuid, aws)}`;
  return failed(`${untouched}, but ${state}; ${how}`);
}

function isStopped({ calls }: MoveParts): boolean {
  return calls.signal.aborted;
}

/** A failure, with what became of the mapping. */
async function withMapping(parts: MoveParts, what: string, error: unknown): Promise<Error> {
  const { mapping } = parts.subject;
  if (mapping === undefined) return failed(what, error);
  if (!wasEnabled(parts)) {
    return failed(`${what}; mapping ${mapping.uuid} is disabled, as it was`, error);
  }
  try {
    await enableAgain(parts);
  } catch (failure) {
    return failed(`${what}; ${messageOf(failure)}`, error);
  }
  return failed(`${what}; mapping ${mapping.uuid} is enabled again`, error);
}

/** `the group 'g' has 2 members` */
export function describeMembers(group: string, count: number): string {
  return `the group '${group}' has ${count} ${count === 1 ? 'member' : 'members'}`;
}
