import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectTaggingCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_FAILED_BATCH_BYTES } from '../../lambda/contract.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { createS3Client } from '../../lambda/io/s3-object-store.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import {
  type S3RequestInfo,
  type S3Server,
  startS3Server,
} from '../../tools/local/s3-server/server.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';
import { failedBatchOf, failedBatchSample } from '../helpers/failed-batches.ts';
import { mskEvent, mskRecord } from '../helpers/kafka-events.ts';

const key = 'aws/lambda/u-1/orders-3/2026/11/24/x y+z';
const pointer = { bucket: 'failed', key };
const mark = { at: '2026-11-24T00:00:00.000Z', objects: 2 };
const entry = failedBatchSample('s3');
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

let root: string;
let server: S3Server;
let client: S3Client;
let requests: S3RequestInfo['operation'][];
/** The faults of the next requests. */
let faults: (ServerFault | undefined)[];

function newStore() {
  // Without jitter there are no pauses.
  return createS3FailedBatchStore(
    createS3Client({ maxParallelPuts: 4, random: () => 0 }),
    'failed',
  );
}

const put = (name: string, body: string) =>
  client.send(new PutObjectCommand({ Bucket: 'failed', Key: name, Body: body }));

const tagsOf = async (name: string) =>
  (await client.send(new GetObjectTaggingCommand({ Bucket: 'failed', Key: name }))).TagSet;

const error = (status: number, code: string): ServerFault => ({ kind: 'error', status, code });

describe('the failed-batch store', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'failed-'));
    requests = [];
    faults = [];
    server = await startS3Server({
      root,
      buckets: ['failed'],
      fault: ({ operation }) => {
        requests.push(operation);
        return faults.shift();
      },
    });
    client = s3ClientOf(server);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    await put(key, entry);
    requests = [];
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    rmSync(root, { recursive: true });
    vi.unstubAllEnvs();
  });

  it('needs one request to load an entry, and one to mark it', async () => {
    const store = newStore();
    expect((await store.load(pointer, patient)).text).toBe(entry);
    await store.markReplayed(pointer, mark, patient);
    expect(requests).toEqual(['GetObject', 'PutObjectTagging']);
    expect(await tagsOf(key)).toEqual([
      { Key: 'status', Value: 'replayed' },
      { Key: 'replayed-at', Value: '2026-11-24T00:00:00.000Z' },
      { Key: 'objects', Value: '2' },
    ]);
    expect(await store.mark(pointer, patient)).toEqual(mark);
    expect((await store.load(pointer, patient)).text).toBe(entry);
  });

  it('marks a dismissed entry so that it expires too, and reads the mark back', async () => {
    const dismissal = { at: mark.at, objects: undefined };
    await newStore().markReplayed(pointer, dismissal, patient);
    expect(await tagsOf(key)).toEqual([
      { Key: 'status', Value: 'replayed' },
      { Key: 'dismissed-at', Value: '2026-11-24T00:00:00.000Z' },
    ]);
    expect(await newStore().mark(pointer, patient)).toEqual(dismissal);
  });

  it('distinguishes a replay that made no objects, as with a stream, from a dismissal', async () => {
    await newStore().markReplayed(pointer, { ...mark, objects: 0 }, patient);
    expect(await newStore().mark(pointer, patient)).toEqual({ ...mark, objects: 0 });
  });

  it('marks an entry that is already marked', async () => {
    const store = newStore();
    await store.markReplayed(pointer, mark, patient);
    await store.markReplayed(pointer, { ...mark, objects: 3 }, patient);
    expect(await store.mark(pointer, patient)).toEqual({ ...mark, objects: 3 });
  });

  it.each([
    ['a throttle', error(503, 'SlowDown')],
    ['a server error', error(500, 'InternalError')],
    ['a reset connection', { kind: 'reset' } as const],
    ['a lost answer', { kind: 'lost-answer' } as const],
  ])('succeeds despite %s', async (_, fault) => {
    const store = newStore();
    faults = [fault, undefined, fault, undefined, fault];
    expect((await store.load(pointer, patient)).text).toBe(entry);
    await store.markReplayed(pointer, mark, patient);
    expect(await store.mark(pointer, patient)).toEqual(mark);
  });

  it('reports a missing entry', async () => {
    await expect(newStore().load({ bucket: 'failed', key: 'gone' }, patient)).rejects.toMatchObject(
      {
        code: 'FAILED_BATCH_NOT_FOUND',
        retryable: false,
        message:
          "'gone' does not exist: it was deleted by hand, or it was replayed and has expired since",
      },
    );
    expect(await newStore().mark({ bucket: 'failed', key: 'gone' }, patient)).toBeUndefined();
  });

  it('reports that S3 refuses access', async () => {
    const store = newStore();
    const refused = error(403, 'AccessDenied');
    faults = [refused, refused, refused, refused, refused];
    await expect(store.load(pointer, patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      retryable: false,
      message: `get of '${key}' failed: AccessDenied, HTTP 403`,
    });
    await expect(store.markReplayed(pointer, mark, patient)).rejects.toMatchObject({
      code: 'MARK_FAILED',
      retryable: false,
      message: `records are stored, but marking '${key}' as replayed failed: AccessDenied, HTTP 403`,
    });
    const dismissal = { at: mark.at, objects: undefined };
    faults = [refused];
    await expect(store.markReplayed(pointer, dismissal, patient)).rejects.toMatchObject({
      code: 'MARK_FAILED',
      message: `marking '${key}' as dismissed failed: AccessDenied, HTTP 403`,
    });
    faults = [refused, refused, refused];
    await expect(store.list({ prefix: '', after: undefined }, patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: "list of 'failed' failed: AccessDenied, HTTP 403",
    });
    await expect(store.mark(pointer, patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    // Not treated as a foreign object: its content is unknown.
    await expect(store.summary(pointer, patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  });

  it('reports a missing bucket as such, and not as missing entries', async () => {
    faults = [error(404, 'NoSuchBucket'), error(404, 'NoSuchBucket')];
    await expect(newStore().load(pointer, patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: `get of '${key}' failed: NoSuchBucket, HTTP 404`,
    });
    await expect(newStore().mark(pointer, patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  });

  it.each([
    [400, 'RequestTimeout'],
    [403, 'RequestThrottled'],
    [400, 'ThrottlingException'],
    [429, 'TooManyRequests'],
  ])('treats %i %s as retryable', async (status, code) => {
    faults = Array.from({ length: 10 }, () => error(status, code));
    await expect(newStore().load(pointer, patient)).rejects.toMatchObject({ retryable: true });
  });

  it('loads and marks the given version, and returns the version that it read', async () => {
    const asked: unknown[] = [];
    const s3 = createS3Client({ maxParallelPuts: 4, random: () => 0 });
    s3.middlewareStack.add(
      (next) => async (args) => {
        const { VersionId, ...input } = args.input as { readonly VersionId?: string };
        asked.push(VersionId);
        // The local server does not support versions.
        const { output, ...rest } = await next({ ...args, input: input as typeof args.input });
        return { ...rest, output: { ...output, VersionId: VersionId ?? 'v2' } };
      },
      { step: 'initialize' },
    );
    const store = createS3FailedBatchStore(s3, 'failed');
    const given = await store.load({ ...pointer, versionId: 'v1' }, patient);
    const current = await store.load(pointer, patient);
    expect([given.pointer.versionId, current.pointer.versionId]).toEqual(['v1', 'v2']);
    await store.markReplayed(current.pointer, mark, patient);
    await store.mark(given.pointer, patient);
    expect(asked).toEqual(['v1', undefined, 'v2', 'v1']);
  });

  it('reports a temporary failure of S3', async () => {
    faults = Array.from({ length: 10 }, () => error(500, 'InternalError'));
    await expect(newStore().load(pointer, patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      retryable: true,
    });
  });

  it.each([
    [
      'load',
      (store: ReturnType<typeof newStore>, signal: AbortSignal) =>
        store.load(pointer, { ...patient, signal }),
    ],
    [
      'mark',
      (store: ReturnType<typeof newStore>, signal: AbortSignal) =>
        store.markReplayed(pointer, mark, { ...patient, signal }),
    ],
  ])('ends at the deadline: %s', async (_, call) => {
    faults = [{ kind: 'hang' }];
    const deadline = new AbortController();
    const called = call(newStore(), deadline.signal);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    deadline.abort();
    await expect(called).rejects.toMatchObject({ code: 'STORE_ABORTED', retryable: true });
  });

  it('does not read an object that is too large to be a failed batch', async () => {
    await put('large', 'x'.repeat(MAX_FAILED_BATCH_BYTES + 1));
    await expect(
      newStore().load({ bucket: 'failed', key: 'large' }, patient),
    ).rejects.toMatchObject({
      code: 'NOT_A_FAILED_BATCH',
      message: `'large' has ${MAX_FAILED_BATCH_BYTES + 1} bytes, more than ${MAX_FAILED_BATCH_BYTES}`,
    });
  });

  it('lists pages in the order of keys, up to the last one', async () => {
    const names = Array.from({ length: 260 }, (_, i) => `p/${String(i).padStart(3, '0')}`);
    for (const name of names) await put(name, '{}');
    const store = newStore();
    const first = await store.list({ prefix: 'p/', after: undefined }, patient);
    expect(first.entries.map((each) => each.key)).toEqual(names.slice(0, 250));
    expect(first.next).toBe('p/249');
    expect(first.entries[0]).toMatchObject({ bucket: 'failed', bytes: 2 });
    expect(Date.now() - (first.entries[0]?.failedAt ?? 0)).toBeLessThan(60_000);
    const second = await store.list({ prefix: 'p/', after: first.next }, patient);
    expect(second.entries.map((each) => each.key)).toEqual(names.slice(250));
    expect(second.next).toBeUndefined();
    expect(await store.list({ prefix: 'none', after: undefined }, patient)).toEqual({
      entries: [],
      next: undefined,
    });
  });

  it('reads the summary from the first bytes, or from the whole entry if they are not enough', async () => {
    const store = newStore();
    const long = failedBatchOf(mskEvent([mskRecord({ value: 'x'.repeat(100_000) })]));
    await put('long', long);
    requests = [];
    expect(await store.summary({ bucket: 'failed', key: 'long' }, patient)).toMatchObject({
      condition: 'RetryAttemptsExhausted',
      ranges: [{ id: 'orders-3', firstOffset: '100', lastOffset: '100' }],
    });
    expect(requests).toEqual(['GetObject']);
    const { payload, ...rest } = JSON.parse(long);
    await put('long', JSON.stringify({ payload, ...rest }));
    requests = [];
    expect(await store.summary({ bucket: 'failed', key: 'long' }, patient)).toMatchObject({
      ranges: [{ id: 'orders-3' }],
    });
    expect(requests).toEqual(['GetObject', 'GetObject']);
  });

  it('has no summary of an empty object, such as a folder that the S3 console creates', async () => {
    await put('a folder/', '');
    const folder = { bucket: 'failed', key: 'a folder/' };
    expect(await newStore().summary(folder, patient)).toBeUndefined();
  });

  it('lists no empty objects, and continues after one that ends a page', async () => {
    for (let i = 0; i < 249; i += 1) await put(`q/${String(i).padStart(3, '0')}`, '{}');
    await put('q/249/', '');
    await put('q/250', '{}');
    const store = newStore();
    const first = await store.list({ prefix: 'q/', after: undefined }, patient);
    expect(first.entries).toHaveLength(249);
    expect(first.next).toBe('q/249/');
    const second = await store.list({ prefix: 'q/', after: first.next }, patient);
    expect(second.entries.map(({ key }) => key)).toEqual(['q/250']);
  });

  it('has no summary and no mark of foreign or missing objects', async () => {
    await put('foreign', 'a,b\n');
    const store = newStore();
    expect(await store.summary({ bucket: 'failed', key: 'foreign' }, patient)).toBeUndefined();
    expect(await store.summary({ bucket: 'failed', key: 'gone' }, patient)).toBeUndefined();
    faults = Array.from({ length: 10 }, () => error(500, 'InternalError'));
    await expect(store.summary(pointer, patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  });
});
