import type { Ask } from '../../cli/ask.ts';
import { costLines, leftCost } from './cost.ts';
import { recordName, renderRecord } from './record.ts';
import { remove, retainedBy } from './removal.ts';
import { CommandFailed, createRunner, type Runner, type RunnerParts } from './runner.ts';
import type { State, StateStore, StepState, Target } from './state.ts';
import {
  type Action,
  aws,
  CANNOT_ASSUME_ROLE,
  fill,
  MissingValue,
  run,
  type Seen,
  type Step,
  type Thing,
  type Verdict,
} from './step.ts';

/** The tool cannot continue, for a reason that the user can remove. The message says how to continue. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
}

/** What a run starts from: nothing, what an earlier one left, or only the removal of that. */
export type Mode = 'new' | 'resume' | 'destroy-only';

/** What {@link verify} works with. */
export interface VerifyParts extends RunnerParts {
  readonly steps: readonly Step[];
  readonly store: StateStore;
  readonly confirm: Ask;
  readonly print: (text: string) => void;
  /** Commit of this repository. */
  readonly revision: () => string;
  /** Writes the record. @returns the path of the file */
  readonly writeRecord: (name: string, page: string) => string;
}

/**
 * Asks, walks the steps, removes everything and writes the record. Every change of the state is saved before the call
 * that causes it or right after it, so that a run that was killed anywhere continues.
 *
 * @param target undefined takes that of the unfinished run
 * @returns whether every step was confirmed, and nothing is left
 * @throws {VerificationError} if the run cannot start or continue; {@link CommandFailed}
 */
export async function verify(
  { mode, target: given }: { readonly mode: Mode; readonly target: Target | undefined },
  parts: VerifyParts,
): Promise<boolean> {
  const { confirm, now, print, steps, stop, store } = parts;
  const unfinished = store.load();
  const target = given ?? unfinished?.target;
  if ((mode === 'new') !== (unfinished === undefined) || target === undefined) {
    throw new VerificationError(
      unfinished === undefined
        ? 'no run is unfinished: leave out --resume and --destroy-only'
        : `a run of ${unfinished.startedAt} is unfinished: pass --resume or --destroy-only`,
    );
  }
  const state: State = unfinished ?? {
    ...{ target, startedAt: new Date(now()).toISOString(), revision: parts.revision() },
    values: {
      ...{ ...target, topic: target.stack, partition: target.cluster.split(':')[1] ?? '' },
    },
    ...{ secrets: [], steps: {}, things: [] },
  };
  const runner = createRunner(parts, () => state.values);
  const work = { ...parts, state, runner };
  await checkAccount(work);
  if (mode === 'new') await checkNothingExists(work);

  const where = `account ${target.account}, region ${target.region}`;
  for (const line of costLines) print(line);
  const names = [target.stack, `${target.stack}-probe`, `${target.stack}-stream`].join(', ');
  const question = {
    new: `Create the stacks ${names} and the topic ${target.stack} in ${where}, run ${steps.length} steps and remove everything?`,
    resume: `Continue the run of ${state.startedAt} in ${where}, and remove everything at its end?`,
    'destroy-only': `Remove ${state.things.length} remaining things from ${where}?`,
  };
  if (!(await confirm(question[mode]))) {
    print('Nothing was changed.');
    return false;
  }
  store.save(state);
  let problem: unknown;
  try {
    if (mode !== 'destroy-only') for (const step of steps) await runStep(step, work);
    await removeAll(work);
  } catch (error) {
    problem = error;
  }
  report(work);
  if (problem !== undefined && !stop.aborted) throw problem;
  return (
    state.things.length === 0 &&
    steps.every(({ id }) => state.steps[id]?.verdict?.verdict === 'confirmed')
  );
}

interface Work extends VerifyParts {
  readonly state: State;
  readonly runner: Runner;
}

/** The account is compared before anything else, and again after a failure, which lost credentials may explain. */
async function checkAccount({ runner, state: { target } }: Work): Promise<void> {
  const answer = await runner.answer(aws('sts get-caller-identity --query Account'));
  if (!answer.ok) {
    throw new VerificationError(
      `the credentials do not work: ${answer.message}; log in, for example with 'aws sso login'`,
    );
  }
  if (answer.output === target.account) return;
  throw new VerificationError(
    `the credentials are for account ${answer.output}, not for ${target.account}: pass another --profile or --account`,
  );
}

/** The run removes what has its names, so nothing of the user's may have them. */
async function checkNothingExists(work: Work): Promise<void> {
  const { runner, state } = work;
  const { stack } = state.target;
  const version = aws('ssm get-parameter --name /cdk-bootstrap/hnb659fds/version', {
    query: 'Parameter.Value',
  });
  if ((await runner.expect(version, ['ParameterNotFound'])) === undefined) {
    const { account, cluster, region } = state.target;
    throw new VerificationError(
      `the CDK is not bootstrapped here: npx cdk bootstrap aws://${account}/${region} -c clusterArn=${cluster} -c topics=${stack}`,
    );
  }
  for (const name of [stack, `${stack}-probe`, `${stack}-stream`]) {
    const command = aws(`cloudformation describe-stacks --stack-name ${name}`, {
      query: 'Stacks[0].StackStatus',
    });
    if ((await runner.expect(command, ['ValidationError'])) === undefined) continue;
    throw new VerificationError(`stack '${name}' exists already: pass another --stack`);
  }
  const brokers = await runner.expect(
    aws('kafka get-bootstrap-brokers --cluster-arn {cluster}', {
      query: '[BootstrapBrokerStringSaslIam,BootstrapBrokerStringPublicSaslIam]',
    }),
  );
  const [inside, outside] = brokers as readonly (string | null)[];
  const servers = outside ?? inside;
  if (!servers) {
    throw new VerificationError(
      '--cluster must have IAM access control, but has no listener for it',
    );
  }
  save(work, { brokers: servers }, true);
  // Shows, too, that the brokers can be reached from here.
  if ((await runner.expect(run('kafka', `exists {brokers} ${stack}`))) === true) {
    throw new VerificationError(`topic '${stack}' exists already: pass another --stack`);
  }
}

async function runStep(step: Step, work: Work): Promise<void> {
  const { now, print, progress, state, steps, store } = work;
  state.steps[step.id] ??= { next: 0, seen: {} };
  const done = state.steps[step.id] as StepState;
  if (done.verdict !== undefined) return;
  const number = `${steps.indexOf(step) + 1}/${steps.length}`;
  print(`${number} ${step.id}: ${step.question}`);
  const disturbs: Thing[] = [];
  let verdict: Verdict;
  try {
    if (done.next === 0)
      state.values = { ...state.values, stepStart: new Date(now()).toISOString() };
    for (const name of step.needs ?? []) fill(`{${name}}`, state.values);
    const named = (things: readonly Thing[] = []) =>
      things.map(({ kind, name }) => ({ kind, name: fill(name, state.values) }));
    disturbs.push(...named(step.disturbs));
    state.things = union(state.things, [...named(step.creates), ...disturbs]);
    store.save(state);
    while (done.next < step.actions.length) {
      const action = step.actions[done.next] as Action;
      progress(`${number} ${step.id}: ${action.name}`);
      done.seen = { ...done.seen, [action.name]: await runAction(action, done, work) };
      done.next += 1;
      store.save(state);
    }
    const late = step.actions.filter(({ name }) => done.seen[name]?.isLate);
    verdict =
      late.length === 0
        ? verdictOf(step.judge(done.seen))
        : notSettled(`no result in time: ${late.map(({ name }) => name).join(', ')}`);
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof MissingValue)) throw error;
    await checkAccount(work);
    verdict = notSettled(error.message);
  }
  for (const thing of disturbs) await removeOne(thing, work);
  done.verdict = verdict;
  store.save(state);
  print(`    ${verdict.verdict}${verdict.because === undefined ? '' : `: ${verdict.because}`}`);
}

function verdictOf(isAsExpected: boolean | undefined): Verdict {
  if (isAsExpected === undefined) return notSettled('what was seen does not say');
  return { verdict: isAsExpected ? 'confirmed' : 'refuted' };
}

const notSettled = (because: string): Verdict => ({ verdict: 'not settled', because });

async function runAction(action: Action, { seen }: StepState, work: Work): Promise<Seen> {
  const { again, command, minutes = 15, name, save: toValues, see, until } = action;
  const { runner } = work;
  if (command.program === 'cdk') await runner.settle(command.args[1] ?? '');
  let result: Seen = {};
  const look = async () => {
    if (again !== undefined) await runner.expect(again);
    const answer = await runner.answer(command);
    if (!answer.ok) {
      const { code, message } = answer;
      if (action.done?.includes(code)) return true;
      if (!action.mayFail || code === CANNOT_ASSUME_ROLE) throw new CommandFailed(name, answer);
      result = { failure: { code, message } };
      return true;
    }
    const { output } = answer;
    const isQuery = command.args.includes('--query');
    result = see === undefined ? (isQuery ? { fact: output ?? null } : {}) : { fact: see(output) };
    return until === undefined || until(result.fact, seen);
  };
  const isInTime = await runner.look(until === undefined ? 0 : minutes, name, look);
  if (toValues !== undefined && isInTime && result.failure === undefined) {
    save(work, toValues(result.fact, seen), action.isSecret === true);
  }
  if (action.isSecret && result.failure === undefined) return {};
  return isInTime ? result : { ...result, isLate: true };
}

/** Values of one save are secret together or not at all. */
function save({ state }: Work, values: Readonly<Record<string, string>>, areSecret: boolean): void {
  state.values = { ...state.values, ...values };
  if (areSecret) state.secrets = [...new Set([...state.secrets, ...Object.keys(values)])];
}

const isSame = (a: Thing, b: Thing) => a.kind === b.kind && a.name === b.name;

function union(things: readonly Thing[], more: readonly Thing[]): readonly Thing[] {
  return [...things, ...more.filter((each) => !things.some((thing) => isSame(each, thing)))];
}

async function removeOne(thing: Thing, { runner, state, store }: Work): Promise<void> {
  if (thing.kind === 'stack') {
    // Before the stack: once it is deleted, no call names them.
    const retained = await retainedBy(thing.name, runner);
    state.things = union([...retained], state.things);
    store.save(state);
  }
  await remove(thing, runner);
  state.things = state.things.filter((each) => !isSame(each, thing));
  store.save(state);
}

/** Removes in reverse order, and goes past what cannot be removed: other things may be charged, too. */
async function removeAll(work: Work): Promise<void> {
  const { print, state } = work;
  const failed: Thing[] = [];
  for (;;) {
    const thing = state.things.findLast((each) => !failed.includes(each));
    if (thing === undefined) return;
    try {
      await removeOne(thing, work);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      failed.push(thing);
      print(`Cannot remove ${thing.kind} ${thing.name}: ${error.message}`);
    }
  }
}

/** Writes the record, and says what is left and how to continue. */
function report({ print, state, steps, store, writeRecord }: Work): void {
  const { stack } = state.target;
  const count = (verdict: Verdict['verdict']) =>
    steps.filter(({ id }) => state.steps[id]?.verdict?.verdict === verdict).length;
  const judged = count('confirmed') + count('refuted') + count('not settled');
  const isDone = judged === steps.length;
  print(
    `${count('confirmed')} confirmed, ${count('refuted')} refuted, ${count('not settled')} not settled, ${steps.length - judged} not run`,
  );
  if (judged > 0) {
    print(
      `Record, to be read and committed: ${writeRecord(recordName(state), renderRecord(state, steps))}`,
    );
  }
  if (state.things.length > 0) {
    print('Left in the account:');
    for (const { kind, name } of state.things) print(`  ${kind} ${name}`);
    print(leftCost);
  }
  if (state.things.length === 0) store.remove();
  const again = `npm run verify:account -- --stack ${stack}`;
  if (state.things.length > 0 && !isDone) print(`To continue: ${again} --resume`);
  if (state.things.length > 0) print(`To remove it: ${again} --destroy-only`);
}
