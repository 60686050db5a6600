import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { replayHelp } from '../../../cli/replay/help.ts';
import { startReplayServers } from './replay-servers.ts';

const script = join(import.meta.dirname, '..', '..', '..', 'bin', 'replay.ts');

/** Nothing of the machine's own AWS. */
const environment = {
  PATH: process.env.PATH,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = (async () => {
    const closed = once(child, 'close');
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, out, err };
  })();
  return { child, ended };
}

const replay = (...args: string[]) => start(args).ended;

describe('the command', { timeout: 60_000 }, () => {
  it('prints its help', async () => {
    expect(await replay('help')).toEqual({ code: 0, out: replayHelp, err: '' });
  });

  it.each([
    [[], 'give a command: status, redrive, run, show or dismiss; see --help\n'],
    [['x'], "there is no command 'x': give status, redrive, run, show or dismiss; see --help\n"],
  ])('ends with 2 for a wrong command line: %j', async (args, err) => {
    expect(await replay(...args)).toEqual({ code: 2, out: '', err });
  });

  it('ends with 2 where it may not ask, and has changed nothing', async () => {
    const { flags, keysIn, seed } = await startReplayServers();
    await seed({ ranges: { 0: [1, 2] } });
    expect(await replay('run', ...flags)).toEqual({
      code: 2,
      out: '',
      err: 'run asks before it changes anything, and here is no terminal: give --yes; see --help\n',
    });
    expect(keysIn('replay')).toEqual([]);
  });

  it('ends with 0 when it is done, and prints nothing else', async () => {
    const { bury, flags, keysIn, seed, sqs } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 2] } });
    bury(key, { code: 'LOAD_FAILED', reason: 'SlowDown, HTTP 503' });
    const status = await replay('status', ...flags);
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toContain(`  dead: LOAD_FAILED  ${key}\n`);
    expect(sqs.queue('dead').counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await replay('redrive', '--yes', '--json', ...flags)).toEqual({
      code: 0,
      out: '{\n  "outcome": "done",\n  "moved": 1\n}\n',
      err: '',
    });
    expect(await replay('run', '--yes', ...flags)).toEqual({
      code: 0,
      out: 'put 1 failed batch on the replay queue (1 looked at)\n',
      err: '',
    });
    expect(keysIn('replay')).toEqual([key, key]);
  });

  it('ends with 1, in one line, for what could not be done', async () => {
    const { flags } = await startReplayServers();
    expect(await replay('show', 'k', ...flags)).toEqual({
      code: 1,
      out: '',
      err: "'k' does not exist: it was deleted by hand, or it was replayed and has expired since: The specified key does not exist.\n",
    });
    expect(await replay('status', '--region', 'eu-west-1')).toEqual({
      code: 1,
      out: '',
      err: "outputs of the stack 'KafkaArchive' failed: CredentialsProviderError: Could not load credentials from any providers; log in, with 'aws sso login' for example, or give another --profile\n",
    });
    expect(await replay('status')).toEqual({
      code: 1,
      out: '',
      err: "outputs of the stack 'KafkaArchive' failed: Error: no region: give --region, or set AWS_REGION\n",
    });
  });

  it('ends with 130 at Ctrl-C, with dead letters as they were', async () => {
    const { promise: isListing, resolve } = Promise.withResolvers<void>();
    const { bury, flags, sqs } = await startReplayServers({
      s3: ({ operation }) => {
        if (operation !== 'ListObjectsV2') return undefined;
        resolve();
        return { kind: 'hang' };
      },
    });
    bury('k', { code: 'LOAD_FAILED', reason: 'SlowDown, HTTP 503' });
    const { child, ended } = start(['status', ...flags]);
    await isListing;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, out: '', err: 'stopped\n' });
    expect(sqs.queue('dead').counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it('leaves a task that moves messages running at Ctrl-C', async () => {
    const { bury, flags, keysIn, sqs } = await startReplayServers();
    for (const key of ['a', 'b', 'c']) bury(key, { code: 'LOAD_FAILED', reason: 'SlowDown' });
    const { child, ended } = start(['redrive', '--yes', '--max-per-second', '1', ...flags]);
    await sqs.queue('replay').receiveWhenThere(1, { signal: AbortSignal.timeout(30_000) });
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      out: '',
      err: "stopped looking; the task goes on by itself, and 'redrive' follows it again\n",
    });
    await sqs.queue('replay').receiveWhenThere(1, { signal: AbortSignal.timeout(30_000) });
    expect(keysIn('replay').length).toBeGreaterThan(1);
  });
});
