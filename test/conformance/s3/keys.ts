import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import {
  byteOrder,
  type ConformanceGroup,
  listAll,
  listPage,
  put,
  putAll,
  readText,
} from './test-bucket.ts';

const oddKeys = [
  'shop/topic=orders/dt=2026-11-23/hour=09/orders-3-00000000000000000100-00000000000000000149.jsonl.gz',
  'shop/topic=orders/dt=2026-11-23/hour=09/p0.100-149_p1.90-155_p3.7000-7040x39.jsonl.gz',
  'shop/topic=orders/p3.1-2.1of3~0a1b2c3d.jsonl.zst',
  'with space/ and  two',
  'plus+plus',
  'percent%percent',
  'percent%20twenty',
  'percent%2Fslash',
  'tilde~tilde',
  'equals=equals&and',
  'question?mark',
  'hash#hash',
  'quotes\'and"double',
  '(parens)[brackets]{braces}',
  'colon:semi;at@comma,',
  'bang!star*dollar$',
  'back\\slash',
  '<angle>&amp;',
  'straße/日本語/Ελλάδα',
  'emoji-\u{1f600}',
  'Upper',
  'upper',
  '\u00e9-composed',
  'e\u0301-composed',
  '.hidden',
  'dots..within/...three',
];

/** Keys of any characters, except keys that cannot be a path of a file system: see README.md. */
export const keys: ConformanceGroup = {
  title: 'a key',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html',
  cases: [
    {
      name: 'of any characters has its own object, and is listed unchanged',
      async run(bucket) {
        await putAll(bucket, oddKeys);
        const bodies = await Promise.all(oddKeys.map((key) => readText(bucket, key)));
        expect(bodies).toEqual(oddKeys);
        expect((await listAll(bucket)).keys).toEqual(byteOrder(oddKeys));
        for (const Key of oddKeys) {
          await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));
          await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
        }
        expect((await listAll(bucket)).keys).toEqual([]);
      },
    },
    {
      name: 'may have 1,024 bytes',
      async run(bucket) {
        const key = `${'d'.repeat(127)}/`.repeat(8).slice(0, -1).padEnd(1024, 'x');
        await put(bucket, key);
        expect(await readText(bucket, key)).toBe('hello');
        expect((await listAll(bucket)).keys).toEqual([key]);
      },
    },
  ],
};

const folders = ['t/a/1', 't/a/2', 't/b', 't/c/1', 't/c/2', 't/c/d/3', 't/e', 'u/1'];

/** Listings, by which readers find the objects of an archive. */
export const listing: ConformanceGroup = {
  title: 'a listing',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html',
  cases: [
    {
      name: 'is in the order of UTF-8 bytes',
      async run(bucket) {
        const all = ['a!', 'a.b', 'a/1', 'a/2', 'a0', 'ab', 'B', 'Z', 'é', '\u{ff21}', '\u{1f600}'];
        await putAll(bucket, all);
        expect((await listAll(bucket)).keys).toEqual(byteOrder(all));
        expect((await listAll(bucket, { MaxKeys: 1 })).keys).toEqual(byteOrder(all));
      },
    },
    {
      name: 'of 1,010 objects has pages of at most 1,000, with each key once',
      async run(bucket) {
        const all = Array.from(
          { length: 1010 },
          (_, i) => `topic=t/dt=2026-11-${i % 28}/p0.${i}-${i}`,
        );
        await putAll(bucket, all);
        const whole = await listAll(bucket, { MaxKeys: 5000 });
        expect(whole.keys).toEqual(byteOrder(all));
        expect(whole.pageSizes).toEqual([1000, 10]);
        const paged = await listAll(bucket, { MaxKeys: 300 });
        expect(paged.keys).toEqual(byteOrder(all));
        expect(paged.pageSizes).toEqual([300, 300, 300, 110]);
      },
    },
    {
      name: 'of a prefix contains the keys that begin with it',
      async run(bucket) {
        await putAll(bucket, folders);
        const under = async (Prefix: string) => (await listAll(bucket, { Prefix })).keys;
        expect(await under('t/c/')).toEqual(['t/c/1', 't/c/2', 't/c/d/3']);
        expect(await under('t/c')).toEqual(['t/c/1', 't/c/2', 't/c/d/3']);
        expect(await under('u/1')).toEqual(['u/1']);
        expect(await under('nothing')).toEqual([]);
      },
    },
    {
      name: 'groups keys by the next delimiter',
      async run(bucket) {
        await putAll(bucket, folders);
        const top = await listAll(bucket, { Delimiter: '/' });
        const whole = await listAll(bucket, { Prefix: 't/', Delimiter: '/' });
        expect(top).toEqual({ keys: [], prefixes: ['t/', 'u/'], pageSizes: [2] });
        expect(whole).toEqual({ keys: ['t/b', 't/e'], prefixes: ['t/a/', 't/c/'], pageSizes: [4] });
      },
    },
    {
      name: 'pages through common prefixes, each once',
      async run(bucket) {
        await putAll(bucket, folders);
        const paged = await listAll(bucket, { Prefix: 't/', Delimiter: '/', MaxKeys: 1 });
        expect(paged).toEqual({
          keys: ['t/b', 't/e'],
          prefixes: ['t/a/', 't/c/'],
          pageSizes: [1, 1, 1, 1],
        });
      },
    },
    {
      name: 'starts after a given key, whether or not that key exists',
      async run(bucket) {
        await putAll(bucket, ['a', 'b', 'c', 'd']);
        const after = async (StartAfter: string) => (await listAll(bucket, { StartAfter })).keys;
        expect(await after('b')).toEqual(['c', 'd']);
        expect(await after('bb')).toEqual(['c', 'd']);
        expect(await after('d')).toEqual([]);
      },
    },
    {
      name: 'contains size, entity tag and time of each object, and the number of keys',
      async run(bucket) {
        await put(bucket, 'key');
        const page = await listPage(bucket);
        expect(page).toMatchObject({
          Name: bucket.name,
          KeyCount: 1,
          MaxKeys: 1000,
          IsTruncated: false,
          Contents: [{ Key: 'key', Size: 5, ETag: '"5d41402abc4b2a76b9719d911017c592"' }],
        });
        expect(page.Contents?.[0]?.LastModified).toBeInstanceOf(Date);
        expect(page.NextContinuationToken).toBeUndefined();
      },
    },
    {
      name: 'contains an object as soon as it is put, and no longer once it is deleted',
      async run(bucket) {
        for (const key of ['a', 'b', 'c']) {
          await put(bucket, key);
          expect((await listAll(bucket)).keys).toContain(key);
        }
        await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'b' }));
        expect((await listAll(bucket)).keys).toEqual(['a', 'c']);
      },
    },
    {
      name: 'of an empty bucket is one empty page',
      async run(bucket) {
        const page = await listPage(bucket);
        expect(page).toMatchObject({ KeyCount: 0, IsTruncated: false });
        expect(page.Contents ?? []).toEqual([]);
      },
    },
  ],
};
