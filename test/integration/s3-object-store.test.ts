import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StorageClass } from '../../lambda/contract.ts';
import { createS3Client, createS3ObjectStore } from '../../lambda/io/s3-object-store.ts';
import {
  type S3RequestInfo,
  type S3Server,
  startS3Server,
} from '../../tools/local/s3-server/server.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';
import { describeGroups } from '../conformance/s3/describe-groups.ts';
import { objectStore } from '../conformance/s3/object-store.ts';

const key = 'shop/topic=orders/dt=2026-11-23/orders-3-100-149.jsonl.gz';
const object = {
  key,
  body: Buffer.from('body'),
  contentType: 'application/gzip',
  metadata: { sha256: 'ab12', 'request-id': 'request-1' },
};
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

let root: string;
let server: S3Server;
let requests: S3RequestInfo['operation'][];
/** The faults of the next requests. */
let faults: (ServerFault | undefined)[];
let faultOf: (request: S3RequestInfo) => ServerFault | undefined;

function newStore(storageClass: StorageClass = 'STANDARD') {
  // Without jitter there are no pauses.
  const client = createS3Client({ maxParallelPuts: 16, random: () => 0 });
  return createS3ObjectStore(client, { archiveBucket: 'archive', storageClass });
}

const stored = () => readFileSync(join(root, 'archive', key), 'utf8');
const error = (status: number, code: string): ServerFault => ({ kind: 'error', status, code });

describe('the S3 object store with faults', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'store-'));
    requests = [];
    faults = [];
    faultOf = () => faults.shift();
    server = await startS3Server({
      root,
      buckets: ['archive'],
      fault: (request) => {
        requests.push(request.operation);
        return faultOf(request);
      },
    });
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });

  afterEach(async () => {
    await server.close();
    rmSync(root, { recursive: true });
    vi.unstubAllEnvs();
  });

  it('needs one request to store an object, and one more to recognise it', async () => {
    const store = newStore();
    expect(await store.create(object, patient)).toBe('created');
    expect(stored()).toBe('body');
    expect(requests).toEqual(['PutObject']);
    expect(await store.create(object, patient)).toBe('exists');
    expect(await store.readSha256(key, patient)).toBe('ab12');
    expect(requests).toEqual(['PutObject', 'PutObject', 'HeadObject']);
  });

  it('stores in the given storage class, and sends no header for STANDARD', async () => {
    const storageClass = async (Key: string) => {
      const client = createS3Client({ maxParallelPuts: 1, random: () => 0 });
      const head = new HeadObjectCommand({ Bucket: 'archive', Key });
      return (await client.send(head)).StorageClass;
    };
    await newStore('GLACIER_IR').create({ ...object, key: 'cold' }, patient);
    await newStore().create({ ...object, key: 'warm' }, patient);
    expect(await storageClass('cold')).toBe('GLACIER_IR');
    expect(await storageClass('warm')).toBeUndefined();
  });

  it.each([
    ['a throttle', error(503, 'SlowDown')],
    ['a server error', error(500, 'InternalError')],
    ['a write of the same key under way', error(409, 'ConditionalRequestConflict')],
    ['a broken connection', { kind: 'reset' } as const],
  ])('retries after %s', async (_, fault) => {
    faults = [fault, fault];
    expect(await newStore().create(object, patient)).toBe('created');
    expect(requests).toEqual(['PutObject', 'PutObject', 'PutObject']);
    expect(stored()).toBe('body');
  });

  it.each([
    ['throttles', error(503, 'SlowDown')],
    ['server errors', error(500, 'InternalError')],
    ['conflicts', error(409, 'ConditionalRequestConflict')],
    ['broken connections', { kind: 'reset' } as const],
  ])('stores many objects despite %s, and the next batch as well', async (_, fault) => {
    const store = newStore();
    const tries = new Map<string, number>();
    faultOf = (request) => {
      const before = tries.get(request.key) ?? 0;
      tries.set(request.key, before + 1);
      return before < 3 ? fault : undefined;
    };
    for (const batch of ['first', 'second']) {
      const keys = Array.from({ length: 64 }, (_, i) => `${batch}/${i}`);
      const results = await Promise.all(
        keys.map((each) => store.create({ ...object, key: each }, patient)),
      );
      expect(results).toEqual(keys.map(() => 'created'));
    }
    expect([...tries.values()]).toEqual(Array(128).fill(4));
  });

  it('has retries left for the next batch after one that failed', async () => {
    faultOf = () => error(500, 'InternalError');
    const store = newStore();
    const keys = Array.from({ length: 64 }, (_, i) => `failed/${i}`);
    const failed = await Promise.allSettled(
      keys.map((each) => store.create({ ...object, key: each }, patient)),
    );
    expect(failed.filter(({ status }) => status === 'rejected')).toHaveLength(64);
    faults = [{ kind: 'reset' }];
    faultOf = () => faults.shift();
    expect(await store.create(object, patient)).toBe('created');
  });

  it('finds its own object after a put whose answer was lost', async () => {
    faults = [{ kind: 'lost-answer' }];
    const store = newStore();
    expect(await store.create(object, patient)).toBe('exists');
    expect(await store.readSha256(key, patient)).toBe('ab12');
    expect(requests).toEqual(['PutObject', 'PutObject', 'HeadObject']);
  });

  it('abandons a hanging attempt and makes another', async () => {
    faults = [{ kind: 'hang' }];
    const store = newStore();
    expect(await store.create(object, { ...patient, attemptTimeout: 1000 })).toBe('created');
    expect(requests).toEqual(['PutObject', 'PutObject']);
  });

  it('ends at the deadline, in the middle of a request', async () => {
    const deadline = new AbortController();
    const store = newStore();
    faults = [{ kind: 'hang' }];
    const put = store.create(object, { signal: deadline.signal, attemptTimeout: 10_000 });
    await vi.waitFor(() => expect(requests).toEqual(['PutObject']));
    deadline.abort();
    await expect(put).rejects.toMatchObject({
      code: 'STORE_ABORTED',
      retryable: true,
      message: `put of '${key}' aborted before the function's timeout`,
    });
  });

  it.each([
    ['put', 403, 'AccessDenied', false],
    ['head', 403, 'Unknown', false],
    ['put', 400, 'InvalidRequest', false],
  ] as const)(
    'fails a %s that S3 refuses with %i at once',
    async (call, status, name, retryable) => {
      faults = [error(status, name)];
      const store = newStore();
      const failure =
        call === 'put' ? store.create(object, patient) : store.readSha256(key, patient);
      await expect(failure).rejects.toMatchObject({
        code: 'STORE_WRITE_FAILED',
        retryable,
        message: `${call} of '${key}' failed: ${name}, HTTP ${status}`,
      });
      expect(requests).toHaveLength(1);
    },
  );

  it('gives up after a limited number of attempts', async () => {
    faults = Array.from({ length: 100 }, () => error(500, 'InternalError'));
    await expect(newStore().create(object, patient)).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      retryable: true,
      message: `put of '${key}' failed: InternalError, HTTP 500`,
    });
    expect(requests).toHaveLength(10);
  });
});

describeGroups('on the local S3 server', [objectStore], async (folder) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { ...(await startS3Server({ root: folder })), credentials };
});
