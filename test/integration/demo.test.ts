import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { createFailedBatchBucket } from '../../tools/local/replay/failed-batch-bucket.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { startS3Server } from '../../tools/local/s3-server/server.ts';
import {
  demo,
  endOf,
  expectArchived,
  expectEachOffsetOnce,
  expectRefused,
  filesOf,
  type Run,
  readArchive,
  root,
  startDemo,
} from '../../tools/local/test/demo/running-demo.ts';

const earthquakes = join(root, 'tools', 'local', 'data', 'earthquakes.jsonl');

/** Most runs bundle the function and start a process for it; they mostly wait, so some run at once. */
const manner = { timeout: 60_000, concurrent: true };

let folders: string;

beforeAll(() => {
  folders = mkdtempSync(join(tmpdir(), 'demo-'));
});

afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** A folder of a test's own, that is gone when all are over. */
function temporaryFolder(): string {
  return mkdtempSync(join(folders, 'test-'));
}

describe('demo', manner, () => {
  it('archives the earthquakes, then another input into the same folder', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'new', 'out');
    const first = expectArchived(await demo('--out', out), out, 1707);
    expectEachOffsetOnce(first, 3);
    const events = readFileSync(earthquakes, 'utf8').trimEnd().split('\n');
    const values = events.map((line) => JSON.parse(line));
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const archived = first.map(({ value }) => value as { id: string });
    expect(archived.sort(byId)).toEqual(values.sort(byId));
    for (const { topic, key, timestamp, value } of first) {
      const { id, properties } = value as { id: string; properties: { time: number } };
      expect({ topic, key, timestamp }).toEqual({
        topic: 'earthquakes',
        key: id,
        timestamp: properties.time,
      });
    }

    const input = join(folder, 'room temperatures.jsonl');
    writeFileSync(
      input,
      [
        '{"room":{"id":"a"},"at":"2026-01-31T23:59:59.999Z","celsius":20.50}',
        '{"room":{"id":"b"},"at":1769904000000,"note":"line\u2028separator"}',
        '{"room":{},"at":"2026-02-01T12:00:00+01:00"}',
      ].join('\r\n'),
    );
    const flags = ['--key', 'room.id', '--timestamp', 'at', '--partitions', '1'];
    flags.push('--batch-window', '0', '--compression', 'none');
    const run = await demo('--input', input, ...flags, '--out', out);
    const second = expectArchived(run, out, 3);
    expect(second).toMatchObject([
      {
        topic: 'room-temperatures',
        partition: 0,
        offset: 0,
        timestamp: Date.UTC(2026, 0, 31, 23, 59, 59, 999),
        key: 'a',
        value: { celsius: 20.5 },
      },
      { offset: 1, timestamp: 1_769_904_000_000, key: 'b', value: { note: 'line\u2028separator' } },
      { offset: 2, timestamp: Date.UTC(2026, 1, 1, 11), key: null },
    ]);
    const folders = filesOf(join(out, 'archive')).map((file) => file.split('/').slice(0, 3));
    expect(folders).toEqual([
      ['demo', 'topic=room-temperatures', 'dt=2026-01-31'],
      ['demo', 'topic=room-temperatures', 'dt=2026-02-01'],
    ]);
  });

  it('archives generated orders, in the batches and objects asked for', async () => {
    const out = temporaryFolder();
    const flags = ['--partitions', '4', '--batch-size', '3000', '--compression', 'zstd'];
    const run = await demo('--records', '20000', ...flags, '--pollers', '2', '--out', out);
    const lines = expectArchived(run, out, 20_000);
    expectEachOffsetOnce(lines, 4);
    const orders = lines.map(({ value }) => (value as { order: number }).order);
    expect(orders.sort((a, b) => a - b)).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
    expect(filesOf(join(out, 'archive')).filter((file) => !file.endsWith('.jsonl.zst'))).toEqual(
      [],
    );
    const [, invocations] = /^ {2}invocations +(\d+) \(failed 0,/m.exec(run.stdout) ?? [];
    expect(Number(invocations)).toBeGreaterThanOrEqual(Math.ceil(20_000 / 3000));
  });
});

describe('a delivery stream', manner, () => {
  /** Expects a run through a stream to have every offset, and to say how many are there twice. */
  function expectStored({ status, stderr, stdout }: Run, out: string): void {
    expect(stderr).toBe('');
    const lines = readArchive(out);
    const names = lines.map(({ offset, partition }) => `${partition} ${offset}`);
    expect(new Set(names).size).toBe(1707);
    const duplicates = lines.length - 1707;
    const verdict = `every offset stored at least once: 1707 of 1707, ${duplicates} duplicates\n`;
    expect(stdout).toContain(verdict);
    expect(status).toBe(0);
  }

  it('makes few objects of the lines, in the folders of their days', async () => {
    const out = temporaryFolder();
    const run = await demo('--delivery', 'firehose', '--buffer-seconds', '1', '--out', out);
    expectStored(run, out);
    expect(run.stdout).toContain(
      "\nthrough delivery stream 'archive', which makes an object of a folder's lines after 64 MiB or 1 s\n",
    );
    expect(run.stdout).toMatch(/^ {2}stream {9}1,707 lines in \d+ records$/m);
    const name =
      /^demo\/topic=earthquakes\/dt=(.{10})\/archive-1-2\d{3}(?:-\d\d){5}-[\da-f-]{36}\.jsonl\.gz$/;
    const days = filesOf(join(out, 'archive')).map((file) => name.exec(file)?.[1]);
    const times = readArchive(out).map(({ timestamp }) => new Date(timestamp).toISOString());
    expect(new Set(days)).toEqual(new Set(times.map((time) => time.slice(0, 10))));
  });

  it('takes failed batches when it is back, and what fails for good otherwise', async () => {
    const out = temporaryFolder();
    const flags = ['--outage', '4s', '--fail-rate', '0.1', '--buffer-seconds', '1'];
    const run = await demo('--delivery', 'firehose', ...flags, '--out', out);
    expectStored(run, out);
    expect(run.stdout).toMatch(/^ {2}failed batches \d+, all replayed /m);
    expect(run.stdout).toMatch(/^outage over: [1-9]\d* puts were refused$/m);
  });

  it('without folders by time has one of each topic', async () => {
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
  it('are left alone by a run that does not ask for them', async () => {
    const out = temporaryFolder();
    const variables = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' };
    expectArchived(await endOf(startDemo(['--out', out], variables)), out, 1707);
  });
});

describe('a record too large for an invocation', manner, () => {
  it('fails the verdict, which says why', async () => {
    const folder = temporaryFolder();
    const input = join(folder, 'large.jsonl');
    writeFileSync(input, `"small"\n${JSON.stringify('x'.repeat(5_000_000))}\n`);
    const { status, stdout } = await demo('--input', input, '--out', join(folder, 'out'));
    expect(stdout).toContain('every offset stored exactly once: 1 of 2\nmissing 1, ');
    expect(stdout).toContain(
      'given up by the event source mapping: 1 records (MaximumPayloadSizeExceeded)\n',
    );
    expect(stdout).not.toContain('what the function said');
    expect(status).toBe(1);
  });
});

/** What is in the bucket of failed batches, and which of it is not marked as replayed. */
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

/** Expects a run whose failed batches were all replayed. */
async function expectReplayed(run: Run, out: string): Promise<void> {
  expectEachOffsetOnce(expectArchived(run, out, 1707), 3);
  const { kept, replayedRecords, unreplayed } = await failedBatchesOf(out);
  expect(kept.length).toBeGreaterThan(0);
  expect(unreplayed).toEqual([]);
  const figure = `${kept.length}, all replayed (slowest after `;
  expect(run.stdout).toContain(`\n  failed batches ${figure}`);
  expect(run.stdout).toContain(`\n  records        1,707 (${replayedRecords} by replay)\n`);
  expect(replayedRecords).toBeGreaterThan(0);
  const last = `every offset stored exactly once: 1707 of 1707\nfailed batches are kept in ${join(out, 'failed-batches')}/\n`;
  expect(run.stdout.slice(-last.length)).toBe(last);
}

describe('failed batches', manner, () => {
  it('of a function that fails for good come back by themselves', async () => {
    const out = temporaryFolder();
    const run = await demo('--fail-rate', '0.2', '--out', out);
    await expectReplayed(run, out);
    expect(run.stdout).toMatch(
      /^given up: earthquakes-\d offsets \d+ to \d+ \(RetryAttemptsExhausted after 2 tries\), kept as a failed batch$/m,
    );
    expect(run.stdout).toMatch(
      /^replayed: earthquakes-\d offsets \d+ to \d+ at try 1, \d+\.\d s later$/m,
    );
  });

  it('of an outage come back when it is over', async () => {
    const out = temporaryFolder();
    const run = await demo('--outage', '6s', '--out', out);
    await expectReplayed(run, out);
    expect(run.stdout).toMatch(
      /^outage: for 6 s, bucket 'archive' refuses every put \(503 SlowDown\)$/m,
    );
    expect(run.stdout).toMatch(/^outage over: [1-9]\d* puts were refused$/m);
  });

  it('that are dead fail the run, and can be looked at until the user has seen enough', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const input = join(folder, 'large.jsonl');
    writeFileSync(input, `"small"\n${JSON.stringify('x'.repeat(5_000_000))}\n`);
    const child = startDemo(['--input', input, '--fail-rate', '0', '--keep', '--out', out], {});
    const ended = endOf(child);
    const hint = await lineOf(child, /^npm run replay -- status /);
    const [, s3 = '', sqs = ''] = / --s3-endpoint (\S+) --sqs-endpoint (\S+)$/.exec(hint) ?? [];
    expect(hint).toBe(
      `npm run replay -- status --bucket failed-batches --queue ${sqs}/000000000000/replay --dead-letter-queue ${sqs}/000000000000/dead-letter --s3-endpoint ${s3} --sqs-endpoint ${sqs}`,
    );
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
        `failed batches are kept in ${join(out, 'failed-batches')}/`,
        `S3 at ${s3} and SQS at ${sqs} stay until Ctrl-C; to look at them:`,
        hint,
      ].join('\n'),
    );
    expect(stdout).toContain('\n  failed batches 1: replayed 0, waiting 0, dead 1\n');
  });
});

/** The first line of a run that is like this; the others are read as well. */
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

/** How many messages can be seen in a queue. */
async function countOf(QueueUrl: string, endpoint: string): Promise<string | undefined> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  client.destroy();
  return Attributes?.ApproximateNumberOfMessages;
}

describe('refusal', manner, () => {
  it('of an option names it and points to the help', async () => {
    const out = temporaryFolder();
    const run = await demo('--partitions', '0', '--out', out);
    expectRefused(run, /^--partitions must be a whole number .*; see --help$/m);
    expect(readdirSync(out)).toEqual([]);
  });

  it('of a broker that is not there leaves an earlier run as it is', async () => {
    const out = temporaryFolder();
    for (const name of ['archive', 'function.log']) writeFileSync(join(out, name), name);
    const run = await demo('--brokers', '127.0.0.1:1', '--out', out);
    expectRefused(run, /^cannot reach 127\.0\.0\.1:1 .*ECONNREFUSED/);
    expect(filesOf(out)).toEqual(['archive', 'function.log']);
  });

  it('of an input names its line', async () => {
    const folder = temporaryFolder();
    const input = join(folder, 'bad.jsonl');
    writeFileSync(input, '{"id":1}\n{"id":\n');
    const run = await demo('--input', input, '--key', 'id', '--out', join(folder, 'out'));
    expectRefused(run, /bad\.jsonl:2 is not JSON/);
  });

  it.each([
    ['a log', ['function.log', 'thesis.txt']],
    ['no log', ['archive']],
  ])('of a folder of another use, with %s, leaves it as it is', async (_, names) => {
    const out = temporaryFolder();
    for (const name of names) writeFileSync(join(out, name), name);
    const run = await demo('--out', out);
    expectRefused(
      run,
      /^cannot use --out '.*': it must be a new or empty folder, or one of an earlier demo$/m,
    );
    expect(filesOf(out)).toEqual([...names].sort());
    for (const name of names) expect(readFileSync(join(out, name), 'utf8')).toBe(name);
  });

  it('of an input that is not there leaves an earlier run as it is', async () => {
    const out = temporaryFolder();
    for (const name of ['archive', 'function.log']) writeFileSync(join(out, name), name);
    const run = await demo('--input', join(out, 'nope.jsonl'), '--out', out);
    expectRefused(run, /^cannot read .*nope\.jsonl: ENOENT/);
    expect(run.stdout).toBe('');
    expect(filesOf(out)).toEqual(['archive', 'function.log']);
  });

  it('of no folder at all names it', async () => {
    expectRefused(await demo('--out', ''), /^cannot use --out ''/);
  });

  it('of a file for a folder leaves it as it is', async () => {
    const out = join(temporaryFolder(), 'file');
    writeFileSync(out, 'thesis');
    expectRefused(await demo('--out', out), /^cannot use --out '.*': ENOTDIR/);
    expect(readFileSync(out, 'utf8')).toBe('thesis');
  });
});

describe('help', manner, () => {
  it('is printed when asked for', async () => {
    const { status, stdout, stderr } = await demo('--help');
    expect(stdout).toMatch(/^Usage: npm run demo -- \[options\]$/m);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
