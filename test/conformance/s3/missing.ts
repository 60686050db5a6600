import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type ConformanceGroup, failureOf, put } from './test-bucket.ts';

/** Missing objects and buckets. */
export const missing: ConformanceGroup = {
  title: 'a missing',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html',
  cases: [
    {
      name: 'object is NoSuchKey, or NotFound for HEAD',
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
      name: 'bucket is NoSuchBucket, or NotFound for HEAD',
      async run({ client, name }) {
        const target = { Bucket: `${name.slice(0, 40)}-missing`, Key: 'key' };
        const calls = [
          client.send(new PutObjectCommand({ ...target, Body: 'hello' })),
          client.send(new PutObjectCommand({ ...target, Body: 'hello', IfNoneMatch: '*' })),
          client.send(new GetObjectCommand(target)),
          client.send(new DeleteObjectCommand(target)),
          client.send(new ListObjectsV2Command({ Bucket: target.Bucket })),
        ];
        const failures = await Promise.all(calls.map(failureOf));
        expect(failures).toEqual(calls.map(() => [404, 'NoSuchBucket']));
        const head = new HeadBucketCommand({ Bucket: target.Bucket });
        expect(await failureOf(client.send(head))).toEqual([404, 'NotFound']);
      },
    },
    {
      name: 'object can be deleted, repeatedly',
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
