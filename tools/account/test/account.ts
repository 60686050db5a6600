import type { State, StateStore, Target } from '../state.ts';
import type { Answer, Command, Step } from '../step.ts';
import { commandLine } from '../step.ts';
import { type Mode, type VerifyParts, verify } from '../verify.ts';

export const target: Target = {
  account: '111122223333',
  region: 'eu-west-1',
  cluster:
    'arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
  stack: 'Verify',
};

/** Thrown in place of a call, as if the process had been killed. */
export class Killed extends Error {}

type Rule = readonly [start: string, answer: Answer | ((line: string) => Answer)];

const ok = (output?: unknown): Answer => ({ ok: true, output });
export const failed = (code: string, message = 'no'): Answer => ({ ok: false, code, message });

/** An account in memory: stacks and a topic exist or not, and rules answer the other commands. */
export class FakeAccount {
  readonly lines: string[] = [];
  readonly existing = new Set<string>();
  readonly rules: Rule[] = [];
  /** Called before each command. */
  before: (line: string) => void = () => undefined;

  readonly execute = async (command: Command): Promise<Answer> => {
    const line = commandLine(command);
    this.before(line);
    this.lines.push(line);
    const rule = this.rules.findLast(([start]) => line.startsWith(start));
    if (rule !== undefined) return typeof rule[1] === 'function' ? rule[1](line) : rule[1];
    return this.answer(line);
  };

  /** The commands that change something. */
  get changes(): readonly string[] {
    return this.lines.filter((line) => /deploy|create|delete-|put-|produce|empty/.test(line));
  }

  private answer(line: string): Answer {
    const [, stack = ''] = /--stack-name (\S+)/.exec(line) ?? /cdk deploy (\S+)/.exec(line) ?? [];
    if (line.startsWith('aws sts get-caller-identity')) return ok('111122223333');
    if (line.startsWith('aws ssm get-parameter')) return ok('30');
    if (line.startsWith('aws kafka get-bootstrap'))
      return ok(['b-1.example.amazonaws.com:9098', null]);
    if (line.startsWith('aws cloudformation create-stack') || line.startsWith('npx cdk deploy')) {
      this.existing.add(stack);
      return ok();
    }
    if (line.startsWith('aws cloudformation describe-stacks')) {
      if (!this.existing.has(stack)) return failed('ValidationError', 'does not exist');
      return ok(line.includes('StackStatus') ? 'CREATE_COMPLETE' : null);
    }
    if (line.startsWith('aws cloudformation list-stack-resources')) {
      if (!this.existing.has(stack)) return failed('ValidationError', 'does not exist');
      return ok([['AWS::S3::Bucket', `${stack.toLowerCase()}-bucket-1a2b`]]);
    }
    if (line.startsWith('aws cloudformation delete-stack')) this.existing.delete(stack);
    if (line.startsWith('kafka exists')) return ok(this.existing.has('topic'));
    if (line.startsWith('kafka create-topic')) this.existing.add('topic');
    if (line.startsWith('kafka delete-topic')) this.existing.delete('topic');
    return ok();
  }
}

/** Keeps the state as JSON, as the file does. */
export class MemoryStore implements StateStore {
  json: string | undefined;
  load = () => (this.json === undefined ? undefined : (JSON.parse(this.json) as State));
  save = (state: State) => {
    this.json = JSON.stringify(state);
  };
  remove = () => {
    this.json = undefined;
  };
}

/** Steps in the form of the real ones: a deployment, an outage, and one more question. */
export const fewSteps: readonly Step[] = [
  {
    id: 'first',
    question: 'Does it deploy?',
    settles: ['lib/archive-stack.ts'],
    expected: 'It does.',
    creates: [
      { kind: 'topic', name: '{topic}' },
      { kind: 'stack', name: '{stack}' },
    ],
    actions: [
      {
        name: 'topic',
        command: { program: 'kafka', args: ['create-topic', '{brokers}', '{topic}'] },
      },
      { name: 'deploy', command: { program: 'cdk', args: ['deploy', '{stack}'] } },
      {
        name: 'role',
        command: { program: 'aws', args: ['ask', 'role', '--query', 'Role'] },
        isSecret: true,
        save: (fact) => ({ Role: String(fact) }),
      },
    ],
    judge: () => true,
  },
  {
    id: 'second',
    question: 'Does it fail?',
    settles: ['lib/archive-stack.ts'],
    expected: 'It does not.',
    needs: ['Role'],
    disturbs: [{ kind: 'role-policy', name: '{Role}' }],
    actions: [
      { name: 'deny', command: { program: 'aws', args: ['iam', 'put-role-policy', '{Role}'] } },
      {
        name: 'look',
        command: { program: 'aws', args: ['ask', 'look', '--query', 'Seen'] },
        until: (fact) => fact === 'yes',
        minutes: 1,
      },
    ],
    judge: ({ look }) => look?.fact === 'yes',
  },
  {
    id: 'third',
    question: 'Is the outage over?',
    settles: ['lib/archive-stack.ts'],
    expected: 'It is.',
    actions: [{ name: 'after', command: { program: 'aws', args: ['ask', 'third'] } }],
    judge: () => true,
  },
];

/** Runs the tool against an account in memory, on a clock that moves with the pauses. */
export function createRun(account = new FakeAccount(), steps = fewSteps) {
  account.rules.unshift(['aws ask role', ok('verify-role-x1')], ['aws ask look', ok('yes')]);
  const store = new MemoryStore();
  const stop = new AbortController();
  const printed: string[] = [];
  const asked: string[] = [];
  const records: [name: string, page: string][] = [];
  let now = Date.parse('2026-11-28T09:00:00Z');
  const parts = (isAgreed: boolean): VerifyParts => ({
    ...{ steps, store, stop: stop.signal, execute: account.execute },
    confirm: async (question) => {
      asked.push(question);
      return isAgreed;
    },
    now: () => now,
    pause: async (milliseconds) => {
      now += milliseconds;
    },
    print: (text) => printed.push(text),
    progress: () => undefined,
    revision: () => 'abc1234',
    writeRecord(name, page) {
      records.push([name, page]);
      return `docs/verified/${name}.md`;
    },
  });
  return {
    ...{ account, asked, printed, records, stop, store },
    run: (mode: Mode = 'new', { isAgreed = true, at = target } = {}) =>
      verify({ mode, target: mode === 'new' ? at : undefined }, parts(isAgreed)),
  };
}
