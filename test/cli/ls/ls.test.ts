import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mskRecord, mskRecords, noon } from '../../helpers/kafka-events.ts';
import { archived, bucketOf, folderOf, run, runOn } from '../archive/archive-console.ts';

const body = Buffer.from('x'.repeat(1000));
const hour = 3_600_000;

/** A folder with objects of these names, each of 1,000 bytes. */
const folder = (...keys: readonly string[]) =>
  folderOf(new Map(keys.map((key) => [key, { body }])));

const day = 'shop/topic=orders/dt=2025-11-23/hour=10';

describe('ls', () => {
  it('lists the topics of all archives in the bucket', async () => {
    const listed = folder(`${day}/p0.0-1.jsonl.gz`, 'topic=a.b/p0.0-1.jsonl', 'x/y/readme.txt');
    expect(await runOn(listed, 'ls')).toEqual({
      ...{ code: 0, errors: [] },
      out: 'TOPIC   PREFIX\norders  shop/\na.b\n',
    });
    expect((await runOn(listed, 'ls --prefix shop')).out).toBe('TOPIC   PREFIX\norders  shop/\n');
    expect((await runOn(listed, 'ls --prefix x')).out).toBe(
      `No topics in '${listed}', prefix 'x'\n`,
    );
    expect(await runOn(listed, 'ls --topic orders --prefix nope')).toMatchObject({
      ...{ code: 1, out: '' },
      errors: [`topic 'orders' has no objects in '${listed}', prefix 'nope/'; topics: none`],
    });
    expect(JSON.parse((await runOn(listed, 'ls --json')).out)).toEqual({
      topics: [
        { topic: 'orders', prefix: 'shop/', path: 'shop/topic=orders/' },
        { topic: 'a.b', prefix: '', path: 'topic=a.b/' },
      ],
    });
  });

  it.each(['', 'archive/'])('says which files have lost their keys, below %j', async (bucket) => {
    const hashed = [`${bucket}.keys-by-hash/0a1b`, `${bucket}.keys-by-hash/2c3d`];
    const listed = folder(`${bucket}${day}/p0.0-1.jsonl.gz`, ...hashed);
    const { code, errors } = await runOn(listed, 'ls --topic orders');
    expect({ code, errors }).toEqual({
      code: 0,
      errors: [
        `Not read: 2 objects in '${join(listed, bucket, '.keys-by-hash')}', whose keys cannot be file names, most often because they are too long; read the bucket from its S3 server with --bucket and --s3-endpoint`,
      ],
    });
  });

  it('follows symbolic links to folders and files', async () => {
    const kept = folder(`${day}/p0.0-1.jsonl.gz`, 'p0.2-3.jsonl.gz');
    const linked = folder('shop/readme.txt');
    symlinkSync(join(kept, 'shop/topic=orders'), join(linked, 'shop/topic=orders'));
    symlinkSync(join(kept, 'p0.2-3.jsonl.gz'), join(kept, `${day}/p0.2-3.jsonl.gz`));
    expect((await runOn(linked, 'ls --topic orders')).out).toContain('orders: 2 objects, 2,000');
  });

  it('shows no empty table for objects without offsets in their names', async () => {
    const listed = folder(`${day}/stream-1-2025-11-23-10-15-00-0f1e2d3c.jsonl.gz`);
    expect((await runOn(listed, 'ls --topic orders')).out).toBe(
      [
        'orders: 1 object, 1,000 bytes\n',
        'orders: 1 object, 1,000 bytes without offsets in the name, as Firehose writes them\n',
      ].join(''),
    );
  });

  it('shows the coverage of each partition', async () => {
    const listed = folder(
      `${day}/p0.0-1999_p11.5-9x3.jsonl.gz`,
      `${day}/p0.2100-2199.1of2.jsonl.gz`,
      `${day}/p11.8-8.jsonl.zst`,
      `${day}/p11.8-8~0a1b2c3d.jsonl.zst`,
      'shop/topic=orders/dt=1970-01-01/hour=00/p11.10-12.jsonl.gz',
      `${day}/stream-1-2025-11-23-10-15-00-0f1e2d3c.jsonl.gz`,
      `${day}/readme.txt`,
    );
    expect(await runOn(listed, 'ls --topic orders')).toEqual({
      ...{ code: 0, errors: [] },
      out: `${[
        'TOPIC   PARTITION  FIRST  LAST  OFFSETS  GAPS  HOLES  OVERLAPS  INCOMPLETE  OBJECTS  BYTES',
        'orders  0          0      2199  2,000    100   0      0         1           2        2,000',
        'orders  11         5      12    6 to 8   0     2      1         0           4        4,000',
        '',
        'orders: 6 objects, 6,000 bytes',
        'orders: 1 object, 1,000 bytes without offsets in the name, as Firehose writes them',
        'orders-11: another body is stored beside offsets 8 to 8',
      ].join('\n')}\n`,
    });
    const { out } = await runOn(listed, 'ls --topic orders --json');
    expect(JSON.parse(out)).toEqual({
      topics: [
        {
          ...{ topic: 'orders', prefix: 'shop/', objects: 6, bytes: 6000 },
          unnamed: { objects: 1, bytes: 1000 },
          partitions: [
            {
              ...{ partition: 0, first: 0, last: 2199, ranges: [{ first: 0, last: 1999 }] },
              ...{ gaps: [{ first: 2000, last: 2099 }], holes: 0, overlaps: [], conflicts: [] },
              offsets: { atLeast: 2000, atMost: 2000 },
              incomplete: [{ first: 2100, last: 2199, missing: [2], count: 2 }],
              ...{ objects: 2, bytes: 2000 },
            },
            {
              ...{ partition: 11, first: 5, last: 12, ranges: [{ first: 5, last: 12 }] },
              ...{ gaps: [], holes: 2, overlaps: [{ first: 8, last: 8 }] },
              ...{ conflicts: [{ first: 8, last: 8 }], offsets: { atLeast: 6, atMost: 8 } },
              ...{ incomplete: [], objects: 4, bytes: 4000 },
            },
          ],
        },
      ],
    });
  });

  it('lists only the hours of a time range, and undated records', async () => {
    const at = (text: string) => `topic=orders/dt=${text}.jsonl.gz`;
    const listed = folder(
      at('2025-11-22/hour=23/p0.0-9'),
      at('2025-11-23/hour=09/p0.10-19'),
      at('2025-11-23/hour=10/p0.20-29.1of2'),
      at('2025-11-23/p0.30-39'),
      at('2025-11-24/p0.40-49'),
      at('1970-01-01/hour=00/p0.50-59'),
      at('invalid/hour=00/p0.60-69'),
      'topic=orders/p0.70-79.jsonl',
    );
    const ranges = async (limits: string) => {
      const { out } = await runOn(listed, `ls --topic orders --json ${limits}`);
      return JSON.parse(out).topics[0].partitions[0].ranges.map(
        ({ first }: { first: number }) => first,
      );
    };
    expect(await ranges('--from 2025-11-23T09:30:00Z --to 2025-11-23T10:00:00Z')).toEqual([
      10, 30, 50,
    ]);
    expect(await ranges('--from 2025-11-23T10:00:00Z')).toEqual([30]);
    expect(await ranges('--to 2025-11-23')).toEqual([0, 50]);
    expect(await ranges('--from 2025-11-23 --to 2025-11-24')).toEqual([10, 30, 50]);
    const limited = await runOn(listed, 'ls --topic orders --from 2025-11-23T10:00:00Z');
    expect(limited.out).toContain(
      'orders: the objects that incomplete batches lack may lie outside --from and --to\n',
    );
  });

  it('reads a bucket like a folder, page by page, and shows progress', async () => {
    const batches = [0, 26, 49].flatMap((age) =>
      [0, 1].map((batch) => mskRecords(age * 10 + batch, 1, { timestamp: noon - age * hour })),
    );
    const objects = await archived(batches);
    const flags = await bucketOf(objects);
    const line = ['ls', '--topic', 'orders', '--json'];
    const { code, errors, out, progress } = await run([...line, ...flags]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(out).toBe((await runOn(folderOf(objects), line.join(' '))).out);
    expect(JSON.parse(out).topics[0].objects).toBe(6);
    expect(progress).toContain('orders: 6 objects listed');
    expect(progress.at(-1)).toBe('');
  });

  it('names the archive where two have the topic', async () => {
    const listed = folder('a/topic=orders/p0.0-1.jsonl', 'b/topic=orders/p0.0-1.jsonl');
    const { out } = await runOn(listed, 'ls --topic orders');
    expect(out).toContain('a/orders  0 ');
    expect(out).toContain('b/orders: 1 object, 1,000 bytes\n');
    expect((await runOn(listed, 'ls --topic orders --prefix b/')).out).toMatch(/^orders {2}0 /m);
  });

  it('says which topics exist, and refuses a range without a topic or an empty one', async () => {
    const listed = folder('a/topic=orders/p0.0-1.jsonl');
    expect(await runOn(listed, 'ls --topic orders,order')).toEqual({
      ...{ code: 1, out: '' },
      errors: [`topic 'order' has no objects in '${listed}'; topics: orders`],
    });
    expect((await run(['ls', '--local', `${listed}/b`, '--prefix', 'c'])).errors).toEqual([
      `'${listed}/b' cannot be listed: ENOENT`,
    ]);
    expect((await runOn(listed, 'ls --from 2h')).errors).toEqual([
      "--from and --to need --topic; see 'kafka-archive ls --help'",
    ]);
    expect(await runOn(listed, 'ls --topic orders --from 2h --to 3h')).toMatchObject({
      ...{ code: 2, errors: ["--from must be before --to; see 'kafka-archive ls --help'"] },
    });
    expect((await runOn(`${listed}-none`, 'ls')).errors).toEqual([
      `'${listed}-none' cannot be listed: ENOENT`,
    ]);
  });

  it('says what S3 says, and stops when it is asked to', async () => {
    const objects = await archived([[mskRecord()]]);
    const flags = await bucketOf(objects);
    const missing = await run(['ls', '--bucket', 'none', ...flags.slice(2)]);
    expect(missing.code).toBe(1);
    expect(missing.errors).toEqual([
      "list of 'none' failed: NoSuchBucket, HTTP 404: The specified bucket does not exist",
    ]);
    const stopped = { stop: AbortSignal.abort() };
    expect((await run(['ls', ...flags], stopped)).errors).toEqual(['stopped']);
    expect((await runOn(folderOf(objects), 'ls', stopped)).errors).toEqual(['stopped']);
  });
});
