import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mskRecords } from '../helpers/kafka-events.ts';
import { archived, bucketOf, folderOf } from './archive/archive-console.ts';
import { startLambda } from './mapping/lambda-server.ts';
import { startReplayServers } from './replay/replay-servers.ts';
import { ordersMapping, uuid } from './reset/reset-console.ts';

const root = join(import.meta.dirname, '..', '..');

/** Hides the AWS configuration of this machine. */
const environment = {
  PATH: process.env.PATH,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

function start(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(root, 'bin', 'kafka-archive.ts'), ...args], {
    env: { ...environment, ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = (async () => {
    const closed = once(child, 'close');
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, out, err };
  })();
  return { child, ended };
}

const archive = (...args: string[]) => start(args).ended;
const failed = { code: 'LOAD_FAILED', reason: 'SlowDown, HTTP 503' };
const noCredentials =
  "CredentialsProviderError: Could not load credentials from any providers; log in, for example with 'aws sso login', or pass another --profile\n";

describe('kafka-archive as a process', { timeout: 60_000 }, () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await archive('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('exits with 2 and changes nothing if it cannot ask', async () => {
    const { flags, keysIn, seed } = await startReplayServers();
    await seed({ ranges: { 0: [1, 2] } });
    expect(await archive('replay', 'run', ...flags)).toEqual({
      code: 2,
      out: '',
      err: "this command asks before it changes anything, but there is no terminal to ask on: pass --yes; see 'kafka-archive replay run --help'\n",
    });
    expect(keysIn('replay')).toEqual([]);
  });

  it('exits with 0 when it is done, and prints the answer alone', async () => {
    const { bury, flags, keysIn, seed, sqs } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 2] } });
    bury(key, failed);
    const status = await archive('status', ...flags);
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toContain(`  dead: LOAD_FAILED  ${key}\n`);
    expect(sqs.queue('dead').counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await archive('replay', 'redrive', '--yes', '--json', ...flags)).toEqual({
      code: 0,
      out: '{\n  "outcome": "done",\n  "moved": 1\n}\n',
      err: '',
    });
    expect(await archive('replay', 'run', '--yes', ...flags)).toEqual({
      code: 0,
      out: 'Put 1 failed batch on the replay queue (1 examined).\n',
      err: '',
    });
    expect(keysIn('replay')).toEqual([key, key]);
  });

  it('exits with 1 and one line if it fails', async () => {
    const { flags } = await startReplayServers();
    expect(await archive('replay', 'show', 'k', ...flags)).toEqual({
      code: 1,
      out: '',
      err: "'k' does not exist: it was deleted by hand, or it was replayed and has expired since: The specified key does not exist.\n",
    });
    expect(await archive('status', '--region', 'eu-west-1')).toEqual({
      code: 1,
      out: '',
      err: `reading the outputs of the stack 'KafkaArchive' failed: ${noCredentials}`,
    });
    expect(await archive('status')).toEqual({
      code: 1,
      out: '',
      err: "reading the outputs of the stack 'KafkaArchive' failed: no region: pass --region or set AWS_REGION\n",
    });
  });

  it('exits with 1 if no broker answers, and leaves the mapping as it was', async () => {
    const lambda = await startLambda({
      mappings: [ordersMapping({ EventSourceArn: undefined })],
    });
    onTestFinished(lambda.close);
    const flags = ['--mapping', uuid, '--lambda-endpoint', lambda.endpoint, '--yes'];
    const line = ['reset', '--topic', 'orders', '--to-earliest', '--brokers', '127.0.0.1:1'];
    const { code, err, out } = await archive(...line, ...flags);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^cannot reach 127\.0\.0\.1:1 with plain text: .*\n$/);
    expect(lambda.journal).toEqual(['GET Enabled']);
  });

  it('says that IAM needs credentials before it connects', async () => {
    const group = ['--no-mapping', '--group', 'g', '--region', 'eu-west-1', '--dry-run'];
    const brokers = ['--brokers', 'b-1.shop.kafka.eu-west-1.amazonaws.com:9098'];
    expect(
      await archive('reset', '--topic', 'orders', '--to-earliest', ...group, ...brokers),
    ).toEqual({
      code: 1,
      out: '',
      err: "cannot sign in with MSK's IAM authentication: Could not load credentials from any providers; log in, for example with 'aws sso login', or pass another --profile\n",
    });
  });

  it('exits with 130 at Ctrl-C, with the dead letters visible as before', async () => {
    const { promise: isListing, resolve } = Promise.withResolvers<void>();
    const { bury, flags, sqs } = await startReplayServers({
      s3: ({ operation }) => {
        if (operation !== 'ListObjectsV2') return undefined;
        resolve();
        return { kind: 'hang' };
      },
    });
    bury('k', failed);
    const { child, ended } = start(['status', ...flags]);
    await isListing;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, out: '', err: 'stopped\n' });
    expect(sqs.queue('dead').counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it('leaves a running move task running at Ctrl-C', async () => {
    const { bury, flags, keysIn, sqs } = await startReplayServers();
    for (const key of ['a', 'b', 'c']) bury(key, failed);
    const line = ['replay', 'redrive', '--yes', '--max-per-second', '1'];
    const { child, ended } = start([...line, ...flags]);
    await sqs.queue('replay').receiveWhenThere(1, { signal: AbortSignal.timeout(30_000) });
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      out: '',
      err: "stopped watching; the move task continues in SQS, and 'kafka-archive replay redrive' follows it again\n",
    });
    await sqs.queue('replay').receiveWhenThere(1, { signal: AbortSignal.timeout(30_000) });
    expect(keysIn('replay').length).toBeGreaterThan(1);
  });

  it.each([
    ['bin/kafka-archive.ts', '--help'],
    ['tools/local/bin/demo.ts', '--help'],
  ])('ends quietly if the reader of %s has closed the pipe', async (script, flag) => {
    const child = spawn(process.execPath, [join(root, script), flag], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('stops printing records once its reader has read enough', async () => {
    const records = mskRecords(0, 5_000, { value: 'x'.repeat(2_000) });
    const folder = folderOf(await archived([records]));
    const line = ['cat', '--topic', 'orders', '--partition', '3', '--format', 'raw'];
    const child = spawn(
      process.execPath,
      [join(root, 'bin', 'kafka-archive.ts'), ...line, '--local', folder],
      { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.once('readable', () => child.stdout.destroy());
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('exits with 130 at Ctrl-C while it reads the archive', async () => {
    const { promise: isReading, resolve } = Promise.withResolvers<void>();
    const flags = await bucketOf(await archived([mskRecords(0, 5)]), ({ operation }) => {
      if (operation !== 'GetObject') return undefined;
      resolve();
      return { kind: 'hang' };
    });
    const { child, ended } = start(['find', '--topic', 'orders', '--key', 'u-17', ...flags]);
    await isReading;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, out: '', err: 'stopped\n' });
  });
});
