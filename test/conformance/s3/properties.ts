import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type ConformanceGroup, failureOf, put, readText, type TestBucket } from './test-bucket.ts';

const targetIn = ({ name }: TestBucket, key = 'key') => ({ Bucket: name, Key: key });

/** What is said of an object when it is put. */
export const metadata: ConformanceGroup = {
  title: 'metadata',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html',
  cases: [
    {
      name: 'is returned unchanged by HEAD and GET',
      async run(bucket) {
        const Metadata = {
          sha256: 'ab'.repeat(32),
          'first-offset': '17',
          'request-id': '79104EXAMPLEB723',
          note: 'a b=c, "d"; e/f',
        };
        await put(bucket, 'key', { Metadata, ContentType: 'application/zstd' });
        const expected = {
          Metadata,
          ContentType: 'application/zstd',
          ContentLength: 5,
          ETag: '"5d41402abc4b2a76b9719d911017c592"',
        };
        const target = targetIn(bucket);
        const head = await bucket.client.send(new HeadObjectCommand(target));
        const get = await bucket.client.send(new GetObjectCommand(target));
        expect(head).toMatchObject(expected);
        expect(get).toMatchObject(expected);
        expect(await get.Body?.transformToString()).toBe('hello');
        expect([head.ContentEncoding, get.ContentEncoding]).toEqual([undefined, undefined]);
      },
    },
    {
      name: 'has names in lower case',
      async run(bucket) {
        await put(bucket, 'key', { Metadata: { 'First-Offset': '17' } });
        const head = await bucket.client.send(new HeadObjectCommand(targetIn(bucket)));
        expect(head.Metadata).toEqual({ 'first-offset': '17' });
      },
    },
    {
      name: 'is empty if none was given',
      async run(bucket) {
        await put(bucket, 'key');
        const head = await bucket.client.send(new HeadObjectCommand(targetIn(bucket)));
        expect(head.Metadata).toEqual({});
      },
    },
    {
      name: 'includes the system’s headers',
      async run(bucket) {
        const properties = {
          CacheControl: 'no-cache',
          ContentDisposition: 'attachment',
          ContentEncoding: 'gzip',
          ContentLanguage: 'en',
          ContentType: 'application/json',
        };
        await put(bucket, 'key', properties);
        const head = await bucket.client.send(new HeadObjectCommand(targetIn(bucket)));
        expect(head).toMatchObject(properties);
      },
    },
    {
      name: 'of more than 2 KB is refused',
      async run(bucket) {
        const failure = await failureOf(
          put(bucket, 'key', { Metadata: { note: 'x'.repeat(2045) } }),
        );
        expect(failure).toEqual([400, 'MetadataTooLarge']);
        await put(bucket, 'key', { Metadata: { note: 'x'.repeat(2044) } });
      },
    },
    {
      name: 'includes the time at which the object was stored',
      async run(bucket) {
        const before = Math.floor(Date.now() / 1000) * 1000;
        await put(bucket, 'key');
        const head = await bucket.client.send(new HeadObjectCommand(targetIn(bucket)));
        const stored = head.LastModified?.getTime() ?? 0;
        expect(stored).toBeGreaterThanOrEqual(before);
        expect(stored).toBeLessThanOrEqual(Date.now());
        expect(stored % 1000).toBe(0);
      },
    },
  ],
};

/** Tags, which S3's lifecycle and replication rules filter by. */
export const tagging: ConformanceGroup = {
  title: 'tags',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html',
  cases: [
    {
      name: 'can be put with the object',
      async run(bucket) {
        await put(bucket, 'key', { Tagging: 'state=a%20%2B%20b&empty=' });
        const target = targetIn(bucket);
        const { TagSet = [] } = await bucket.client.send(new GetObjectTaggingCommand(target));
        expect(new Map(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(
          new Map([
            ['state', 'a + b'],
            ['empty', ''],
          ]),
        );
        expect((await bucket.client.send(new GetObjectCommand(target))).TagCount).toBe(2);
      },
    },
    {
      name: 'are replaced without touching the object',
      async run(bucket) {
        await put(bucket, 'key', { Metadata: { sha256: 'ab12' }, Tagging: 'old=1' });
        const target = targetIn(bucket);
        const TagSet = [{ Key: 'new', Value: '2' }];
        await bucket.client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet } }));
        const replaced = await bucket.client.send(new GetObjectTaggingCommand(target));
        expect(replaced.TagSet).toEqual(TagSet);
        expect(await readText(bucket, 'key')).toBe('hello');
        const head = await bucket.client.send(new HeadObjectCommand(target));
        expect(head).toMatchObject({
          Metadata: { sha256: 'ab12' },
          ETag: '"5d41402abc4b2a76b9719d911017c592"',
        });
      },
    },
    {
      name: 'are at most ten',
      async run(bucket) {
        await put(bucket, 'key');
        const tags = (count: number) =>
          Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: '' }));
        const putTags = (count: number) =>
          bucket.client.send(
            new PutObjectTaggingCommand({ ...targetIn(bucket), Tagging: { TagSet: tags(count) } }),
          );
        await putTags(10);
        expect(await failureOf(putTags(11))).toEqual([400, 'BadRequest']);
      },
    },
    {
      name: 'with a repeated key are refused',
      async run(bucket) {
        await put(bucket, 'key');
        const TagSet = [
          { Key: 'k', Value: '1' },
          { Key: 'k', Value: '2' },
        ];
        const twice = new PutObjectTaggingCommand({ ...targetIn(bucket), Tagging: { TagSet } });
        expect(await failureOf(bucket.client.send(twice))).toEqual([400, 'InvalidTag']);
      },
    },
    {
      name: 'of a missing object are NoSuchKey',
      async run(bucket) {
        const target = targetIn(bucket, 'missing');
        const calls = [
          bucket.client.send(new GetObjectTaggingCommand(target)),
          bucket.client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: [] } })),
        ];
        const failures = await Promise.all(calls.map(failureOf));
        expect(failures).toEqual(calls.map(() => [404, 'NoSuchKey']));
      },
    },
  ],
};
