import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { S3RequestInfo } from '../../s3-server/server.ts';
import type { ServerFault } from '../../server-fault.ts';
import { bucket, createClient, failureOf, rawRequest, startServer } from './running-server.ts';

const target = { Bucket: bucket, Key: 'a/key' };
const put = () => new PutObjectCommand({ ...target, Body: 'hello', IfNoneMatch: '*' });

/** Injects these faults into the first requests, and none into the others. */
function firstOnes(...faults: readonly (ServerFault | undefined)[]): () => ServerFault | undefined {
  const left = [...faults];
  return () => left.shift();
}

describe('a fault', () => {
  it.each([
    [503, 'SlowDown'],
    [418, 'SomethingElse'],
  ])('responds with %i %s before the request is executed', async (status, code) => {
    const { client } = await startServer({ fault: firstOnes({ kind: 'error', status, code }) });
    expect(await failureOf(client.send(put()))).toEqual([status, code]);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
  });

  it('resets the connection before the request is executed', async () => {
    const { client } = await startServer({ fault: firstOnes({ kind: 'reset' }) });
    await expect(client.send(put())).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
  });

  it('loses the response to a put that was executed', async () => {
    const created: string[] = [];
    const { client } = await startServer({
      fault: firstOnes({ kind: 'lost-answer' }),
      onObjectCreated: ({ key }) => created.push(key),
    });
    await expect(client.send(put())).rejects.toThrow(/ECONNRESET|hang up/);
    expect(await failureOf(client.send(put()))).toEqual([412, 'PreconditionFailed']);
    expect(created).toEqual(['a/key']);
  });

  it('loses the response to a read', async () => {
    const { client } = await startServer({ fault: firstOnes(undefined, { kind: 'lost-answer' }) });
    await client.send(put());
    await expect(client.send(new GetObjectCommand(target))).rejects.toThrow(/ECONNRESET|hang up/);
    const { Body } = await client.send(new GetObjectCommand(target));
    expect(await Body?.transformToString()).toBe('hello');
  });

  it('hangs until the client gives up, and executes nothing', async () => {
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
    abort.abort();
    await expect(call).rejects.toThrow('aborted');
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(KeyCount).toBe(0);
  });

  it('does not prevent the server from closing, neither while it hangs nor while it is chosen', async () => {
    for (const late of [undefined, { kind: 'hang' } as const]) {
      const asked = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const server = await startServer({
        fault() {
          asked.resolve();
          return late ?? gate.promise.then(() => undefined);
        },
      });
      const call = server.client.send(put()).catch(() => 'no response');
      await asked.promise;
      await server.close();
      gate.resolve();
      expect(await call).toBe('no response');
      await setImmediate();
    }
  });

  it('is chosen by operation, bucket and key', async () => {
    const asked: S3RequestInfo[] = [];
    const { client } = await startServer({
      fault(request) {
        asked.push(request);
        return undefined;
      },
    });
    await client.send(put());
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    expect(asked).toEqual([
      { operation: 'PutObject', bucket, key: 'a/key' },
      { operation: 'HeadBucket', bucket, key: '' },
    ]);
  });
});

describe('a request that the server does not implement', () => {
  it.each([
    ['GET', '/'],
    ['GET', `/${bucket}`],
    ['GET', `/${bucket}?versioning`],
    ['DELETE', `/${bucket}`],
    ['POST', `/${bucket}/key?uploads`],
    ['GET', `/${bucket}/key?acl`],
  ])('%s %s is refused', async (method, path) => {
    const { endpoint } = await startServer();
    const answer = await rawRequest(endpoint, { method, path });
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
  });

  it.each([
    ['PUT', 'x-amz-copy-source', `/${bucket}/other`],
    ['PUT', 'x-amz-object-lock-mode', 'GOVERNANCE'],
    ['PUT', 'x-amz-checksum-sha512', 'x'],
    ['GET', 'if-none-match', '*'],
    ['DELETE', 'if-match', '"etag"'],
  ])('%s with %s is refused rather than executed without it', async (method, header, value) => {
    const { client, endpoint } = await startServer();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'hello' }));
    const request = { method, path: `/${bucket}/key`, headers: { [header]: value } };
    const answer = await rawRequest(endpoint, request);
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
  });
});

describe('what the real server of the conformance list does otherwise', () => {
  it('needs an Authorization header, whose signature is not verified', async () => {
    const { endpoint } = await startServer();
    const headers = { authorization: undefined };
    const answer = await rawRequest(endpoint, { path: `/${bucket}/key`, headers });
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
  });

  it('refuses a key over 1,024 bytes', async () => {
    const { endpoint } = await startServer();
    const path = `/${bucket}/${'x'.repeat(1025)}`;
    const answer = await rawRequest(endpoint, { method: 'PUT', path, body: 'x' });
    expect([answer.status, answer.code]).toEqual([400, 'KeyTooLongError']);
  });

  const streaming = {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': 5,
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  const end = (trailer: string) => `0\r\nx-amz-checksum-crc32:${trailer}\r\n\r\n`;

  it('stores the content encoding without aws-chunked', async () => {
    const { endpoint } = await startServer();
    const path = `/${bucket}/key`;
    const headers = { ...streaming, 'content-encoding': 'aws-chunked,gzip' };
    const body = `5\r\nhello\r\n${end('NhCmhg==')}`;
    expect((await rawRequest(endpoint, { method: 'PUT', path, headers, body })).status).toBe(200);
    const head = await rawRequest(endpoint, { method: 'HEAD', path });
    expect(head.headers['content-encoding']).toBe('gzip');
  });

  it.each([
    ['a small chunk before the last', `3\r\nhel\r\n2\r\nlo\r\n${end('NhCmhg==')}`, 403],
    ['a wrong trailer', `5\r\nhello\r\n${end('AAAAAA==')}`, 400],
    ['no trailer', '5\r\nhello\r\n0\r\n\r\n', 400],
    ['a missing end', '5\r\nhello\r\n', 400],
    ['more bytes than declared', `6\r\nhello!\r\n${end('NhCmhg==')}`, 400],
  ])('refuses a chunked body with %s', async (_what, body, status) => {
    const { client, endpoint } = await startServer();
    const request = { method: 'PUT', path: `/${bucket}/a/key`, headers: streaming, body };
    expect((await rawRequest(endpoint, request)).status).toBe(status);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
  });
});

describe('a connection', () => {
  it('serves the next request after a body was refused part way', async () => {
    const server = await startServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const client = createClient(server.endpoint, { requestHandler: { httpAgent: agent } });
    const large = { ...target, Body: Buffer.alloc(1_500_000) };
    const refused = new PutObjectCommand({ ...large, IfNoneMatch: 'no' });
    expect(await failureOf(client.send(refused))).toEqual([501, 'NotImplemented']);
    expect((await client.send(new PutObjectCommand(large))).$metadata.httpStatusCode).toBe(200);
    agent.destroy();
  });
});
