import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { storeObject } from '../../../../lambda/core/object/store-object.ts';
import { MemoryObjectStore } from '../../../helpers/archive-parts.ts';

const options = { signal: new AbortController().signal, attemptTimeout: 1000 };

const object = (body: string, sha256 = body.padEnd(64, '0')) => ({
  key: 'topic=a/a-0-1-2.jsonl.gz',
  body: Buffer.from(body),
  contentType: 'application/gzip',
  metadata: { sha256 },
  sha256,
});

describe('storeObject', () => {
  it('stores an object under its key', async () => {
    const store = new MemoryObjectStore();
    expect(await storeObject(store, object('aa'), options)).toEqual({
      key: 'topic=a/a-0-1-2.jsonl.gz',
      status: 'stored',
      keyConflict: false,
    });
    expect([...store.objects.keys()]).toEqual(['topic=a/a-0-1-2.jsonl.gz']);
  });

  it('finds its own body already stored', async () => {
    const store = new MemoryObjectStore();
    await storeObject(store, object('aa'), options);
    expect(await storeObject(store, object('aa'), options)).toMatchObject({
      status: 'already stored',
      keyConflict: false,
    });
    expect(store.objects.size).toBe(1);
  });

  it('keeps a different body at its key and stores its own at a marked key, in any number of tries', async () => {
    const store = new MemoryObjectStore();
    await storeObject(store, object('aa'), options);
    const marked = { key: 'topic=a/a-0-1-2~bb000000.jsonl.gz', keyConflict: true };
    expect(await storeObject(store, object('bb'), options)).toEqual({
      ...marked,
      status: 'stored',
    });
    expect(await storeObject(store, object('bb'), options)).toEqual({
      ...marked,
      status: 'already stored',
    });
    expect([...store.objects].map(([key, { body }]) => [key, body.toString()])).toEqual([
      ['topic=a/a-0-1-2.jsonl.gz', 'aa'],
      ['topic=a/a-0-1-2~bb000000.jsonl.gz', 'bb'],
    ]);
  });

  it('treats an object without a digest as a different body', async () => {
    const store = new MemoryObjectStore();
    store.objects.set('topic=a/a-0-1-2.jsonl.gz', { ...object('aa'), metadata: {} });
    expect(await storeObject(store, object('aa'), options)).toMatchObject({
      status: 'stored',
      keyConflict: true,
    });
  });

  it('stores an object that is deleted after a put found it', async () => {
    const store = new MemoryObjectStore();
    await storeObject(store, object('aa'), options);
    const missing = new ArchiverError('STORE_WRITE_FAILED', 'NotFound, HTTP 404');
    store.readSha256 = async (key) => {
      store.objects.delete(key);
      throw missing;
    };
    expect(await storeObject(store, object('aa'), options)).toMatchObject({ status: 'stored' });
    expect(store.objects.size).toBe(1);
  });

  it.each([
    ['retryable, with one put', true, 1],
    ['not retryable, with another put', false, 2],
  ])('fails if the digest cannot be read: %s', async (_, retryable, puts) => {
    const store = new MemoryObjectStore();
    await storeObject(store, object('aa'), options);
    const failure = new ArchiverError('STORE_WRITE_FAILED', 'Forbidden', { retryable });
    store.readSha256 = () => Promise.reject(failure);
    await expect(storeObject(store, object('aa'), options)).rejects.toBe(failure);
    expect(store.attemptTimeouts).toHaveLength(1 + puts);
  });

  it('fails if the marked key holds yet another body', async () => {
    const store = new MemoryObjectStore();
    await storeObject(store, object('aa'), options);
    await storeObject(store, object('b1', `bb000000${'1'.repeat(56)}`), options);
    await expect(
      storeObject(store, object('b2', `bb000000${'2'.repeat(56)}`), options),
    ).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      retryable: false,
      message: "'topic=a/a-0-1-2~bb000000.jsonl.gz' holds a different body",
    });
    expect(store.objects.size).toBe(2);
  });
});
