import { CopyObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucket, failureOf, rawRequest, startServer } from './running-server.ts';

describe('a request', () => {
  it('without an Authorization header is AccessDenied', async () => {
    const { endpoint } = await startServer();
    const headers = { authorization: undefined };
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await rawRequest(endpoint, { method, path: `/${bucket}/key`, headers });
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
    }
  });

  it.each([
    ['GET', `/${bucket}`],
    ['GET', `/${bucket}?list-type=1`],
    ['GET', `/${bucket}?versions`],
    ['GET', `/${bucket}?uploads`],
    ['GET', `/${bucket}?location`],
    ['PUT', `/${bucket}?versioning`],
    ['PUT', `/${bucket}?acl`],
    ['DELETE', `/${bucket}?policy`],
    ['GET', `/${bucket}/key?acl`],
    ['GET', `/${bucket}/key?versionId=null`],
    ['GET', `/${bucket}/key?partNumber=1`],
    ['PUT', `/${bucket}/key?acl`],
    ['PUT', `/${bucket}/key?partNumber=1&uploadId=1`],
    ['PUT', `/${bucket}/key?tagging&versionId=1`],
    ['POST', `/${bucket}/key?uploads`],
    ['POST', `/${bucket}/key?select&select-type=2`],
    ['POST', `/${bucket}`],
    ['DELETE', `/${bucket}/key?versionId=1`],
    ['HEAD', `/${bucket}/key?partNumber=1`],
    ['PATCH', `/${bucket}/key`],
    ['GET', '/?max-buckets=1'],
  ])('%s %s answers 501 and does nothing', async (method, path) => {
    const { client, endpoint } = await startServer();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'hello' }));
    const answer = await rawRequest(endpoint, {
      method,
      path,
      body: method === 'PUT' ? '<x/>' : '',
    });
    const read = await rawRequest(endpoint, { path: `/${bucket}/key` });
    expect(answer.status).toBe(501);
    if (method !== 'HEAD') expect(answer.code).toBe('NotImplemented');
    expect(read.text).toBe('hello');
  });

  it.each([
    'x-amz-acl',
    'x-amz-server-side-encryption',
    'x-amz-object-lock-mode',
    'x-amz-website-redirect-location',
    'x-amz-write-offset-bytes',
  ])('with the header %s answers 501 and stores nothing', async (name) => {
    const { endpoint } = await startServer();
    const raw = { method: 'PUT', path: `/${bucket}/key`, headers: { [name]: 'x' }, body: 'hello' };
    const answer = await rawRequest(endpoint, raw);
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
    expect((await rawRequest(endpoint, { path: `/${bucket}/key` })).status).toBe(404);
  });

  it('to copy answers 501', async () => {
    const { client } = await startServer();
    const copy = { Bucket: bucket, Key: 'b', CopySource: `${bucket}/a` };
    expect(await failureOf(client.send(new CopyObjectCommand(copy)))).toEqual([
      501,
      'NotImplemented',
    ]);
  });

  it('whose path is not UTF-8 is InvalidURI', async () => {
    const { endpoint } = await startServer();
    const answer = await rawRequest(endpoint, { path: `/${bucket}/%ff` });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidURI']);
  });
});

describe('a limit', () => {
  it.each([
    ['a', 1024],
    ['é', 512],
    ['a/', 512],
  ])('holds for a key of 1,024 bytes: %s %i times', async (text, count) => {
    const { client } = await startServer();
    const put = (Key: string) =>
      client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    await put(text.repeat(count));
    expect(await failureOf(put(`${text.repeat(count)}a`))).toEqual([400, 'KeyTooLongError']);
  });

  it('holds for 2 KB of user metadata, names and values together', async () => {
    const { client } = await startServer();
    const put = (value: string) => {
      const Metadata = { abcd: value, efgh: '' };
      return client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'x', Metadata }));
    };
    await put('v'.repeat(2040));
    expect(await failureOf(put('v'.repeat(2041)))).toEqual([400, 'MetadataTooLarge']);
  });

  it('holds for storage classes', async () => {
    const { endpoint } = await startServer();
    const headers = { 'x-amz-storage-class': 'CHEAP' };
    const answer = await rawRequest(endpoint, { method: 'PUT', path: `/${bucket}/key`, headers });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidStorageClass']);
  });
});
