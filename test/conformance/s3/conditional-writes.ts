import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import {
  type ConformanceGroup,
  failureOf,
  put,
  putAll,
  readText,
  type TestBucket,
} from './test-bucket.ts';

const helloEtag = '"5d41402abc4b2a76b9719d911017c592"';
const createOnly = { IfNoneMatch: '*' } as const;

/** Puts ten bodies at one key concurrently: one is stored with its metadata, nine are refused. */
async function race(bucket: TestBucket, key: string, bytes: number): Promise<void> {
  const bodies = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(bytes + i));
  const results = await Promise.allSettled(
    bodies.map((Body) =>
      put(bucket, key, { ...createOnly, Body, Metadata: { racer: Body[0] ?? '' } }),
    ),
  );
  const winners = bodies.filter((_, i) => results[i]?.status === 'fulfilled');
  const losers = results.filter((result) => result.status === 'rejected');
  expect(winners).toHaveLength(1);
  expect(losers.map(({ reason }) => reason.$metadata.httpStatusCode)).toEqual(Array(9).fill(412));
  expect((await readText(bucket, key)) === winners[0]).toBe(true);
  const head = new HeadObjectCommand({ Bucket: bucket.name, Key: key });
  expect((await bucket.client.send(head)).Metadata).toEqual({ racer: winners[0]?.[0] });
}

/** Conditional puts: the function stores every object with `If-None-Match: *`. */
export const conditionalWrites: ConformanceGroup = {
  title: 'a conditional put',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
  cases: [
    {
      name: 'with If-None-Match creates a new object',
      async run(bucket) {
        expect((await put(bucket, 'key', createOnly)).ETag).toBe(helloEtag);
        expect(await readText(bucket, 'key')).toBe('hello');
      },
    },
    {
      name: 'with If-None-Match leaves an existing object and its metadata unchanged',
      async run(bucket) {
        await put(bucket, 'key', { ...createOnly, Metadata: { sha256: 'ab12' } });
        for (const Body of ['other', 'hello']) {
          const again = put(bucket, 'key', { ...createOnly, Body, Metadata: { sha256: 'cd34' } });
          expect(await failureOf(again)).toEqual([412, 'PreconditionFailed']);
        }
        expect(await readText(bucket, 'key')).toBe('hello');
        const head = new HeadObjectCommand({ Bucket: bucket.name, Key: 'key' });
        expect((await bucket.client.send(head)).Metadata).toEqual({ sha256: 'ab12' });
      },
    },
    {
      name: 'succeeds for exactly one of ten concurrent clients, thirty times in a row',
      async run(bucket) {
        for (let round = 0; round < 30; round += 1) {
          await race(bucket, `topic=t/dt=2026-11-${round % 3}/round-${round}`, 1000);
        }
      },
    },
    {
      name: 'of a large body succeeds for exactly one of ten concurrent clients',
      async run(bucket) {
        await race(bucket, 'large', 1_000_000);
      },
    },
    {
      name: 'fails for an object that an unconditional put created or replaced',
      async run(bucket) {
        await put(bucket, 'key');
        await put(bucket, 'key', { Body: 'second' });
        const late = put(bucket, 'key', { ...createOnly, Body: 'third' });
        expect(await failureOf(late)).toEqual([412, 'PreconditionFailed']);
        expect(await readText(bucket, 'key')).toBe('second');
      },
    },
    {
      name: 'succeeds again after the object was deleted',
      async run(bucket) {
        await put(bucket, 'key', createOnly);
        await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'key' }));
        await put(bucket, 'key', { ...createOnly, Body: 'second' });
        expect(await readText(bucket, 'key')).toBe('second');
      },
    },
    {
      name: 'considers only its own key, not longer keys that begin with it',
      async run(bucket) {
        await putAll(bucket, ['p1.0-2~ab.jsonl', 'p1.0-20.jsonl', 'p1.0-2.jsonl']);
        await put(bucket, 'p1.0-2', { ...createOnly, Body: 'own' });
        expect(await readText(bucket, 'p1.0-2')).toBe('own');
      },
    },
    {
      name: 'with If-Match replaces only the object with that entity tag',
      async run(bucket) {
        const replace = (Body: string) => put(bucket, 'key', { Body, IfMatch: helloEtag });
        expect(await failureOf(replace('first'))).toEqual([404, 'NoSuchKey']);
        await put(bucket, 'key');
        await replace('second');
        expect(await failureOf(replace('third'))).toEqual([412, 'PreconditionFailed']);
        expect(await readText(bucket, 'key')).toBe('second');
      },
    },
    {
      name: 'with If-Match succeeds for exactly one of ten concurrent clients',
      async run(bucket) {
        await put(bucket, 'key');
        const bodies = Array.from({ length: 10 }, (_, i) => `body ${i}`);
        const results = await Promise.allSettled(
          bodies.map((Body) => put(bucket, 'key', { Body, IfMatch: helloEtag })),
        );
        const winners = bodies.filter((_, i) => results[i]?.status === 'fulfilled');
        const losers = results.filter((result) => result.status === 'rejected');
        expect(winners).toHaveLength(1);
        expect(losers.map(({ reason }) => reason.$metadata.httpStatusCode)).toEqual(
          Array(9).fill(412),
        );
        expect(await readText(bucket, 'key')).toBe(winners[0]);
      },
    },
    {
      name: 'with If-None-Match of an entity tag is refused, not treated as unconditional',
      async run(bucket) {
        const failure = await failureOf(put(bucket, 'key', { IfNoneMatch: helloEtag }));
        expect(failure).toEqual([501, 'NotImplemented']);
        expect(await failureOf(readText(bucket, 'key'))).toEqual([404, 'NoSuchKey']);
      },
    },
  ],
};
