import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BodyChecks } from '../../s3-server/checksums.ts';
import { FolderStore } from '../../s3-server/folder-store.ts';
import { afterPrefix } from '../../s3-server/listing.ts';
import { compareKeys, SortedKeys } from '../../s3-server/sorted-keys.ts';
import { bucket, failureOf, rawRequest, startServer, temporaryRoot } from './running-server.ts';

async function putAll(client: S3Client, keys: readonly string[]): Promise<void> {
  const waiting = [...keys];
  const work = Array.from({ length: 16 }, async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: key }));
    }
  });
  await Promise.all(work);
}

/** Puts many empty objects without a server: over HTTP they would take most of the test's time. */
async function fill(root: string, keys: readonly string[]): Promise<void> {
  const store = new FolderStore(root);
  store.createBucket(bucket);
  const { size, etag, checksum } = new BodyChecks({}).finish(new Map());
  const empty = { size, etag, checksum, headers: {}, metadata: {}, tags: [] };
  for (const key of keys) {
    const staged = await store.stage();
    await staged.close();
    const object = { ...empty, id: staged.id, modified: 0, storageClass: 'STANDARD' };
    store.put({ bucket, key }, object, () => {});
  }
}

async function listAll(client: S3Client, more: Partial<ListObjectsV2CommandInput> = {}) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  const sizes: number[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, ...more })) {
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
    sizes.push(page.KeyCount ?? -1);
  }
  return { keys, prefixes, sizes };
}

const byteOrder = (keys: readonly string[]): string[] =>
  [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));

describe('a listing', () => {
  it('of 1,010 objects comes in pages of 1,000, in the order of UTF-8 bytes', async () => {
    const root = await temporaryRoot();
    const odd = ['\u{ff21}', '\u{1f600}', '\u{e000}', 'é', 'Z', 'a', 'a/', 'a!', '/', 'a//b'];
    const keys = [...odd, ...Array.from({ length: 1000 }, (_, index) => `k/${index}`)];
    await fill(root, keys);
    const { client } = await startServer({ root });
    const { keys: listed, sizes } = await listAll(client);
    expect(listed).toEqual(byteOrder(keys));
    expect(sizes).toEqual([1000, 10]);
  }, 20_000);

  it('tells of each object what it is', async () => {
    const { client } = await startServer({ now: () => new Date('2026-03-04T05:06:07.890Z') });
    await putAll(client, ['key']);
    const list = new ListObjectsV2Command({ Bucket: bucket, FetchOwner: true });
    const { $metadata, ...answer } = await client.send(list);
    expect(answer).toEqual({
      Name: bucket,
      Prefix: '',
      KeyCount: 1,
      MaxKeys: 1000,
      IsTruncated: false,
      Contents: [
        {
          Key: 'key',
          ETag: '"3c6e0b8a9c15224a8228b9a98ca1531d"',
          ChecksumAlgorithm: ['CRC32'],
          ChecksumType: 'FULL_OBJECT',
          LastModified: new Date('2026-03-04T05:06:07.000Z'),
          Owner: { ID: '0'.repeat(64) },
          Size: 3,
          StorageClass: 'STANDARD',
        },
      ],
    });
  });

  it('rolls keys up to the next delimiter, and pages over what it rolled up', async () => {
    const { client } = await startServer();
    const keys = ['t/a/1', 't/a/2', 't/b', 't/c/1', 't/c/2', 't/c/d/3', 't/e', 'u/1'];
    await putAll(client, keys);
    const whole = await listAll(client, { Prefix: 't/', Delimiter: '/' });
    const paged = await listAll(client, { Prefix: 't/', Delimiter: '/', MaxKeys: 1 });
    const top = await listAll(client, { Delimiter: '/' });
    const long = await listAll(client, { Delimiter: '/d/' });

    expect(whole).toEqual({ keys: ['t/b', 't/e'], prefixes: ['t/a/', 't/c/'], sizes: [4] });
    expect(paged).toEqual({ ...whole, sizes: [1, 1, 1, 1] });
    expect(top).toMatchObject({ keys: [], prefixes: ['t/', 'u/'] });
    expect(long.prefixes).toEqual(['t/c/d/']);
  });

  it('begins after the key it is told, whether that exists or not', async () => {
    const { client } = await startServer();
    await putAll(client, ['a', 'b', 'c', 'd']);
    const startingAt = async (StartAfter: string) => (await listAll(client, { StartAfter })).keys;
    expect(await startingAt('b')).toEqual(['c', 'd']);
    expect(await startingAt('bb')).toEqual(['c', 'd']);
    expect(await startingAt('d')).toEqual([]);
    expect((await listAll(client, { StartAfter: 'a', Prefix: 'c' })).keys).toEqual(['c']);
  });

  it('leaves deleted keys out, and is complete with a page of none', async () => {
    const { client } = await startServer();
    await putAll(client, ['a', 'b', 'c']);
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'b' }));
    expect((await listAll(client)).keys).toEqual(['a', 'c']);
    const none = await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 0 }));
    expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 0 });
  });

  it('encodes keys for a URL if asked, and escapes them for XML if not', async () => {
    const { client, endpoint } = await startServer();
    const key = 'a b/+é&<"\u0001';
    await putAll(client, [key, 'a b/c/d']);
    const query = { Bucket: bucket, Prefix: 'a b/', Delimiter: '/', EncodingType: 'url' } as const;
    const encoded = await client.send(new ListObjectsV2Command(query));
    const raw = await rawRequest(endpoint, { path: `/${bucket}?list-type=2` });

    expect(encoded.Contents?.[0]?.Key).toBe('a+b/%2B%C3%A9%26%3C%22%01');
    expect(encoded).toMatchObject({ Prefix: 'a+b/', Delimiter: '/', EncodingType: 'url' });
    expect(encoded.CommonPrefixes).toEqual([{ Prefix: 'a+b/c/' }]);
    expect(raw.text).toContain('<Key>a b/+é&amp;&lt;&quot;&#x1;</Key>');
  });

  it.each([
    ['max-keys=-1', 'InvalidArgument'],
    ['max-keys=many', 'InvalidArgument'],
    ['max-keys=2147483648', 'InvalidArgument'],
    ['encoding-type=xml', 'InvalidArgument'],
    ['continuation-token=nonsense', 'InvalidArgument'],
  ])('with %s is refused', async (query, code) => {
    const { endpoint } = await startServer();
    const answer = await rawRequest(endpoint, { path: `/${bucket}?list-type=2&${query}` });
    expect([answer.status, answer.code]).toEqual([400, code]);
  });

  it('is never longer than 1,000, whatever it is asked for', async () => {
    const { client } = await startServer();
    const list = new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 5000 });
    expect((await client.send(list)).MaxKeys).toBe(1000);
    const missing = new ListObjectsV2Command({ Bucket: 'missing' });
    expect(await failureOf(client.send(missing))).toEqual([404, 'NoSuchBucket']);
  });
});

describe('sorted keys', () => {
  const texts = [
    '',
    'a',
    'a\0',
    'ab',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ];

  it('compare as their UTF-8 bytes do', () => {
    for (const left of texts) {
      for (const right of texts) {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareKeys(left, right))).toBe(expected);
      }
    }
  });

  it('stay sorted through 20,000 additions and deletions', () => {
    const keys = new SortedKeys();
    // Multiplying by a number coprime to the count visits every key once, in no order.
    const all = Array.from({ length: 20_000 }, (_, index) => `key-${(index * 7919) % 20_000}`);
    for (const key of all) keys.add(key);
    for (const key of all) keys.add(key);
    const kept = all.filter((_, index) => index % 3 > 0);
    for (const key of all.filter((_, index) => index % 3 === 0)) keys.delete(key);
    keys.delete('missing');
    const found: string[] = [];
    for (let key = keys.ceiling(''); key !== undefined; key = keys.ceiling(`${key}\0`))
      found.push(key);
    expect(found).toEqual(byteOrder(kept));
    for (const key of kept) keys.delete(key);
    expect(keys.ceiling('')).toBeUndefined();
  });

  it.each([
    ['a/', 'a0'],
    ['\ud7ff', '\ue000'],
    ['a\u{10ffff}', 'b'],
    ['\u{10ffff}', undefined],
  ])('after the prefix %j go on at %j', (prefix, next) => {
    expect(afterPrefix(prefix)).toBe(next);
  });
});
