import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HourRecord, whyOpen } from '../../lambda/core/audit/hour-record.ts';
import { createS3HourRecordStore } from '../../lambda/io/s3-hour-record-store.ts';
import { createS3Client } from '../../lambda/io/s3-object-store.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import {
  type S3RequestInfo,
  type S3Server,
  startS3Server,
} from '../../tools/local/s3-server/server.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';

const record: HourRecord = {
  ...{ format: 1, topic: 'orders', dt: '2026-11-23', hour: '09', generation: 1 },
  ...{ asOf: '2026-11-23T10:20:00.000Z', claim: 'listed', settled: false, closed: false },
  ...{ why_open: whyOpen.notAsked, partitions: [], late: { records: 0, latest_ms: 0 } },
  sources: { objects: 0, digest: 'e3b0c442' },
};
const nine = { dt: '2026-11-23', hour: '09' };
const key = 'hours/shop/topic=orders/dt=2026-11-23/hour=09.json';
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

let root: string;
let server: S3Server;
let client: S3Client;
let requests: S3RequestInfo['operation'][];
/** The faults of the next requests. */
let faults: (ServerFault | undefined)[];

function newStore(derivedBucket = 'derived') {
  // Without jitter there are no pauses.
  const own = createS3Client({ maxParallelPuts: 4, random: () => 0 });
  return createS3HourRecordStore(own, { derivedBucket, objectPrefix: 'shop/' });
}

const put = (Key: string, Body: string) =>
  client.send(new PutObjectCommand({ Bucket: 'derived', Key, Body }));
const error = (status: number, code: string): ServerFault => ({ kind: 'error', status, code });

describe('the store of hour records', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'hours-'));
    requests = [];
    faults = [];
    server = await startS3Server({
      root,
      buckets: ['derived'],
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
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    rmSync(root, { recursive: true });
    vi.unstubAllEnvs();
  });

  it('creates the first record of an hour and replaces it, with a request each', async () => {
    const store = newStore();
    expect(await store.load('orders', nine, patient)).toBeUndefined();
    expect(await store.save(record, undefined, patient)).toBe(true);
    const first = await store.load('orders', nine, patient);
    expect(first?.record).toEqual(record);
    expect(await store.save({ ...record, generation: 2 }, first?.version, patient)).toBe(true);
    expect((await store.load('orders', nine, patient))?.record.generation).toBe(2);
    expect(requests).toEqual(['GetObject', 'PutObject', 'GetObject', 'PutObject', 'GetObject']);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: 'derived' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
  });

  it('saves nothing if another writer has saved a record, or if it was deleted', async () => {
    const store = newStore();
    expect(await store.save(record, undefined, patient)).toBe(true);
    expect(await store.save({ ...record, generation: 2 }, undefined, patient)).toBe(false);
    const loaded = await store.load('orders', nine, patient);
    expect(await store.save({ ...record, generation: 2 }, loaded?.version, patient)).toBe(true);
    expect(await store.save({ ...record, generation: 3 }, loaded?.version, patient)).toBe(false);
    await client.send(new DeleteObjectCommand({ Bucket: 'derived', Key: key }));
    expect(await store.save(record, loaded?.version, patient)).toBe(false);
    expect(await store.load('orders', nine, patient)).toBeUndefined();
  });

  it('has saved its own record if only the answer was lost', async () => {
    faults = [{ kind: 'lost-answer' }];
    expect(await newStore().save(record, undefined, patient)).toBe(true);
    expect(requests).toEqual(['PutObject', 'PutObject', 'GetObject']);
  });

  it('lists the hours of a topic in order, and nothing else', async () => {
    const folder = 'hours/shop/topic=orders';
    for (const name of ['dt=2026-11-24/hour=00', 'dt=2026-11-23/hour=all', 'readme']) {
      await put(`${folder}/${name}.json`, '{}');
    }
    await put(`${folder}-2/dt=2026-11-23/hour=10.json`, '{}');
    await put(key, '{}');
    expect(await newStore().list('orders', patient)).toEqual([
      nine,
      { dt: '2026-11-23', hour: 'all' },
      { dt: '2026-11-24', hour: '00' },
    ]);
    expect(await newStore().list('none', patient)).toEqual([]);
  });

  it('reports what S3 refuses, and a record of a newer version', async () => {
    const store = newStore();
    faults = Array(3).fill(error(403, 'AccessDenied'));
    await expect(store.load('orders', nine, patient)).rejects.toMatchObject({
      ...{ code: 'LOAD_FAILED', retryable: false },
      message: `get of '${key}' failed: AccessDenied, HTTP 403`,
    });
    await expect(store.save(record, undefined, patient)).rejects.toMatchObject({
      ...{ code: 'STORE_WRITE_FAILED', retryable: false },
      message: `put of '${key}' failed: AccessDenied, HTTP 403`,
    });
    await expect(store.list('orders', patient)).rejects.toMatchObject({
      ...{ code: 'LOAD_FAILED', retryable: false },
      message: "list of 'derived' failed: AccessDenied, HTTP 403",
    });
    await put(key, '{"format":2}');
    await expect(store.load('orders', nine, patient)).rejects.toMatchObject({
      message: `'${key}' is no hour record of format 1`,
    });
    const missing = newStore('missing');
    await expect(missing.load('orders', nine, patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
    });
    await expect(missing.save(record, undefined, patient)).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
    });
  });

  it('stops when it is aborted', async () => {
    const store = newStore();
    const aborted = { ...patient, signal: AbortSignal.abort() };
    const stopped = { code: 'STORE_ABORTED' };
    await expect(store.load('orders', nine, aborted)).rejects.toMatchObject(stopped);
    await expect(store.save(record, undefined, aborted)).rejects.toMatchObject(stopped);
    await expect(store.list('orders', aborted)).rejects.toMatchObject(stopped);
  });
});
