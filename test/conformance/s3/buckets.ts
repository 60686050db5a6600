import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type ConformanceGroup, failureOf, listAll, put, putAll } from './test-bucket.ts';

/** What is not there, and what may not go away. */
export const absences: ConformanceGroup = {
  title: 'what is missing',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html',
  cases: [
    {
      name: 'as an object is NoSuchKey, and NotFound to HEAD',
      async run({ client, name }) {
        const target = { Bucket: name, Key: 'missing' };
        expect(await failureOf(client.send(new GetObjectCommand(target)))).toEqual([
          404,
          'NoSuchKey',
        ]);
        expect(await failureOf(client.send(new HeadObjectCommand(target)))).toEqual([
          404,
          'NotFound',
        ]);
      },
    },
    {
      name: 'as a bucket is NoSuchBucket, and NotFound to HEAD',
      async run({ client, name }) {
        const target = { Bucket: `${name.slice(0, 40)}-missing`, Key: 'key' };
        const calls = [
          client.send(new PutObjectCommand({ ...target, Body: 'hello' })),
          client.send(new PutObjectCommand({ ...target, Body: 'hello', IfNoneMatch: '*' })),
          client.send(new GetObjectCommand(target)),
          client.send(new DeleteObjectCommand(target)),
          client.send(new ListObjectsV2Command({ Bucket: target.Bucket })),
          client.send(new DeleteBucketCommand({ Bucket: target.Bucket })),
        ];
        const failures = await Promise.all(calls.map(failureOf));
        expect(failures).toEqual(calls.map(() => [404, 'NoSuchBucket']));
        const head = new HeadBucketCommand({ Bucket: target.Bucket });
        expect(await failureOf(client.send(head))).toEqual([404, 'NotFound']);
      },
    },
    {
      name: 'can be deleted: an object that is not there, again and again',
      async run(bucket) {
        await put(bucket, 'key');
        const deletion = () =>
          bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'key' }));
        const answers = [await deletion(), await deletion()];
        expect(answers.map(({ $metadata }) => $metadata.httpStatusCode)).toEqual([204, 204]);
      },
    },
  ],
};

/** Buckets, as far as tests and demo use them. */
export const buckets: ConformanceGroup = {
  title: 'a bucket',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html',
  cases: [
    {
      name: 'is found and listed',
      async run({ client, name }) {
        await client.send(new HeadBucketCommand({ Bucket: name }));
        const { Buckets = [] } = await client.send(new ListBucketsCommand());
        expect(Buckets.map(({ Name }) => Name)).toContain(name);
      },
    },
    {
      name: 'stays while it holds an object, and is gone afterwards',
      async run(bucket) {
        await put(bucket, 'a/b');
        const deletion = () => bucket.client.send(new DeleteBucketCommand({ Bucket: bucket.name }));
        expect(await failureOf(deletion())).toEqual([409, 'BucketNotEmpty']);
        await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'a/b' }));
        await deletion();
        const head = new HeadBucketCommand({ Bucket: bucket.name });
        expect(await failureOf(bucket.client.send(head))).toEqual([404, 'NotFound']);
      },
    },
    {
      name: 'loses many objects in one request',
      async run(bucket) {
        await putAll(bucket, ['a', 'b & <c>', 'd', 'kept']);
        const Objects = ['a', 'b & <c>', 'd', 'missing'].map((Key) => ({ Key }));
        const { Deleted = [] } = await bucket.client.send(
          new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }),
        );
        expect(Deleted.map(({ Key }) => Key).sort()).toEqual(['a', 'b & <c>', 'd', 'missing']);
        expect((await listAll(bucket)).keys).toEqual(['kept']);
      },
    },
  ],
};
