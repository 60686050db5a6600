import type {
  ConsumerGroup,
  ConsumerGroupOptions,
  OffsetTarget,
} from '../../kafka/consumer-group.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import type { Ask } from '../ask.ts';
import { ATTEMPT_MS } from '../aws-calls.ts';
import { NotDone } from '../command.ts';
import type { Machine } from '../machine.ts';
import { createMappingClients, type MappingAws, type MappingClients } from '../mapping/clients.ts';
import type { Connect } from '../mapping/connection.ts';
import { failed } from '../mapping/errors.ts';
import { findMapping, type GivenMapping } from '../mapping/find-mapping.ts';
import { createMappings, type Mapping } from '../mapping/mappings.ts';
import { UsageError } from '../usage-error.ts';
import { describeMembers, moveGroup } from './move-group.ts';
import { findNotes, movedRanges, toNote } from './note.ts';
import { isThere, type PartitionPlan, planReset, targetsOf, totals } from './plan.ts';
import {
  formatPartitions,
  formatRecords,
  type Outcome,
  planLines,
  type ResetSubject,
  toDocument,
} from './report.ts';

/** What a reset is to do. */
export interface ResetOptions {
  readonly topic: string;
  readonly target: OffsetTarget;
  readonly mapping: GivenMapping;
  /** @default - the mapping's group */
  readonly group: string | undefined;
  readonly aws: MappingAws;
  readonly connect: Connect;
  readonly confirm: Ask;
  /** Whether only to show the plan. */
  readonly dryRun: boolean;
  /** Whether records may be skipped, which are then not archived. */
  readonly allowSkip: boolean;
  /** Whether to note what is skipped, for the audit. */
  readonly note: boolean;
  /** Whether to enable the mapping at the end even if it was disabled. */
  readonly enable: boolean;
  /** Whether a program reads the answer. */
  readonly json: boolean;
}

/** Connects to a consumer group. */
export type OpenGroup = (options: ConsumerGroupOptions) => Promise<ConsumerGroup>;

/**
 * Moves a consumer group, or shows how it would be moved.
 *
 * @throws {UsageError} for a target that skips records without `allowSkip`
 * @throws {ArchiverError} with the state of mapping and offsets in the message
 * @throws {NotDone} if the user declined
 */
export async function reset(
  options: ResetOptions,
  machine: Machine,
  openGroup: OpenGroup,
): Promise<void> {
  const clients = createMappingClients(options.aws, machine.environment);
  try {
    const subject = await findSubject(options, machine, clients);
    const { connect, topic } = options;
    const connection = await connect(subject.mapping, clients.lambda);
    const group = await openGroup({ connection, topic, group: subject.group });
    try {
      await move({ options, machine, clients, subject, group });
    } finally {
      await group.close().catch(() => undefined);
    }
  } finally {
    machine.progress('');
    clients.destroy();
  }
}

async function findSubject(
  { group, mapping: given, target, topic }: ResetOptions,
  machine: Machine,
  { cloudFormation, lambda }: MappingClients,
): Promise<ResetSubject> {
  const access = { mappings: createMappings(lambda), cloudFormation, calls: callsOf(machine) };
  if (given.by === 'none') return { topic, group: given.group, mapping: undefined, target };
  const mapping = await findMapping(topic, given, access);
  checkState(mapping);
  return { topic, group: group ?? mapping.group, mapping, target };
}

function callsOf({ stop }: Machine): CallOptions {
  return { signal: stop, attemptTimeout: ATTEMPT_MS };
}

function checkState({ state, uuid }: Mapping): void {
  if (state === 'Enabled' || state === 'Disabled') return;
  throw failed(`the mapping ${uuid} is '${state}': try again when it is Enabled or Disabled`);
}

interface Move {
  readonly options: ResetOptions;
  readonly machine: Machine;
  readonly clients: MappingClients;
  readonly subject: ResetSubject;
  readonly group: ConsumerGroup;
}

async function move(parts: Move): Promise<void> {
  const { clients, group, machine, options, subject } = parts;
  const targets = await group.offsetsAt(options.target);
  const plan = planReset(await group.positions(), targets);
  tell(parts, planLines(subject, plan));
  if (options.dryRun) return answer(parts, plan, 'dry run');
  if (isThere(plan) && !options.enable) return answer(parts, plan, 'nothing');
  checkSkips(options, plan);
  if (subject.mapping?.state !== 'Enabled') await checkMembers(parts);
  const note = await readyToNote(parts, plan);
  if (!(await options.confirm(questionOf(subject, plan)))) {
    answer(parts, plan, 'declined');
    throw new NotDone();
  }
  if (machine.stop.aborted) throw failed('stopped: nothing was changed');
  const moved = await moveGroup({
    ...{ subject, group, targets: targetsOf(plan), enable: options.enable, aws: options.aws },
    ...{ mappings: createMappings(clients.lambda), calls: callsOf(machine), pause: machine.pause },
    progress: options.json ? () => undefined : machine.progress,
    note,
    tell: (line) => tell(parts, [line]),
  });
  answer(parts, moved, 'done');
}

/** Returns what notes the moves of the final plan; it finds out beforehand where the notes are. */
async function readyToNote(
  { clients, machine, options, subject: { group, mapping, topic } }: Move,
  plan: readonly PartitionPlan[],
): Promise<(plan: readonly PartitionPlan[]) => Promise<void>> {
  const isNeeded = options.note && movedRanges(plan) !== undefined && group === mapping?.group;
  const calls = callsOf(machine);
  const notes = isNeeded
    ? await findNotes(options.mapping, mapping, { calls, clients })
    : undefined;
  return async (moved) => {
    const ranges = movedRanges(moved);
    if (ranges === undefined) return;
    await notes?.write(toNote({ topic, group }, ranges, machine.now()), calls);
  };
}

/** Prints lines, unless a program reads the answer. */
function tell({ machine, options }: Move, lines: readonly string[]): void {
  if (options.json) return;
  for (const line of lines) machine.print(line);
}

const endings = {
  done: 'Done.',
  'dry run': 'Dry run: nothing was changed.',
  nothing: 'The group is at these offsets already: nothing was changed.',
  declined: 'Nothing was changed.',
} as const satisfies Record<Outcome, string>;

function answer(parts: Move, plan: readonly PartitionPlan[], outcome: Outcome): void {
  const { machine, options, subject } = parts;
  if (options.json) {
    machine.print(JSON.stringify(toDocument(subject, plan, outcome), undefined, 2));
  } else {
    machine.print(endings[outcome]);
  }
}

function checkSkips({ allowSkip }: ResetOptions, plan: readonly PartitionPlan[]): void {
  const { skipped } = totals(plan);
  if (skipped === 0 || allowSkip) return;
  const what = `${formatRecords(skipped)} would be skipped and not archived`;
  throw new UsageError(`${what}: pass --allow-skip to accept that`);
}

/** Only for a group whose members do not leave when a mapping is disabled. */
async function checkMembers({ group, subject }: Move): Promise<void> {
  const count = await group.memberCount();
  if (count === 0) return;
  const members = describeMembers(subject.group, count);
  throw failed(`${members}: stop its readers first; nothing was changed`);
}

function questionOf({ mapping, topic }: ResetSubject, plan: readonly PartitionPlan[]): string {
  const isDisabled = mapping?.state === 'Enabled';
  const meanwhile = isDisabled ? ' and disable the mapping for some minutes' : '';
  return `Move ${formatPartitions(plan.length)} of '${topic}'${meanwhile}?`;
}
