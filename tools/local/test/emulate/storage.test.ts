import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { type EmulateOptions, parseEmulateOptions } from '../../emulate/options.ts';
import { openStorage, type StorageDeps } from '../../emulate/storage.ts';
import { createClient, startServer } from '../s3-server/running-server.ts';
import { noon } from '../source-records.ts';

const credentials = { AWS_ACCESS_KEY_ID: 'fake', AWS_SECRET_ACCESS_KEY: 'fake' };

/** A folder that is gone when the test is over. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'storage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Given {
  readonly out: string;
  readonly environment?: StorageDeps['environment'];
}

/** Opens storage as these flags say; failed batches wait longer than any test. */
async function open({ out, environment = credentials }: Given, ...flags: readonly string[]) {
  const given = ['--brokers', 'a:1', '--topics', 'a', '--out', out, ...flags];
  const options = parseEmulateOptions(given, {}, noon) as EmulateOptions;
  const printed: string[] = [];
  const bundled: string[] = [];
  const deps: StorageDeps = {
    environment,
    now: () => noon,
    print: (line) => printed.push(line),
    bundle: (name) => {
      bundled.push(name);
      return '';
    },
  };
  const storage = await openStorage(options, deps, () => undefined);
  onTestFinished(() => storage.close());
  const client = createClient(storage.s3.endpoint);
  return { storage, client, printed, bundled };
}

const late = ['--failed-bucket', 'failed', '--replay-delay', '900'];

const put = (client: S3Client, Bucket: string, Key: string) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

/** What a user is told who has asked for what cannot be. */
async function refusalOf(opened: Promise<unknown>): Promise<string> {
  const error = await opened.catch((reason: unknown) => reason);
  if (!(error instanceof ArchiverError)) throw error ?? new TypeError('it was not refused');
  expect(error.code).toBe('INVALID_SETTINGS');
  return error.message;
}

describe('storage of the emulator’s own', () => {
  it('is folders', async () => {
    const out = temporaryFolder();
    const { bundled, printed, storage } = await open({ out });
    expect(storage).toMatchObject({ place: join(out, 'archive'), s3: {} });
    expect(storage.failedBatches).toBeUndefined();
    expect(readdirSync(out)).toContain('archive');
    expect({ bundled, printed }).toEqual({ bundled: [], printed: [] });
  });

  it('has what is put into its failed bucket replayed, and nothing else', async () => {
    const out = temporaryFolder();
    const { bundled, client, printed, storage } = await open({ out }, ...late);
    await put(client, 'archive', 'topic=a/x');
    await put(client, 'failed', 'aws/lambda/x');
    expect(storage.failedBatches?.watch.waiting()).toEqual(['aws/lambda/x']);
    // The server tells by itself.
    expect(storage.announce).toBeUndefined();
    expect(bundled).toEqual(['replay']);
    const { endpoint = '', queueUrls } = storage.failedBatches ?? {};
    expect(printed).toEqual([
      `failed batches go to failed, and back by ${queueUrls?.replay} (SQS at ${endpoint})`,
    ]);
  });

  it('has what an earlier run has left replayed', async () => {
    const out = temporaryFolder();
    const first = await open({ out }, ...late);
    for (const key of ['a', 'b']) await put(first.client, 'failed', key);
    await first.storage.close();
    const { printed, storage } = await open({ out }, ...late);
    expect(storage.failedBatches?.watch.waiting()).toEqual(['a', 'b']);
    expect(printed.at(-1)).toBe('of earlier runs, 2 failed batches are to be replayed');
  });

  it('has its queues where they are asked for, and is closed where that cannot be', async () => {
    const { storage } = await open({ out: temporaryFolder() }, ...late);
    const port = new URL(storage.failedBatches?.endpoint ?? '').port;
    const opened = open({ out: temporaryFolder() }, ...late, '--sqs-port', port);
    expect(await refusalOf(opened)).toMatch(
      new RegExp(`^cannot use --sqs-port ${port}: listen EADDRINUSE`),
    );
  });
});

describe('storage whose log cannot be written', () => {
  it('is refused by name', async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, 'replay.log'));
    expect(await refusalOf(open({ out }, ...late))).toMatch(
      new RegExp(`^cannot write the log ${join(out, 'replay.log')}: EISDIR`),
    );
  });
});

describe('storage of somebody else', () => {
  it('has entries replayed that are announced to it, and those that it has', async () => {
    const { client, endpoint } = await startServer({ buckets: ['archive', 'failed'] });
    await put(client, 'failed', 'before');
    const flags = ['--s3-endpoint', endpoint, ...late];
    const { storage } = await open({ out: temporaryFolder() }, ...flags);
    expect(storage.place).toBe(`archive at ${endpoint}`);
    await put(client, 'failed', 'meanwhile');
    storage.announce?.({ bucket: 'failed', key: 'after', size: 1, etag: 'x' });
    expect(storage.failedBatches?.watch.waiting()).toEqual(['before', 'after']);
  });

  it('is left as it is, where there is no failed bucket', async () => {
    const { endpoint } = await startServer({ buckets: ['archive'] });
    const { storage } = await open({ out: temporaryFolder() }, '--s3-endpoint', endpoint);
    expect(storage).toMatchObject({
      s3: { endpoint, credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' } },
    });
    expect(storage.announce).toBeUndefined();
  });

  it('is refused without credentials, bucket or server', async () => {
    const { endpoint } = await startServer({ buckets: ['archive'] });
    const out = temporaryFolder();
    const there = ['--s3-endpoint', endpoint];
    expect(await refusalOf(open({ out, environment: {} }, ...there))).toBe(
      '--s3-endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
    expect(await refusalOf(open({ out }, ...there, ...late))).toBe(
      'cannot use --failed-bucket failed: The specified bucket does not exist',
    );
    const nowhere = ['--s3-endpoint', 'http://127.0.0.1:1', ...late];
    expect(await refusalOf(open({ out }, ...nowhere))).toMatch(
      /^cannot use --failed-bucket failed: connect ECONNREFUSED/,
    );
  });
});
