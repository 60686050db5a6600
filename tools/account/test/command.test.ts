import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import { createVerifyCommand } from '../command.ts';
import { steps } from '../steps/steps.ts';
import { createRun, FakeAccount, fewSteps, MemoryStore, target } from './account.ts';

/** Runs a command line against an account in memory. */
async function verifyAccount(line: string, { store = new MemoryStore(), ask = true } = {}) {
  const account = new FakeAccount();
  createRun(account);
  const printed: string[] = [];
  const errors: string[] = [];
  const machine: Machine = {
    ask: ask ? async () => false : undefined,
    environment: {},
    now: () => Date.parse('2026-11-28T09:00:00Z'),
    pause: async () => undefined,
    print: (text) => printed.push(text),
    printError: (text) => errors.push(text),
    write: async () => undefined,
    progress: () => undefined,
    stop: new AbortController().signal,
  };
  const regions: string[] = [];
  const command = createVerifyCommand(machine, {
    steps: line.includes('--dry-run') ? steps : fewSteps,
    revision: () => 'abc1234',
    writeRecord: (name) => name,
    storeOf: () => store,
    executeFor: ({ region }) => {
      regions.push(region);
      return account.execute;
    },
  });
  const code = await run(command, line.split(' ').filter(Boolean), machine);
  return { account, code, errors, printed, regions, store };
}

const { account, cluster, region } = target;
const where = `--account ${account} --region ${region} --cluster ${cluster} --stack Verify`;

describe('the command line', () => {
  it.each([
    ['', '--account is required'],
    [`--account ${account}`, '--region is required'],
    [
      `${where.replace(cluster, 'example')}`,
      "--cluster must be the ARN of an MSK cluster, got 'example'",
    ],
    [
      where.replace('--account 1111', '--account 2222'),
      '--cluster must be in --account and --region, but is in 111122223333, eu-west-1',
    ],
    [
      where.replace('--region eu', '--region us'),
      '--cluster must be in --account and --region, but is in 111122223333, eu-west-1',
    ],
    [`${where} --stack 9`, "It must be 1 to 40 letters, digits or '-', starting with a letter"],
    ['--resume --destroy-only', "option '--resume' cannot be used with option '--destroy-only'"],
  ])('refuses "%s"', async (line, message) => {
    const { account: called, code, errors } = await verifyAccount(line);
    expect(errors.join()).toContain(message);
    expect(code).toBe(2);
    expect(called.lines).toEqual([]);
  });

  it('needs a terminal or --yes', async () => {
    const { code, errors } = await verifyAccount(where, { ask: false });
    expect(errors.join()).toContain('pass --yes');
    expect(code).toBe(2);
  });

  it('exits with 1 if the user declines, and with 0 if everything was confirmed', async () => {
    expect((await verifyAccount(where)).code).toBe(1);
    const { code, regions } = await verifyAccount(`${where} --yes`);
    expect(code).toBe(0);
    expect(regions).toEqual([region]);
  });

  it('takes the target of an unfinished run, and refuses another one', async () => {
    const store = new MemoryStore();
    const values = { ...target, topic: 'Verify', partition: 'aws', brokers: 'b:9098' };
    const unfinished = {
      target,
      startedAt: '2026-11-28T08:00:00.000Z',
      revision: 'abc1234',
      values,
    };
    store.save({ ...unfinished, secrets: [], steps: {}, things: [] });
    const other = await verifyAccount('--stack Verify --resume --account 222233334444', { store });
    expect(other.errors.join()).toContain(
      "--account must be that of the unfinished run, '111122223333'",
    );
    expect(other.code).toBe(2);
    const { code } = await verifyAccount('--stack Verify --resume --yes', { store });
    expect(code).toBe(0);
  });

  it('says that no run is unfinished', async () => {
    const { code, errors } = await verifyAccount('--destroy-only --yes');
    expect(errors).toEqual(['no run is unfinished: leave out --resume and --destroy-only']);
    expect(code).toBe(1);
  });

  it('prints every step, command and the costs with --dry-run, and calls nothing', async () => {
    const { account: called, code, printed } = await verifyAccount(`--dry-run ${where}`);
    expect(code).toBe(0);
    expect(called.lines).toEqual([]);
    const text = printed.join('\n');
    for (const { id } of steps) expect(text).toContain(` ${id}: `);
    expect(text).toContain(`$ aws kafka get-bootstrap-brokers --cluster-arn ${cluster}    # with`);
    expect(text).toMatch(/\$0\.185 an hour/);
  });
});
