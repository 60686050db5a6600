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
import type { Ledger } from '../../lambda/core/audit/ledger.ts';
import { createS3LedgerStore } from '../../lambda/io/s3-ledger-store.ts';
import { createS3Client } from '../../lambda/io/s3-object-store.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import {
  type S3RequestInfo,
  type S3Server,
  startS3Server,
} from '../../tools/local/s3-server/server.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';

const ledger: Ledger = {
  ...{ format: 1, topic: 'orders', topicId: undefined, auditedAt: '2026-11-24T10:00:00.000Z' },
  ...{ fullyListedAt: '2026-11-24T10:00:00.000Z', partitions: [] },
};
const later: Ledger = { ...ledger, auditedAt: '2026-11-24T11:00:00.000Z' };
const latest: Ledger = { ...ledger, auditedAt: '2026-11-24T12:00:00.000Z' };
const key = 'audit/shop/topic=orders/ledger.json';
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
  return createS3LedgerStore(own, { derivedBucket, objectPrefix: 'shop/' });
}

const error = (status: number, code: string): ServerFault => ({ kind: 'error', status, code });

describe('the store of ledgers', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'ledgers-'));
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

  it('creates the first ledger and replaces it, with a request each', async () => {
    const store = newStore();
    expect(await store.load('orders', patient)).toBeUndefined();
    expect(await store.save(ledger, undefined, patient)).toBe(true);
    const first = await store.load('orders', patient);
    expect(first?.ledger).toEqual(ledger);
    expect(await store.save(later, first?.version, patient)).toBe(true);
    expect((await store.load('orders', patient))?.ledger).toEqual(later);
    expect(requests).toEqual(['GetObject', 'PutObject', 'GetObject', 'PutObject', 'GetObject']);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: 'derived' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
  });

  it('saves nothing if another audit has saved one, or if it was deleted', async () => {
    const store = newStore();
    expect(await store.save(ledger, undefined, patient)).toBe(true);
    expect(await store.save(later, undefined, patient)).toBe(false);
    const loaded = await store.load('orders', patient);
    expect(await store.save(later, loaded?.version, patient)).toBe(true);
    expect(await store.save(latest, loaded?.version, patient)).toBe(false);
    expect((await store.load('orders', patient))?.ledger).toEqual(later);
    await client.send(new DeleteObjectCommand({ Bucket: 'derived', Key: key }));
    expect(await store.save(latest, loaded?.version, patient)).toBe(false);
    expect(await store.load('orders', patient)).toBeUndefined();
  });

  it('lets one of ten audits save', async () => {
    const store = newStore();
    await store.save(ledger, undefined, patient);
    const loaded = await store.load('orders', patient);
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, hour) => {
        const own = { ...ledger, auditedAt: `2026-11-25T0${hour}:00:00.000Z` };
        return store.save(own, loaded?.version, patient);
      }),
    );
    expect(saved.filter((isSaved) => isSaved)).toHaveLength(1);
    const { auditedAt = '' } = (await store.load('orders', patient))?.ledger ?? {};
    expect(auditedAt).toBe(`2026-11-25T0${saved.indexOf(true)}:00:00.000Z`);
  });

  it('has saved its own ledger if only the answer was lost', async () => {
    faults = [{ kind: 'lost-answer' }];
    expect(await newStore().save(ledger, undefined, patient)).toBe(true);
    expect(requests).toEqual(['PutObject', 'PutObject', 'GetObject']);
  });

  it('returns false while another write is in progress', async () => {
    faults = Array(10).fill(error(409, 'ConditionalRequestConflict'));
    expect(await newStore().save(ledger, undefined, patient)).toBe(false);
    expect(requests).toEqual([...Array(10).fill('PutObject'), 'GetObject']);
  });

  it('reports what S3 refuses, and a ledger of a newer version', async () => {
    const store = newStore();
    faults = [error(403, 'AccessDenied'), error(403, 'AccessDenied')];
    await expect(store.load('orders', patient)).rejects.toMatchObject({
      ...{ code: 'LOAD_FAILED', retryable: false },
      message: `get of '${key}' failed: AccessDenied, HTTP 403`,
    });
    await expect(store.save(ledger, undefined, patient)).rejects.toMatchObject({
      ...{ code: 'STORE_WRITE_FAILED', retryable: false },
      message: `put of '${key}' failed: AccessDenied, HTTP 403`,
    });
    const body = JSON.stringify({ ...ledger, format: 2 });
    await client.send(new PutObjectCommand({ Bucket: 'derived', Key: key, Body: body }));
    await expect(store.load('orders', patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    const missing = newStore('missing');
    await expect(missing.load('orders', patient)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    await expect(missing.save(ledger, undefined, patient)).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
    });
  });

  it('stops when it is aborted', async () => {
    const store = newStore();
    const aborted = { ...patient, signal: AbortSignal.abort() };
    await expect(store.load('orders', aborted)).rejects.toMatchObject({ code: 'STORE_ABORTED' });
    await expect(store.save(ledger, undefined, aborted)).rejects.toMatchObject({
      code: 'STORE_ABORTED',
    });
  });
});
