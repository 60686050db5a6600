import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { S3RequestInfo } from '../../s3-server/server.ts';
import type { ServerFault } from '../../server-fault.ts';
import { bucket, createClient, failureOf, startServer } from './running-server.ts';

const target = { Bucket: bucket, Key: 'a/key' };
const put = () => new PutObjectCommand({ ...target, Body: 'hello', IfNoneMatch: '*' });

/** Gives the first requests these faults, and the others none. */
function firstOnes(...faults: readonly (ServerFault | undefined)[]): () => ServerFault | undefined {
  const left = [...faults];
  return () => left.shift();
}

describe('a fault', () => {
  it.each([
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [409, 'ConditionalRequestConflict'],
    [418, 'SomethingElse'],
  ])('answers %i %s before anything is done', async (status, code) => {
    const { client } = await startServer({ fault: firstOnes({ kind: 'error', status, code }) });
    expect(await failureOf(client.send(put()))).toEqual([status, code]);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
    await client.send(put());
  });

  it('breaks the connection before anything is done', async () => {
    const { client } = await startServer({ fault: firstOnes({ kind: 'reset' }) });
    await expect(client.send(put())).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
  });

  it('loses the answer to a request that was carried out', async () => {
    const created: string[] = [];
    const { client } = await startServer({
      fault: firstOnes({ kind: 'lost-answer' }),
      onObjectCreated: ({ key }) => created.push(key),
    });
    await expect(client.send(put())).rejects.toThrow(/ECONNRESET|hang up/);
    expect(await failureOf(client.send(put()))).toEqual([412, 'PreconditionFailed']);
    expect(created).toEqual(['a/key']);
  });

  it('loses the answer to a read too', async () => {
    const { client } = await startServer({ fault: firstOnes(undefined, { kind: 'lost-answer' }) });
    await client.send(put());
    await expect(client.send(new GetObjectCommand(target))).rejects.toThrow(/ECONNRESET|hang up/);
    const { Body } = await client.send(new GetObjectCommand(target));
    expect(await Body?.transformToString()).toBe('hello');
  });

  it('never answers, until the client gives up', async () => {
    const asked = Promise.withResolvers<void>();
    const { client } = await startServer({
      fault: ({ key }) => {
        if (key === '') return undefined;
        asked.resolve();
        return { kind: 'hang' };
      },
    });
    const abort = new AbortController();
    const call = client.send(put(), { abortSignal: abort.signal });
    await asked.promise;
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    abort.abort();
    await expect(call).rejects.toThrow('aborted');
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(KeyCount).toBe(0);
  });

  it('does not keep the server from closing while it hangs', async () => {
    const asked = Promise.withResolvers<void>();
    const server = await startServer({
      fault: () => {
        asked.resolve();
        return { kind: 'hang' };
      },
    });
    const call = server.client.send(put()).catch((error: Error) => error.name);
    await asked.promise;
    await server.close();
    expect(await call).toBe('TimeoutError');
  });

  it('may come late, and is chosen by what the request is', async () => {
    const asked: S3RequestInfo[] = [];
    const gate = Promise.withResolvers<undefined>();
    const { client } = await startServer({
      fault(request) {
        asked.push(request);
        return gate.promise;
      },
    });
    const call = client.send(put());
    gate.resolve(undefined);
    await call;
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    expect(asked).toEqual([
      { operation: 'PutObject', bucket, key: 'a/key' },
      { operation: 'HeadBucket', bucket, key: '' },
    ]);
  });

  it('that comes after the server was closed has no effect', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<undefined>();
    const server = await startServer({
      fault() {
        asked.resolve();
        return gate.promise;
      },
    });
    const call = server.client.send(put()).catch(() => 'no answer');
    await asked.promise;
    await server.close();
    gate.resolve(undefined);
    expect(await call).toBe('no answer');
  });

  it('is ridden out by the client’s own retries, which find the object there already', async () => {
    const slow = { kind: 'error', status: 503, code: 'SlowDown' } as const;
    const server = await startServer({ fault: firstOnes(slow, { kind: 'lost-answer' }) });
    const client = createClient(server.endpoint, { maxAttempts: 3 });
    expect(await failureOf(client.send(put()))).toEqual([412, 'PreconditionFailed']);
  });
});

describe('a failing observer', () => {
  it('is an InternalError with its message', async () => {
    const { client } = await startServer({
      fault() {
        throw new TypeError('the test is wrong');
      },
    });
    await expect(client.send(put())).rejects.toThrow('the test is wrong');
  });
});
