import { Buffer } from 'node:buffer';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { storeObject } from '../../../lambda/core/object/store-object.ts';
import { createS3ObjectStore } from '../../../lambda/io/s3-object-store.ts';
import {
  byteOrder,
  type ConformanceGroup,
  listAll,
  readText,
  type TestBucket,
} from './test-bucket.ts';

const key = 'shop/topic=orders/dt=2026-11-23/p3.100-149.jsonl.gz';
const object = {
  key,
  body: Buffer.from('body'),
  contentType: 'application/gzip',
  metadata: { sha256: 'ab12', 'request-id': 'request-1' },
};
const other = { ...object, body: Buffer.from('other'), metadata: { sha256: 'cd34' } };
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

const storeIn = ({ client, name }: TestBucket) =>
  createS3ObjectStore(client, { archiveBucket: name, storageClass: 'STANDARD' });

/** The function's object store, in all cases that need no injected fault. */
export const objectStore: ConformanceGroup = {
  title: 'the S3 object store',
  source: 'lambda/core/ports.ts',
  cases: [
    {
      name: 'stores body, type and metadata, without a content encoding',
      async run(bucket) {
        expect(await storeIn(bucket).create(object, patient)).toBe('created');
        const get = new GetObjectCommand({ Bucket: bucket.name, Key: key });
        const answer = await bucket.client.send(get);
        expect(await answer.Body?.transformToString()).toBe('body');
        expect(answer).toMatchObject({
          ContentType: 'application/gzip',
          Metadata: object.metadata,
        });
        expect(answer.ContentEncoding).toBeUndefined();
      },
    },
    {
      name: 'never overwrites, and reads the digest of the existing object',
      async run(bucket) {
        const store = storeIn(bucket);
        await store.create(object, patient);
        expect(await store.create(other, patient)).toBe('exists');
        expect(await readText(bucket, key)).toBe('body');
        expect(await store.readSha256(key, patient)).toBe('ab12');
      },
    },
    {
      name: 'reads no digest of an object that was stored without one',
      async run(bucket) {
        const store = storeIn(bucket);
        await store.create({ ...object, metadata: {} }, patient);
        expect(await store.readSha256(key, patient)).toBeUndefined();
      },
    },
    {
      name: 'stores one of ten concurrent attempts; the others find it stored',
      async run(bucket) {
        const digested = { ...object, sha256: 'ab12' };
        const tries = Array.from({ length: 10 }, () =>
          storeObject(storeIn(bucket), digested, patient),
        );
        const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
        expect(statuses).toEqual([...Array(9).fill('already stored'), 'stored']);
        expect((await listAll(bucket)).keys).toEqual([key]);
      },
    },
    {
      name: 'keeps a different body at the key, and stores its own once, under a marked key',
      async run(bucket) {
        const store = storeIn(bucket);
        const marked = key.replace('.jsonl', '~cd34.jsonl');
        await storeObject(store, { ...object, sha256: 'ab12' }, patient);
        const first = await storeObject(store, { ...other, sha256: 'cd34' }, patient);
        const second = await storeObject(store, { ...other, sha256: 'cd34' }, patient);
        expect(first).toEqual({ key: marked, status: 'stored', keyConflict: true });
        expect(second).toEqual({ key: marked, status: 'already stored', keyConflict: true });
        expect(await readText(bucket, key)).toBe('body');
        expect(await readText(bucket, marked)).toBe('other');
      },
    },
    {
      name: 'stores all objects of a batch concurrently',
      async run(bucket) {
        const store = storeIn(bucket);
        const keys = Array.from({ length: 64 }, (_, i) => `batch/topic=t/p${i}.0-9.jsonl.gz`);
        const results = await Promise.all(
          keys.map((each) => store.create({ ...object, key: each }, patient)),
        );
        expect(results).toEqual(keys.map(() => 'created'));
        expect((await listAll(bucket)).keys).toEqual(byteOrder(keys));
      },
    },
    {
      name: 'stores nothing after its deadline',
      async run(bucket) {
        const late = { ...patient, signal: AbortSignal.abort() };
        await expect(storeIn(bucket).create(object, late)).rejects.toMatchObject({
          code: 'STORE_ABORTED',
          retryable: true,
          message: `put of '${key}' aborted before the function's timeout`,
        });
        expect((await listAll(bucket)).keys).toEqual([]);
      },
    },
    {
      name: 'fails without a retry if the bucket does not exist',
      async run({ client }) {
        const store = createS3ObjectStore(client, {
          archiveBucket: 'conformance-missing',
          storageClass: 'STANDARD',
        });
        await expect(store.create(object, patient)).rejects.toMatchObject({
          code: 'STORE_WRITE_FAILED',
          retryable: false,
          message: `put of '${key}' failed: NoSuchBucket, HTTP 404`,
        });
      },
    },
    {
      name: 'fails to read the digest of an object that does not exist',
      async run(bucket) {
        await expect(storeIn(bucket).readSha256(key, patient)).rejects.toMatchObject({
          code: 'STORE_WRITE_FAILED',
          retryable: false,
          message: `head of '${key}' failed: NotFound, HTTP 404`,
        });
      },
    },
  ],
};
