import type { StoreOptions } from '../../lambda/core/ports.ts';
import { ATTEMPT_MS } from '../aws-calls.ts';
import { invalid } from '../flags.ts';
import type { CommandMachine } from '../run-command.ts';
import { createResetClients, type ResetClients } from './clients.ts';
import { commandLines } from './commands.ts';
import type { ConsumerGroup, ConsumerGroupOptions } from './consumer-group.ts';
import { failed } from './errors.ts';
import { findMapping } from './find-mapping.ts';
import { createMappings, type Mapping } from './mappings.ts';
import { describeMembers, moveGroup } from './move-group.ts';
import type { MoveOptions, PrintOptions, ResetOptions } from './options.ts';
import { isThere, type PartitionPlan, planReset, targetsOf, totals } from './plan.ts';
import {
  formatPartitions,
  formatRecords,
  type Outcome,
  planLines,
  type ResetSubject,
  toDocument,
} from './report.ts';

/** What the command line is handed of the machine. */
export interface ResetCliDeps extends CommandMachine {
  readonly openGroup: (options: ConsumerGroupOptions) => Promise<ConsumerGroup>;
  /** Writes over itself, elsewhere. */
  readonly progress: (line: string) => void;
}

/**
 * Moves a consumer group, or prints how to.
 *
 * @returns whether it is done; not where nobody said yes
 * @throws {ArchiverError} `INVALID_SETTINGS` for what the user did wrong, another for what could not be done
 */
export async function runResetCli(options: ResetOptions, deps: ResetCliDeps): Promise<boolean> {
  const clients = createResetClients(options.aws, deps.environment);
  try {
    if (options.action === 'print commands') return await printCommands(options, deps, clients);
    return await reset(options, deps, clients);
  } finally {
    deps.progress('');
    clients.destroy();
  }
}

function callsOf({ stop }: ResetCliDeps): StoreOptions {
  return { signal: stop, attemptTimeout: ATTEMPT_MS };
}

function lookUp(
  { mapping, topic }: ResetOptions,
  deps: ResetCliDeps,
  { cloudFormation, lambda }: ResetClients,
): Promise<Mapping | undefined> {
  const access = { mappings: createMappings(lambda), cloudFormation, calls: callsOf(deps) };
  return findMapping(topic, mapping, access);
}

async function printCommands(
  options: PrintOptions,
  deps: ResetCliDeps,
  clients: ResetClients,
): Promise<true> {
  const { group, mapping } = options;
  // With both there is nothing to ask AWS for, and so nobody to be.
  const isKnown = mapping.by === 'uuid' && group !== undefined;
  const found = isKnown ? undefined : await lookUp(options, deps, clients);
  const uuid = mapping.by === 'uuid' ? mapping.name : found?.uuid;
  const named = { group: groupOf(group, found), mapping: uuid, clusterArn: found?.clusterArn };
  for (const line of commandLines({ ...options, ...named })) deps.print(line);
  return true;
}

function groupOf(given: string | undefined, mapping: Mapping | undefined): string {
  const group = given ?? mapping?.group;
  if (group !== undefined) return group;
  throw invalid('--no-mapping needs --group');
}

async function reset(
  options: MoveOptions,
  deps: ResetCliDeps,
  clients: ResetClients,
): Promise<boolean> {
  const { connection, target, topic } = options;
  const mapping = await lookUp(options, deps, clients);
  if (mapping !== undefined) checkState(mapping);
  const name = groupOf(options.group, mapping);
  const group = await deps.openGroup({ connection, topic, group: name });
  try {
    const subject = { topic, group: name, mapping, target };
    return await move({ options, deps, clients, subject, group });
  } finally {
    await group.close().catch(() => undefined);
  }
}

function checkState({ state, uuid }: Mapping): void {
  if (state === 'Enabled' || state === 'Disabled') return;
  throw failed(`mapping ${uuid} is '${state}': try again when it is Enabled or Disabled`);
}

interface Move {
  readonly options: MoveOptions;
  readonly deps: ResetCliDeps;
  readonly clients: ResetClients;
  readonly subject: ResetSubject;
  readonly group: ConsumerGroup;
}

async function move(parts: Move): Promise<boolean> {
  const { clients, deps, group, options, subject } = parts;
  const found = await group.offsetsAt(options.target);
  const plan = planReset(await group.positions(), found);
  tell(parts, planLines(subject, plan));
  if (options.dryRun) return answer(parts, plan, 'dry run');
  if (isThere(plan) && !options.enable) return answer(parts, plan, 'nothing');
  checkSkips(options, plan);
  if (subject.mapping?.state !== 'Enabled') await checkMembers(parts);
  if (!(await confirm(parts, plan))) return answer(parts, plan, 'declined');
  if (deps.stop.aborted) throw failed('stopped: nothing was changed');
  const moved = await moveGroup({
    ...{ subject, group, targets: targetsOf(plan), enable: options.enable, aws: options.aws },
    ...{ mappings: createMappings(clients.lambda), calls: callsOf(deps), pause: deps.pause },
    progress: options.json ? () => undefined : deps.progress,
    tell: (line) => tell(parts, [line]),
  });
  return answer(parts, moved, 'done');
}

/** Prints lines for people. */
function tell({ deps, options }: Move, lines: readonly string[]): void {
  if (options.json) return;
  for (const line of lines) deps.print(line);
}

const endings = {
  done: 'done',
  'dry run': 'a dry run: nothing was changed',
  nothing: 'the group is there already: nothing was changed',
  declined: 'nothing was changed',
} as const satisfies Record<Outcome, string>;

function answer(parts: Move, plan: readonly PartitionPlan[], outcome: Outcome): boolean {
  const { deps, options, subject } = parts;
  if (options.json) deps.print(JSON.stringify(toDocument(subject, plan, outcome), undefined, 2));
  const hint = outcome === 'declined' && deps.ask === undefined ? '; --yes goes on' : '';
  tell(parts, [`${endings[outcome]}${hint}`]);
  return outcome !== 'declined';
}

function checkSkips({ allowSkip }: MoveOptions, plan: readonly PartitionPlan[]): void {
  const { skipped } = totals(plan);
  if (skipped === 0 || allowSkip) return;
  throw invalid(`to skip ${formatRecords(skipped)}, and not archive them, needs --allow-skip`);
}

/** Of a group that no mapping is going to leave. */
async function checkMembers({ group, subject }: Move): Promise<void> {
  const count = await group.memberCount();
  if (count === 0) return;
  const members = describeMembers(subject.group, count);
  throw failed(`${members}: stop what reads with it first; nothing was changed`);
}

async function confirm({ deps, options, subject }: Move, plan: readonly PartitionPlan[]) {
  const { ask, progress } = deps;
  progress('');
  if (options.yes || ask === undefined) return options.yes;
  const { mapping, topic } = subject;
  const isDisabled = mapping?.state === 'Enabled';
  const meanwhile = isDisabled ? ', with the mapping disabled for some minutes' : '';
  return ask(`Move ${formatPartitions(plan.length)} of '${topic}'${meanwhile}?`);
}
