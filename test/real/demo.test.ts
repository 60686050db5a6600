import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ParsedObjectKey, parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { createFailedBatchBucket } from '../../tools/local/replay/failed-batch-bucket.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { startS3Server } from '../../tools/local/s3-server/server.ts';
import {
  demo,
  endOf,
  expectArchived,
  expectAsInTutorial,
  expectEachOffsetOnce,
  filesOf,
  type Line,
  type Run,
  readArchive,
  root,
  startDemo,
} from '../../tools/local/test/demo/running-demo.ts';

/** Runs bundle the function and start a process for it, but mostly wait: some run concurrently. */
const manner = { concurrent: true };

let folders: string;

beforeAll(() => {
  folders = mkdtempSync(join(tmpdir(), 'demo-'));
});

afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** Creates a folder for one test, which is deleted after all tests. */
function temporaryFolder(): string {
  return mkdtempSync(join(folders, 'test-'));
}

describe('demo', manner, () => {
  it('archives generated orders in the given batches and objects', async () => {
    const out = temporaryFolder();
    const flags = ['--partitions', '4', '--batch-size', '3000', '--compression', 'zstd'];
    const run = await demo('--records', '20000', ...flags, '--pollers', '2', '--out', out);
    const lines = expectArchived(run, out, 20_000);
    expectEachOffsetOnce(lines, 4);
    expect(run.stdout).toMatch(/^topic +partition +records +earliest +latest\norders +0 +\d+ +20/m);
    const orders = lines.map(({ value }) => (value as { order: number }).order);
    expect(orders.sort((a, b) => a - b)).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
    expect(filesOf(join(out, 'archive')).filter((file) => !file.endsWith('.jsonl.zst'))).toEqual(
      [],
    );
    const [, invocations] = /^ {2}invocations +(\d+) \(failed 0,/m.exec(run.stdout) ?? [];
    expect(Number(invocations)).toBeGreaterThanOrEqual(Math.ceil(20_000 / 3000));
  });
});

/** The keys of a run's objects, as a listing names them. */
async function archivedKeys(out: string): Promise<ParsedObjectKey[]> {
  const s3 = await startS3Server({ root: out });
  const keys = await keysOf(s3.endpoint, 'archive');
  await s3.close();
  return keys.map((key) => parseObjectKey(key) ?? expect.fail(`not an object's key: ${key}`));
}

/** Expects keys to name each offset of a partition in one run, whose objects are in one group. */
function expectRunsOnce(keys: readonly ParsedObjectKey[], lines: readonly Line[]): void {
  const runs = new Map(
    keys.flatMap((key) =>
      key.runs.map((run) => [`${run.partition} ${run.first} ${run.last}`, run] as const),
    ),
  );
  const named = [...runs.values()].map(({ offsets = 0 }) => offsets);
  expect(named.reduce((sum, offsets) => sum + offsets, 0)).toBe(lines.length);
  expect(keys.filter(({ format }) => format !== 2)).toEqual([]);
}

describe('objects', manner, () => {
  it('of batches with 40 partitions have names that no file can have, and are listed by them', async () => {
    const out = temporaryFolder();
    const flags = ['--partitions', '40', '--batch-window', '5', '--compression', 'none'];
    const run = await demo(...flags, '--out', out);
    const lines = expectArchived(run, out, 1707);
    expectEachOffsetOnce(lines, 40);
    expect(run.stdout).toContain(
      '\nEach object holds the records of one batch and day; its name gives the offsets of each partition.\n',
    );
    const keys = await archivedKeys(out);
    expectRunsOnce(keys, lines);
    expect(Math.max(...keys.map(({ runs }) => runs.length))).toBe(40);
    const hashed = filesOf(join(out, 'archive')).filter((file) =>
      file.startsWith('.keys-by-hash/'),
    );
    expect(hashed.length).toBeGreaterThan(0);
    expect(run.stdout).toContain(
      `look for ${hashed.length} objects in ${join(out, 'archive', '.keys-by-hash')}/, named by`,
    );
  });

  it('of partitions have one run each', async () => {
    const out = temporaryFolder();
    const flags = ['--object-of', 'partition', '--time-folder', 'none'];
    const run = await demo(...flags, '--out', out);
    const keys = await archivedKeys(out);
    expectRunsOnce(keys, expectArchived(run, out, 1707));
    expect(keys.filter(({ runs }) => runs.length > 1)).toEqual([]);
    expect(run.stdout).toContain('\nEach object holds the records of one batch and partition; ');
  });

  it('have keys and values in the given encoding', async () => {
    const out = temporaryFolder();
    const flags = ['--key-encoding', 'base64', '--value-encoding', 'text'];
    const lines = expectArchived(await demo(...flags, '--out', out), out, 1707);
    expect(lines.filter(({ value }) => typeof value !== 'string')).toHaveLength(0);
    const ids = lines.map(({ value }) => JSON.parse(value as string).id);
    expect(lines.map(({ key }) => Buffer.from(key ?? '', 'base64').toString())).toEqual(ids);
  });
});

describe('a delivery stream', manner, () => {
  /** Expects a run with a stream to have stored every offset, and to report the duplicates. */
  function expectStored({ status, stderr, stdout }: Run, out: string): void {
    expect(stderr).toBe('');
    const lines = readArchive(out);
    const names = lines.map(({ offset, partition }) => `${partition} ${offset}`);
    expect(new Set(names).size).toBe(1707);
    const duplicates = lines.length - 1707;
    const verdict = `every offset stored at least once: 1707 of 1707, ${duplicates} duplicates\n`;
    expect(stdout).toContain(verdict);
    expect(stdout).toMatch(/^us1000chhc +6\.4 /m);
    expect(status).toBe(0);
  }

  it('stores the lines in few objects, in the folders of their days', async () => {
    const out = temporaryFolder();
    const run = await demo('--delivery', 'firehose', '--buffer-seconds', '1', '--out', out);
    expectStored(run, out);
    expect(run.stdout).toContain(
      "\ndelivery stream 'archive' stores the lines of a folder as an object after 64 MiB or 1 s\n",
    );
    expect(run.stdout).toMatch(/^ {2}stream {9}1,707 lines in \d+ records$/m);
    const name =
      /^demo\/topic=earthquakes\/dt=(.{10})\/archive-1-2\d{3}(?:-\d\d){5}-[\da-f-]{36}\.jsonl\.gz$/;
    const days = filesOf(join(out, 'archive')).map((file) => name.exec(file)?.[1]);
    const times = readArchive(out).map(({ timestamp }) => new Date(timestamp).toISOString());
    expect(new Set(days)).toEqual(new Set(times.map((time) => time.slice(0, 10))));
  });

  it('stores failed batches after its outage, and batches that failed for another reason', async () => {
    const out = temporaryFolder();
    const flags = ['--outage', '4s', '--fail-rate', '0.1', '--buffer-seconds', '1'];
    const run = await demo('--delivery', 'firehose', ...flags, '--out', out);
    expectStored(run, out);
    expect(run.stdout).toMatch(/^ {2}failed batches \d+, all replayed /m);
    expect(run.stdout).toMatch(/^outage over: [1-9]\d* puts were refused$/m);
  });

  it('without folders by time has one folder per topic', async () => {
    const out = temporaryFolder();
    const flags = ['--time-folder', 'none', '--compression', 'none', '--buffer-seconds', '0'];
    const run = await demo('--delivery', 'firehose', ...flags, '--out', out);
    expectStored(run, out);
    for (const file of filesOf(join(out, 'archive'))) {
      expect(file).toMatch(/^demo\/topic=earthquakes\/archive-1-[\da-f-]+\.jsonl$/);
    }
  });
});

describe("the environment's brokers", manner, () => {
  it('are not used by a run without --kafka', async () => {
    const out = temporaryFolder();
    const variables = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' };
    expectArchived(await endOf(startDemo(['--out', out], variables)), out, 1707);
  });
});

describe('a record too large for an invocation', manner, () => {
  it('fails the run, which reports why', async () => {
    const folder = temporaryFolder();
    const input = join(folder, 'large.jsonl');
    writeFileSync(input, `"small"\n${JSON.stringify('x'.repeat(5_000_000))}\n`);
    const { status, stdout } = await demo('--input', input, '--out', join(folder, 'out'));
    expect(stdout).toContain('every offset stored exactly once: 1 of 2\nmissing 1, ');
    expect(stdout).toContain(
      'dropped by the event source mapping: 1 records (MaximumPayloadSizeExceeded)\n',
    );
    expect(stdout).not.toContain("the function's log");
    expect(status).toBe(1);
  });
});

/** The failed batches, those not marked as replayed, and the number of replayed records. */
async function failedBatchesOf(out: string) {
  const s3 = await startS3Server({ root: out });
  const client = s3ClientOf(s3);
  const unreplayed: string[] = [];
  for await (const { key } of createFailedBatchBucket(client, 'failed-batches').unreplayed()) {
    unreplayed.push(key);
  }
  let replayedRecords = 0;
  for await (const { isReplayed, lines } of readObjects(client, 'archive')) {
    if (isReplayed) replayedRecords += lines.length;
  }
  client.destroy();
  await s3.close();
  return { kept: filesOf(join(out, 'failed-batches')), unreplayed, replayedRecords };
}

/** Expects a run to have replayed all its failed batches. */
async function expectReplayed(run: Run, out: string): Promise<void> {
  expectEachOffsetOnce(expectArchived(run, out, 1707), 3);
  const { kept, replayedRecords, unreplayed } = await failedBatchesOf(out);
  expect(kept.length).toBeGreaterThan(0);
  expect(unreplayed).toEqual([]);
  const figure = `${kept.length}, all replayed (slowest after `;
  expect(run.stdout).toContain(`\n  failed batches ${figure}`);
  expect(run.stdout).toContain(`\n  records        1,707 (${replayedRecords} by replay)\n`);
  expect(replayedRecords).toBeGreaterThan(0);
  expect(run.stdout).toMatch(/^us1000chhc +6\.4 /m);
  const last = `\nfailed batches are in ${join(out, 'failed-batches')}/\n`;
  expect(run.stdout.slice(-last.length)).toBe(last);
}

describe('failed batches', manner, () => {
  it('of a failing function are replayed', async () => {
    const out = temporaryFolder();
    const run = await demo('--fail-rate', '0.2', '--out', out);
    await expectReplayed(run, out);
    expectAsInTutorial(run, 'npm run demo -- --fail-rate 0.2 --keep', out);
    expect(run.stdout).toMatch(
      /^given up: earthquakes-\d offsets \d+ to \d+ \(RetryAttemptsExhausted after 2 attempts\), kept as a failed batch$/m,
    );
    expect(run.stdout).toMatch(
      /^replayed: earthquakes-\d offsets \d+ to \d+ in attempt 1, after \d+\.\d s$/m,
    );
  });

  it('of an outage are replayed once it is over', async () => {
    const out = temporaryFolder();
    const run = await demo('--outage', '6s', '--out', out);
    await expectReplayed(run, out);
    expect(run.stdout).toMatch(
      /^outage: for 6 s, bucket 'archive' refuses every put \(503 SlowDown\)$/m,
    );
    expect(run.stdout).toMatch(/^outage over: [1-9]\d* puts were refused$/m);
  });

  it('that cannot be replayed fail the run, and can be inspected until Ctrl-C', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const input = join(folder, 'large.jsonl');
    writeFileSync(input, `"small"\n${JSON.stringify('x'.repeat(5_000_000))}\n`);
    const child = startDemo(['--input', input, '--fail-rate', '0', '--keep', '--out', out], {});
    const ended = endOf(child);
    const hint = await lineOf(child, /^npm run archive -- status /);
    expect(hint).toBe(`npm run archive -- status --local ${out}`);
    const file = join(out, 'replay-targets.json');
    const { s3Endpoint: s3, sqsEndpoint: sqs, ...targets } = JSON.parse(readFileSync(file, 'utf8'));
    expect(targets).toEqual({
      bucket: 'failed-batches',
      queue: `${sqs}/000000000000/replay`,
      deadLetterQueue: `${sqs}/000000000000/dead-letter`,
    });
    const keys = await keysOf(s3, 'failed-batches');
    expect(keys).toEqual(filesOf(join(out, 'failed-batches')));
    expect(await countOf(`${sqs}/000000000000/dead-letter`, sqs)).toBe('1');
    child.kill('SIGINT');
    const { status, stderr, stdout } = await ended;
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain(
      [
        'every offset stored exactly once: 1 of 2',
        'missing 1, repeated 0, altered 0, unknown 0',
        'dead letter: large-1 offsets 0 to 0: NO_PAYLOAD the failed batch holds no records to replay (MaximumPayloadSizeExceeded): fetch large-1 offset 0 from the topic',
        `failed batches are in ${join(out, 'failed-batches')}/`,
        `S3 at ${s3} and SQS at ${sqs} keep running until Ctrl-C; inspect them with:`,
        hint,
      ].join('\n'),
    );
    expect(stdout).toContain('\n  failed batches 1: replayed 0, waiting 0, dead 1\n');
    expect(existsSync(file)).toBe(false);
  });

  it('that the replay may not read are dead, until the user dismisses or redrives them', async () => {
    const out = join(temporaryFolder(), 'out');
    const flags = ['--fail-rate', '0.2', '--dead-letters', '2', '--keep', '--out', out];
    const child = startDemo(flags, {});
    const ended = endOf(child);
    await lineOf(child, /^npm run archive -- status /);
    const before = JSON.parse(await operate('status', '--json', '--local', out));
    expect(before.counts).toMatchObject({ dead: 2, dismissed: 0, deadLetters: 2 });
    const [first, second] = before.failedBatches.map(({ key }: { key: string }) => key);
    // On a busy machine, a batch may be invoked before it has 50 records.
    const records = before.failedBatches.map((each: { records: number }) => each.records);
    const dead = records[0] + records[1];
    expect(dead).toBeGreaterThan(0);
    expect(before.failedBatches[0].deadLetters).toMatchObject([{ code: 'LOAD_FAILED' }]);
    expect(await operate('replay', 'show', first, '--local', out)).toContain('not replayed');
    await operate('replay', 'dismiss', first, '--yes', '--local', out);
    await operate('replay', 'redrive', '--yes', '--local', out);
    const state = async () =>
      JSON.parse(await operate('replay', 'show', second, '--json', '--local', out)).state;
    await vi.waitFor(async () => expect(await state()).toBe('replayed'), 30_000);
    const after = JSON.parse(await operate('status', '--json', '--local', out));
    expect(after.counts).toMatchObject({ waiting: 0, dead: 0, dismissed: 1, deadLetters: 0 });
    child.kill('SIGINT');
    const { status, stderr, stdout } = await ended;
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain(`\nevery offset stored exactly once: ${1707 - dead} of 1707\n`);
  });
});

/** Runs `kafka-archive` as a user would. @returns what it prints */
async function operate(...args: string[]): Promise<string> {
  const file = join(root, 'bin/kafka-archive.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args]);
  return stdout;
}

/** Waits for a line of a run's output. */
async function lineOf(child: ReturnType<typeof startDemo>, wanted: RegExp): Promise<string> {
  const { promise, reject, resolve } = Promise.withResolvers<string>();
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
    const line = printed
      .split('\n')
      .slice(0, -1)
      .find((each) => wanted.test(each));
    if (line !== undefined) resolve(line);
  });
  child.stdout.on('end', () => reject(new RangeError(`no such line in:\n${printed}`)));
  return promise;
}

async function keysOf(endpoint: string, Bucket: string): Promise<string[]> {
  const client = s3ClientOf({ endpoint });
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  client.destroy();
  return Contents.map(({ Key = '' }) => Key);
}

/** Number of visible messages in a queue. */
async function countOf(QueueUrl: string, endpoint: string): Promise<string | undefined> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  client.destroy();
  return Attributes?.ApproximateNumberOfMessages;
}
