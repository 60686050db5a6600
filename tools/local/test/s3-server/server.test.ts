import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucket, failureOf, rawRequest, startServer } from './running-server.ts';

const helloEtag = '"5d41402abc4b2a76b9719d911017c592"';

function put(client: S3Client, key: string, more: Partial<PutObjectCommandInput> = {}) {
  return client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'hello', ...more }));
}

async function read(client: S3Client, key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body?.transformToString();
}

describe('buckets', () => {
  it('are made, found, listed and deleted', async () => {
    const { client } = await startServer({ buckets: [] });
    await client.send(new CreateBucketCommand({ Bucket: 'second' }));
    await client.send(new CreateBucketCommand({ Bucket: 'first' }));
    await client.send(new CreateBucketCommand({ Bucket: 'first' }));
    const head = await client.send(new HeadBucketCommand({ Bucket: 'first' }));
    const { Buckets } = await client.send(new ListBucketsCommand());
    await client.send(new DeleteBucketCommand({ Bucket: 'first' }));

    expect(head.BucketRegion).toBe('us-east-1');
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['first', 'second']);
    expect(Buckets?.[0]?.CreationDate).toBeInstanceOf(Date);
    expect(await failureOf(client.send(new HeadBucketCommand({ Bucket: 'first' })))).toEqual([
      404,
      'NotFound',
    ]);
  });

  it('stay while they hold an object', async () => {
    const { client } = await startServer();
    await put(client, 'a/b');
    const deletion = () => client.send(new DeleteBucketCommand({ Bucket: bucket }));
    expect(await failureOf(deletion())).toEqual([409, 'BucketNotEmpty']);
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a/b' }));
    expect((await deletion()).$metadata.httpStatusCode).toBe(204);
  });

  it.each(['Upper', 'a..b', '127.0.0.1', 'ab', '..', 'x'.repeat(64)])(
    'are refused the name %s',
    async (name) => {
      const { endpoint } = await startServer();
      const answer = await rawRequest(endpoint, { method: 'PUT', path: `/${name}` });
      expect([answer.status, answer.code]).toEqual([400, 'InvalidBucketName']);
    },
  );

  it('that do not exist answer NoSuchBucket to every operation', async () => {
    const { client } = await startServer();
    const target = { Bucket: 'missing', Key: 'key' };
    const calls = [
      client.send(new PutObjectCommand({ ...target, Body: 'x' })),
      client.send(new GetObjectCommand(target)),
      client.send(new DeleteObjectCommand(target)),
      client.send(new GetObjectTaggingCommand(target)),
      client.send(new DeleteBucketCommand({ Bucket: 'missing' })),
    ];
    expect(await Promise.all(calls.map(failureOf))).toEqual(calls.map(() => [404, 'NoSuchBucket']));
  });
});

describe('an object', () => {
  it('is given back with everything it was put with', async () => {
    const { client, root } = await startServer({ now: () => new Date('2026-03-04T05:06:07.890Z') });
    const properties = {
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment',
      ContentEncoding: 'gzip',
      ContentType: 'application/json',
      Metadata: { 'first-offset': '17', note: 'a b' },
      StorageClass: 'STANDARD_IA',
    } as const;
    const answer = await put(client, 'topic=t/a.json', { ...properties, Tagging: 'a=1&b=2' });
    const target = { Bucket: bucket, Key: 'topic=t/a.json' };
    const got = await client.send(new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    const head = await client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));

    const expected = {
      ...properties,
      ETag: helloEtag,
      ContentLength: 5,
      ChecksumCRC32: 'NhCmhg==',
      LastModified: new Date('2026-03-04T05:06:07.000Z'),
      TagCount: 2,
    };
    expect(answer).toMatchObject({ ETag: helloEtag, ChecksumCRC32: 'NhCmhg==' });
    expect(got.$metadata.requestId).toMatch(/^[0-9A-F]{16}$/);
    expect(got).toMatchObject(expected);
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(head).toMatchObject(expected);
    expect(await readFile(path.join(root, bucket, 'topic=t/a.json'), 'utf8')).toBe('hello');
  });

  it('keeps its checksum to itself unless asked, and of a part always', async () => {
    const { client, endpoint } = await startServer();
    await put(client, 'key');
    const asked = { 'x-amz-checksum-mode': 'ENABLED' };
    const part = { ...asked, range: 'bytes=0-1' };
    const answers = [undefined, asked, part].map(async (headers) => {
      const answer = await rawRequest(endpoint, {
        path: `/${bucket}/key`,
        headers: { ...headers },
      });
      return answer.headers['x-amz-checksum-crc32'];
    });
    expect(await Promise.all(answers)).toEqual([undefined, 'NhCmhg==', undefined]);
  });

  it('is binary/octet-stream of the class STANDARD if nobody says otherwise', async () => {
    const { endpoint } = await startServer();
    await rawRequest(endpoint, {
      method: 'PUT',
      path: `/${bucket}/key`,
      body: 'hello',
    });
    const answer = await rawRequest(endpoint, { path: `/${bucket}/key` });
    expect(answer.headers['content-type']).toBe('binary/octet-stream');
    expect(answer.headers['x-amz-storage-class']).toBeUndefined();
  });

  it('is replaced whole by the next put', async () => {
    const { client } = await startServer();
    await put(client, 'key', { Metadata: { old: '1' }, Tagging: 'old=1' });
    await put(client, 'key', { Body: 'new body', Metadata: { new: '1' } });
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'key' }));
    expect(await got.Body?.transformToString()).toBe('new body');
    expect(got.Metadata).toEqual({ new: '1' });
    expect(got.TagCount).toBeUndefined();
  });

  it('that does not exist is NoSuchKey, and NotFound without a body to HEAD', async () => {
    const { client, endpoint } = await startServer();
    const target = { Bucket: bucket, Key: 'missing' };
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
    expect(await failureOf(client.send(new HeadObjectCommand(target)))).toEqual([404, 'NotFound']);
    const raw = await rawRequest(endpoint, { path: `/${bucket}/missing?x-id=GetObject` });
    expect(raw.text.replace(raw.headers['x-amz-request-id']?.toString() ?? '', 'ID')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>missing</Key><Resource>/archive/missing</Resource><RequestId>ID</RequestId></Error>',
    );
  });

  it('may be empty', async () => {
    const { client } = await startServer();
    await put(client, 'empty', { Body: new Uint8Array() });
    expect(await read(client, 'empty')).toBe('');
  });

  it('in an archive class is there, and cannot be read', async () => {
    const { client } = await startServer();
    await put(client, 'cold', { StorageClass: 'DEEP_ARCHIVE' });
    const target = { Bucket: bucket, Key: 'cold' };
    const failure = await failureOf(client.send(new GetObjectCommand(target)));
    expect(failure).toEqual([403, 'InvalidObjectState']);
    expect(await client.send(new HeadObjectCommand(target))).toMatchObject({
      StorageClass: 'DEEP_ARCHIVE',
      ContentLength: 5,
    });
  });

  it('is announced once it can be read', async () => {
    const announced: unknown[] = [];
    const { client } = await startServer({ onObjectCreated: (object) => announced.push(object) });
    await put(client, 'key');
    await failureOf(put(client, 'key', { IfNoneMatch: '*' }));
    expect(announced).toEqual([
      { bucket, key: 'key', size: 5, etag: '5d41402abc4b2a76b9719d911017c592' },
    ]);
  });
});

describe('deleting', () => {
  it('takes the object and its empty folders away, and succeeds without an object', async () => {
    const { client, root } = await startServer();
    await put(client, 'a/b/c');
    await put(client, 'a/d');
    const target = { Bucket: bucket, Key: 'a/b/c' };
    const first = await client.send(new DeleteObjectCommand(target));
    const second = await client.send(new DeleteObjectCommand(target));

    expect([first, second].map(({ $metadata }) => $metadata.httpStatusCode)).toEqual([204, 204]);
    expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([404, 'NoSuchKey']);
    await expect(readFile(path.join(root, bucket, 'a/b'))).rejects.toThrow('ENOENT');
    expect(await read(client, 'a/d')).toBe('hello');
  });

  it('takes many keys at once, and says which unless told to be quiet', async () => {
    const { client } = await startServer();
    for (const key of ['a', 'b & <c>', 'd']) await put(client, key);
    const deletion = (keys: string[], Quiet: boolean) => {
      const Objects = keys.map((Key) => ({ Key }));
      return client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet } }));
    };
    const loud = await deletion(['a', 'b & <c>', 'missing'], false);
    const quiet = await deletion(['d'], true);

    expect(loud.Deleted?.map(({ Key }) => Key)).toEqual(['a', 'b & <c>', 'missing']);
    expect(quiet.Deleted ?? []).toEqual([]);
    for (const key of ['a', 'b & <c>', 'd']) {
      expect(await failureOf(read(client, key))).toEqual([404, 'NoSuchKey']);
    }
  });

  it.each([
    [
      'without a digest',
      '<Delete><Object><Key>key</Key></Object></Delete>',
      false,
      'InvalidRequest',
    ],
    ['without keys', '<Delete></Delete>', true, 'MalformedXML'],
    ['of something else', '<Other><Object><Key>key</Key></Object></Other>', true, 'MalformedXML'],
    ['that is no XML', '<Delete><Object><Key>key</Object></Delete>', true, 'MalformedXML'],
    [
      'of a version',
      '<Delete><Object><Key>key</Key><VersionId>1</VersionId></Object></Delete>',
      true,
      'NotImplemented',
    ],
    [
      'of 1,001 keys',
      `<Delete>${'<Object><Key>key</Key></Object>'.repeat(1001)}</Delete>`,
      true,
      'MalformedXML',
    ],
  ])('refuses a list %s, and deletes nothing', async (_name, body, hasDigest, code) => {
    const { client, endpoint } = await startServer();
    await put(client, 'key');
    const digest = hasDigest ? createHash('md5').update(body).digest('base64') : undefined;
    const headers = { 'content-md5': digest };
    const path = `/${bucket}?delete`;
    const answer = await rawRequest(endpoint, { method: 'POST', path, body, headers });
    expect(answer.code).toBe(code);
    expect(await read(client, 'key')).toBe('hello');
  });

  it('refuses a condition, which it does not have', async () => {
    const { client } = await startServer();
    await put(client, 'key');
    const target = { Bucket: bucket, Key: 'key', IfMatch: helloEtag };
    const failure = await failureOf(client.send(new DeleteObjectCommand(target)));
    expect(failure).toEqual([501, 'NotImplemented']);
    expect(await read(client, 'key')).toBe('hello');
  });
});

describe('tags', () => {
  it('are put, read and deleted without touching the object', async () => {
    const { client } = await startServer();
    await put(client, 'key');
    const target = { Bucket: bucket, Key: 'key' };
    const TagSet = [
      { Key: 'state', Value: 'a + b' },
      { Key: 'empty', Value: '' },
    ];
    await client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet } }));
    const read1 = await client.send(new GetObjectTaggingCommand(target));
    await client.send(new DeleteObjectTaggingCommand(target));
    const read2 = await client.send(new GetObjectTaggingCommand(target));

    expect(read1.TagSet).toEqual(TagSet);
    expect(read2.TagSet).toEqual([]);
    expect(await read(client, 'key')).toBe('hello');
  });

  it.each([
    [
      'eleven',
      Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: '' })),
      'BadRequest',
    ],
    [
      'one key twice',
      [
        { Key: 'k', Value: '1' },
        { Key: 'k', Value: '2' },
      ],
      'InvalidTag',
    ],
    ['a key of 129 characters', [{ Key: 'k'.repeat(129), Value: '' }], 'InvalidTag'],
    ['a value of 257 characters', [{ Key: 'k', Value: 'v'.repeat(257) }], 'InvalidTag'],
    ['a key of AWS', [{ Key: 'aws:k', Value: '' }], 'InvalidTag'],
    ['a forbidden character', [{ Key: 'k', Value: '{}' }], 'InvalidTag'],
  ])('are refused if they are %s', async (_name, TagSet, code) => {
    const { client } = await startServer();
    await put(client, 'key');
    const tagging = { Bucket: bucket, Key: 'key', Tagging: { TagSet } };
    expect(await failureOf(client.send(new PutObjectTaggingCommand(tagging)))).toEqual([400, code]);
  });

  it('of an object that does not exist are NoSuchKey', async () => {
    const { client } = await startServer();
    const target = { Bucket: bucket, Key: 'missing' };
    const calls = [
      client.send(new GetObjectTaggingCommand(target)),
      client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: [] } })),
      client.send(new DeleteObjectTaggingCommand(target)),
    ];
    expect(await Promise.all(calls.map(failureOf))).toEqual(calls.map(() => [404, 'NoSuchKey']));
  });
});
