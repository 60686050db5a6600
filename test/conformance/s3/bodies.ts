import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type ConformanceGroup, failureOf, put, read, type TestBucket } from './test-bucket.ts';

const digestOf = (algorithm: string, body: Uint8Array | string) =>
  createHash(algorithm).update(body).digest('base64');

async function expectNothingAt(bucket: TestBucket, key: string): Promise<void> {
  expect(await failureOf(read(bucket, key))).toEqual([404, 'NoSuchKey']);
}

async function expectRoundTrip(bucket: TestBucket, body: Buffer): Promise<void> {
  const { ETag } = await put(bucket, 'key', { Body: body });
  expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  // Not with toEqual, which would print six million bytes.
  expect(body.equals(await read(bucket, 'key'))).toBe(true);
  const head = new HeadObjectCommand({ Bucket: bucket.name, Key: 'key' });
  expect((await bucket.client.send(head)).ContentLength).toBe(body.length);
}

/** Bodies are returned unchanged. */
export const bodies: ConformanceGroup = {
  title: 'a body',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html',
  cases: [
    {
      name: 'may be empty',
      run: (bucket) => expectRoundTrip(bucket, Buffer.alloc(0)),
    },
    {
      name: 'may contain any byte',
      run: (bucket) =>
        expectRoundTrip(bucket, Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
    },
    {
      name: 'of 6 MB is returned byte for byte',
      run: (bucket) => expectRoundTrip(bucket, randomBytes(6 * 1024 ** 2)),
    },
    {
      name: 'that is compressed is stored as it is, without a Content-Encoding that would make clients decompress it',
      async run(bucket) {
        const body = gzipSync('line\n'.repeat(1000));
        await put(bucket, 'a.jsonl.gz', { Body: body, ContentType: 'application/gzip' });
        const get = new GetObjectCommand({ Bucket: bucket.name, Key: 'a.jsonl.gz' });
        const answer = await bucket.client.send(get);
        expect(answer).toMatchObject({
          ContentType: 'application/gzip',
          ContentLength: body.length,
        });
        expect(answer.ContentEncoding).toBeUndefined();
        const stored = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        expect(gunzipSync(stored).toString()).toBe('line\n'.repeat(1000));
      },
    },
    {
      name: 'sent as a stream is stored without its chunk encoding',
      async run(bucket) {
        const body = randomBytes(3_000_000);
        const pieces = [body.subarray(0, 8192), body.subarray(8192, -1), body.subarray(-1)];
        await put(bucket, 'key', { Body: Readable.from(pieces), ContentLength: body.length });
        expect(body.equals(await read(bucket, 'key'))).toBe(true);
      },
    },
    {
      name: 'can be read in part',
      async run(bucket) {
        await put(bucket, 'key');
        const part = async (Range: string) => (await read(bucket, 'key', { Range })).toString();
        expect(await part('bytes=1-3')).toBe('ell');
        expect(await part('bytes=3-')).toBe('lo');
        expect(await part('bytes=-2')).toBe('lo');
        expect(await part('bytes=2-99')).toBe('llo');
        expect(await failureOf(part('bytes=5-'))).toEqual([416, 'InvalidRange']);
      },
    },
    {
      name: 'replaces the previous one, along with its metadata and tags',
      async run(bucket) {
        await put(bucket, 'key', {
          Body: 'a longer body',
          Metadata: { old: '1' },
          Tagging: 'old=1',
        });
        await put(bucket, 'key', { Body: 'new', Metadata: { new: '1' } });
        const get = new GetObjectCommand({ Bucket: bucket.name, Key: 'key' });
        const answer = await bucket.client.send(get);
        expect(await answer.Body?.transformToString()).toBe('new');
        expect(answer.Metadata).toEqual({ new: '1' });
        expect(answer.TagCount ?? 0).toBe(0);
      },
    },
  ],
};

const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
/** Digests of `hello`. */
const digests = {
  CRC32: 'NhCmhg==',
  CRC32C: 'mnG7TA==',
  CRC64NVME: 'M3eFcAZSQlc=',
  SHA1: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=',
  SHA256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
} as const;

/** A put whose body changes by one byte after the client has computed its digests and signature. */
async function putDamaged({ client, name }: TestBucket, key: string): Promise<void> {
  const body = Buffer.from('hello');
  const command = new PutObjectCommand({ Bucket: name, Key: key, Body: body });
  command.middlewareStack.add(
    (next) => (args) => {
      body.writeUInt8(0, 0);
      return next(args);
    },
    { step: 'deserialize', name: 'damageBody' },
  );
  await client.send(command);
}

/** Digests that are sent with a body are verified. */
export const checksums: ConformanceGroup = {
  title: 'a checksum',
  source:
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html',
  cases: [
    {
      name: 'defaults to the client’s CRC-32, and is stored',
      async run(bucket) {
        expect((await put(bucket, 'key')).ChecksumCRC32).toBe(digests.CRC32);
        const target = { Bucket: bucket.name, Key: 'key', ChecksumMode: 'ENABLED' } as const;
        const answer = await bucket.client.send(new HeadObjectCommand(target));
        expect(answer.ChecksumCRC32).toBe(digests.CRC32);
      },
    },
    ...algorithms.map((name) => ({
      name: `of ${name} is verified, and a wrong one stores nothing`,
      async run(bucket: TestBucket) {
        const field = `Checksum${name}` as const;
        const good = await put(bucket, 'good', { ChecksumAlgorithm: ChecksumAlgorithm[name] });
        expect(good[field]).toBe(digests[name]);
        const wrong = Buffer.from(digests[name], 'base64').fill(7).toString('base64');
        const failure = await failureOf(put(bucket, 'bad', { [field]: wrong }));
        expect(failure).toEqual([400, 'BadDigest']);
        await expectNothingAt(bucket, 'bad');
      },
    })),
    {
      name: 'in Content-MD5 is verified',
      async run(bucket) {
        const wrong = put(bucket, 'bad', { ContentMD5: digestOf('md5', 'other') });
        expect(await failureOf(wrong)).toEqual([400, 'BadDigest']);
        await expectNothingAt(bucket, 'bad');
        await put(bucket, 'good', { ContentMD5: digestOf('md5', 'hello') });
      },
    },
    {
      name: 'detects a body that was damaged in transit, and nothing is stored',
      async run(bucket) {
        const [status] = await failureOf(putDamaged(bucket, 'bad'));
        expect(status).toBe(400);
        await expectNothingAt(bucket, 'bad');
      },
    },
    {
      name: 'that is wrong leaves the existing object unchanged',
      async run(bucket) {
        await put(bucket, 'key');
        const wrong = put(bucket, 'key', { Body: 'other', ChecksumCRC32: digests.CRC32 });
        expect(await failureOf(wrong)).toEqual([400, 'BadDigest']);
        expect((await read(bucket, 'key')).toString()).toBe('hello');
      },
    },
  ],
};
