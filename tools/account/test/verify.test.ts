import { describe, expect, it } from 'vitest';
import { awsAllowed, codeOf, type Step } from '../step.ts';
import { createRun, FakeAccount, failed, Killed } from './account.ts';

/** What a whole run changes, in order. */
const allChanges = [
  'kafka create-topic b-1.example.amazonaws.com:9098 Verify',
  'npx cdk deploy Verify',
  'aws iam put-role-policy verify-role-x1',
  'aws iam delete-role-policy --role-name verify-role-x1 --policy-name verify-outage',
  'aws cloudformation delete-stack --stack-name Verify',
  'aws cloudformation wait stack-delete-complete --stack-name Verify',
  'kafka delete-topic b-1.example.amazonaws.com:9098 Verify',
  'empty-bucket verify-bucket-1a2b',
  'aws s3api delete-bucket --bucket verify-bucket-1a2b',
];

describe('a run', () => {
  it('walks the steps in order, removes everything, and leaves no state', async () => {
    const { account, printed, records, run, store } = createRun();
    expect(await run()).toBe(true);
    expect(account.changes).toEqual(allChanges);
    expect(account.existing).toEqual(new Set());
    expect(store.json).toBeUndefined();
    expect(records.map(([name]) => name)).toEqual(['2026-11-28-eu-west-1']);
    expect(printed.at(-1)).toMatch(/docs\/verified\/2026-11-28-eu-west-1\.md$/);
  });

  it('states the costs before it asks, and changes nothing if the user declines', async () => {
    const { account, asked, printed, run, store } = createRun();
    expect(await run('new', { isAgreed: false })).toBe(false);
    expect(asked).toEqual([
      'Create the stacks Verify, Verify-probe, Verify-stream and the topic Verify in account 111122223333, region eu-west-1, run 3 steps and remove everything?',
    ]);
    expect(printed.join('\n')).toMatch(/\$0\.185 an hour.*Nothing was changed\.$/s);
    expect(account.changes).toEqual([]);
    expect(store.json).toBeUndefined();
  });

  it.each([
    [
      'aws sts',
      { ok: true, output: '999988887777' },
      'for account 999988887777, not for 111122223333',
    ],
    ['aws sts', failed('ExpiredToken', 'expired'), 'the credentials do not work: expired'],
    ['aws ssm', failed('ParameterNotFound'), 'npx cdk bootstrap aws://111122223333/eu-west-1'],
    [
      'aws cloudformation describe-stacks --stack-name Verify-stream',
      { ok: true },
      "stack 'Verify-stream' exists already",
    ],
    ['aws kafka get-bootstrap', { ok: true, output: [null, null] }, 'has no listener for it'],
    ['kafka exists', { ok: true, output: true }, "topic 'Verify' exists already"],
  ] as const)('refuses before asking if %s answers %j', async (start, answer, message) => {
    const { account, asked, run } = createRun();
    account.rules.push([
      start,
      'output' in answer || !answer.ok ? answer : { ok: true, output: 'X' },
    ]);
    await expect(run()).rejects.toThrow(message);
    expect(asked).toEqual([]);
    expect(account.changes).toEqual([]);
  });

  it('ends what a step disturbed before the next step begins', async () => {
    const { account, run } = createRun();
    await run();
    const [undone, next] = ['aws iam delete-role-policy', 'aws ask third'].map((start) =>
      account.lines.findIndex((line) => line.startsWith(start)),
    );
    expect(undone).toBe((next ?? 0) - 1);
  });

  it('asks for the account before anything else', async () => {
    const { account, run } = createRun();
    await run();
    expect(account.lines[0]).toBe('aws sts get-caller-identity --query Account');
  });

  it('settles nothing by a time-out, and removes what the step disturbed', async () => {
    const { account, records, run } = createRun();
    account.rules.push(['aws ask look', { ok: true, output: 'no' }]);
    expect(await run()).toBe(false);
    expect(account.lines.filter((line) => line.startsWith('aws ask look'))).toHaveLength(5);
    expect(records[0]?.[1]).toContain('- **not settled**: no result in time: look');
    expect(account.changes).toEqual(allChanges);
  });

  it('settles nothing by an unexpected failure, skips the steps that need more, and removes everything', async () => {
    const { account, printed, run } = createRun();
    account.rules.push(['npx cdk deploy', failed('Failed', 'rolled back')]);
    expect(await run()).toBe(false);
    expect(printed).toContain('    not settled: deploy: Failed: rolled back');
    expect(printed).toContain("    not settled: 'Role' is unknown");
    expect(account.existing).toEqual(new Set());
  });

  it('stops without a verdict if a failure comes from credentials that have expired', async () => {
    const { account, printed, run, store } = createRun();
    account.rules.push(['npx cdk deploy', failed('Failed', 'expired')]);
    account.before = (line) => {
      if (line.startsWith('npx cdk')) account.rules.push(['aws sts', failed('ExpiredToken')]);
    };
    await expect(run()).rejects.toThrow('the credentials do not work');
    expect(store.load()?.steps.first?.verdict).toBeUndefined();
    expect(printed.at(-2)).toBe('To continue: npm run verify:account -- --stack Verify --resume');
  });

  it('says what is left if something cannot be removed, and removes the rest', async () => {
    const { account, printed, run, store } = createRun();
    account.rules.push(['aws cloudformation wait stack-delete', failed('Failed', 'DELETE_FAILED')]);
    expect(await run()).toBe(false);
    const from = printed.indexOf('Left in the account:');
    expect(printed.slice(from)).toEqual([
      'Left in the account:',
      '  stack Verify',
      'What is left can cost up to $0.19 an hour.',
      'To remove it: npm run verify:account -- --stack Verify --destroy-only',
    ]);
    account.rules.pop();
    expect(await run('destroy-only')).toBe(true);
    expect(store.json).toBeUndefined();
  });

  it('refuses to start beside an unfinished run, and to continue none', async () => {
    const { account, run, stop } = createRun();
    await expect(run('resume')).rejects.toThrow('no run is unfinished');
    account.before = (line) => {
      if (line.startsWith('npx cdk')) stop.abort();
    };
    expect(await run()).toBe(false);
    await expect(run()).rejects.toThrow('pass --resume or --destroy-only');
  });
});

describe('a role that cannot be assumed', () => {
  const steps: readonly Step[] = [
    {
      ...{ id: 'permission', question: 'Is it allowed?', settles: [], expected: 'It is.' },
      actions: [
        {
          name: 'call',
          command: { ...awsAllowed(['x:Y'], '*', 'x y'), session: [] },
          mayFail: true,
        },
      ],
      judge: (seen) => codeOf(seen, 'call') === undefined,
    },
  ];
  const cannot = failed('CannotAssumeRole', 'AccessDenied: not authorized');

  it('is tried again for a minute, since it may be seconds old', async () => {
    const account = new FakeAccount();
    let failures = 4;
    account.rules.push(['aws x y', () => (failures-- > 0 ? cannot : { ok: true })]);
    expect(await createRun(account, steps).run()).toBe(true);
  });

  it('settles nothing', async () => {
    const account = new FakeAccount();
    account.rules.push(['aws x y', cannot]);
    const { printed, run } = createRun(account, steps);
    expect(await run()).toBe(false);
    expect(account.lines.filter((line) => line.startsWith('aws x y'))).toHaveLength(5);
    expect(printed).toContain(
      '    not settled: call: CannotAssumeRole: AccessDenied: not authorized',
    );
  });
});

describe('Ctrl-C', () => {
  it('stops after the running command, with what is left, what it costs and how to continue', async () => {
    const { account, printed, run, stop } = createRun();
    account.before = (line) => {
      if (line.startsWith('npx cdk')) stop.abort();
    };
    expect(await run()).toBe(false);
    expect(account.lines.at(-1)).toBe('npx cdk deploy Verify');
    expect(printed.slice(printed.indexOf('Left in the account:'))).toEqual([
      'Left in the account:',
      '  topic Verify',
      '  stack Verify',
      'What is left can cost up to $0.19 an hour.',
      'To continue: npm run verify:account -- --stack Verify --resume',
      'To remove it: npm run verify:account -- --stack Verify --destroy-only',
    ]);
  });
});

/** A run that was killed before or after the given call: its state is what was saved until then. */
async function killedAt(call: number, isAfter: boolean) {
  const tool = createRun();
  const { account, store } = tool;
  const { execute } = account;
  let calls = 0;
  let saved: string | undefined;
  const kill = () => {
    saved = store.json;
    throw new Killed();
  };
  Object.assign(account, {
    execute: async (command: Parameters<typeof execute>[0]) => {
      calls += 1;
      if (calls === call && !isAfter) kill();
      const answer = await execute(command);
      if (calls === call) kill();
      return answer;
    },
  });
  await expect(tool.run()).rejects.toThrow(Killed);
  store.json = saved;
  tool.records.length = 0;
  return tool;
}

describe('a run that is killed', async () => {
  const whole = createRun();
  await whole.run();
  const calls = whole.account.lines.map((line, index) => [index + 1, line] as const);
  // Until it has asked, a run has no state.
  const first = calls.findIndex(([, line]) => line.startsWith('kafka create-topic'));

  describe.each(calls.slice(first))('at call %i, %s', (call) => {
    it.each([
      ['before it', 'resume', false],
      ['after it', 'resume', true],
      ['before it', 'destroy-only', false],
      ['after it', 'destroy-only', true],
    ] as const)('%s: %s leaves nothing', async (_, mode, isAfter) => {
      const { account, records, run, store } = await killedAt(call, isAfter);
      await run(mode);
      expect(account.existing).toEqual(new Set());
      expect(store.json).toBeUndefined();
      const removals = new Set(account.changes.filter((line) => /delete-|empty/.test(line)));
      if (account.lines.includes('npx cdk deploy Verify')) {
        expect(removals).toContain('aws s3api delete-bucket --bucket verify-bucket-1a2b');
      }
      if (mode === 'resume') expect(records[0]?.[1].match(/confirmed \|/g)).toHaveLength(3);
    });
  });
});
