import { describe, expect, it } from 'vitest';
import { objectMetadataNames } from '../../../lambda/contract.ts';
import { mskRecord, mskRecords, noon } from '../../helpers/kafka-events.ts';
import {
  archived,
  bucketOf,
  folderOf,
  type Objects,
  run,
  runOn,
} from '../archive/archive-console.ts';

const hour = 3_600_000;
const dt = 'shop/topic=orders/dt=2025-11-23/hour=10/';
const source =
  'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3';

/** Runs `find` on an archive in a folder, with `--json`. @returns its offsets as well */
async function findIn(objects: Objects | string, line: string) {
  const folder = typeof objects === 'string' ? objects : folderOf(objects);
  const result = await runOn(folder, `find --topic orders --json ${line}`);
  const found = result.out
    .split('\n')
    .filter(Boolean)
    .map((each) => JSON.parse(each));
  const offsets = found.map(({ offset }) => offset);
  return { ...result, found, offsets };
}

describe('find', () => {
  it('finds an offset by the listing and reads one object', async () => {
    const objects = await archived(
      [100, 150, 200].map((first) =>
        mskRecords(first, 50, {
          headers: [
            ['trace-id', '9f2c'],
            ['none', null],
          ],
        }),
      ),
    );
    expect(await runOn(folderOf(objects), 'find --topic orders --offset 3:160')).toEqual({
      code: 0,
      errors: ['Found 1 record: 3 objects listed, 1 read'],
      out: `${[
        'orders-3 offset 160, 2025-11-23T10:53:20.000Z (CREATE_TIME)',
        '  key       u-17',
        '  header    trace-id=9f2c',
        '  header    none=(null)',
        '  value     {"order":1}',
        `  metadata  {"source":"${source}","env":"test"}`,
        `  object    ${dt}p3.150-199.jsonl.gz`,
        '  version   unknown',
        '  batch     unknown',
      ].join('\n')}\n\n`,
    });
  });

  it('says which batch stored the record, and reads a bucket as a folder', async () => {
    const objects = await archived([[mskRecord({ value: Buffer.from([0xff]) })]]);
    const flags = await bucketOf(objects);
    const line = ['find', '--topic', 'orders', '--offset', '3:100'];
    const { code, errors, out } = await run([...line, ...flags]);
    expect({ code, errors }).toEqual({
      code: 0,
      errors: ['Found 1 record: 1 object listed, 1 read'],
    });
    expect(out).toContain('\n  value     base64:/w==\n');
    expect(out).toMatch(/\n {2}batch {5}stored \S+Z by request request-1, function version 7\n\n$/);
    const [json] = (await run([...line, '--json', ...flags])).out
      .split('\n')
      .map((each) => each && JSON.parse(each));
    expect(json).toEqual({
      ...{ topic: 'orders', partition: 3, offset: 100, timestamp: '2025-11-23T10:53:20.000Z' },
      ...{ timestampType: 'CREATE_TIME', key: 'u-17', keyEncoding: 'utf8', headers: [] },
      ...{ value: '/w==', valueEncoding: 'base64', metadata: { source, env: 'test' } },
      ...{ object: `${dt}p3.100-100.jsonl.gz`, versionId: null, copy: 'first' },
      batch: {
        ...{ requestId: 'request-1', functionVersion: '7' },
        storedAt: objects.get(json.object)?.metadata?.[objectMetadataNames.storedAt],
      },
    });
  });

  it('names the failed batch of a replayed object', async () => {
    const objects = await archived([[mskRecord()]]);
    const replayed = new Map(
      [...objects].map(([key, object]) => [
        key,
        {
          ...object,
          metadata: {
            ...object.metadata,
            'failed-batch': 'aws/lambda/x',
            'failed-batch-condition': 'RecordAgeExceeded',
          },
        },
      ]),
    );
    const line = ['find', '--topic', 'orders', '--offset', '3:100'];
    const { out } = await run([...line, ...(await bucketOf(replayed))]);
    expect(out).toContain(', function version 7, replayed from aws/lambda/x (RecordAgeExceeded)\n');
  });

  it('looks through the objects of a batch in several hours until one has the offset', async () => {
    const records = [0, 1, 2, 3].map((late) =>
      mskRecord({ offset: 100 + late, timestamp: noon + late * hour }),
    );
    const objects = await archived([records]);
    const { errors, offsets } = await findIn(objects, '--offset 3:101');
    expect(offsets).toEqual([101]);
    expect(errors).toEqual(['Found 1 record: 2 objects listed, 2 read']);
  });

  it('finds several offsets, and says when it finds nothing', async () => {
    const folder = folderOf(await archived([mskRecords(100, 50), mskRecords(150, 50)]));
    expect((await findIn(folder, '--offset 3:199 --offset 3:100')).offsets).toEqual([100, 199]);
    expect(await runOn(folder, 'find --topic orders --offset 3:200')).toEqual({
      ...{ code: 1, out: '', errors: ['Found 0 records: 2 objects listed, 0 read'] },
    });
    expect((await findIn(folder, '--offset 4:100')).code).toBe(1);
    // A digit more or less is another offset.
    expect((await findIn(folder, '--offset 3:10 --offset 3:1000')).code).toBe(1);
  });

  it('shows one copy of a record, or every copy and conflict', async () => {
    const lives = [
      mskRecords(100, 10),
      mskRecords(105, 10),
      [mskRecord({ offset: 105, value: 'another life' }), mskRecord({ offset: 106 })],
    ];
    const objects = await archived(lives);
    const copies = ({ found }: Awaited<ReturnType<typeof findIn>>) =>
      found.map(({ copy, value }) => [copy, value]);
    const one = await findIn(objects, '--offset 3:105');
    expect(copies(one)).toEqual([['first', { order: 1 }]]);
    expect(one.errors).toEqual(['Found 1 record: 3 objects listed, 1 read']);
    const all = await findIn(objects, '--offset 3:105 --follow-duplicates');
    expect(copies(all)).toEqual([
      ['first', { order: 1 }],
      ['conflict', 'another life'],
      ['duplicate', { order: 1 }],
    ]);
    const byKey = await findIn(objects, '--key u-17');
    expect(byKey.offsets.sort()).toEqual(
      [...Array.from({ length: 15 }, (_, i) => 100 + i), 105].sort(),
    );
    expect(byKey.errors).toEqual([
      'Found 16 records: 3 objects listed, 3 read; left out 6 duplicates, which --follow-duplicates shows',
    ]);
    const text = await runOn(
      folderOf(objects),
      'find --topic orders --offset 3:105 --follow-duplicates',
    );
    expect(text.out.match(/^orders.*/gm)).toEqual([
      'orders-3 offset 105, 2025-11-23T10:53:20.000Z (CREATE_TIME)',
      'orders-3 offset 105, 2025-11-23T10:53:20.000Z (CREATE_TIME), conflict',
      'orders-3 offset 105, 2025-11-23T10:53:20.000Z (CREATE_TIME), duplicate',
    ]);
  });

  const awkward = ['u-17', 'say "hi"\n', 'Ä\u2028\u0085', '\u0001', '', 'u-1', 'base64:x'];

  it.each([{}, { keyEncoding: { '*': 'base64' as const } }])(
    'finds a key, however it is written: %j',
    async (settings) => {
      const records = awkward.map((key, offset) => mskRecord({ key, offset }));
      const bytes = mskRecord({ key: Buffer.from([0xff, 0]), offset: 50 });
      const nothing = mskRecord({
        key: null,
        offset: 51,
        value: '"key":"u-17","key_encoding":"utf8"',
      });
      const folder = folderOf(await archived([[...records, bytes, nothing]], settings));
      for (const [offset, key] of awkward.entries()) {
        const given = `base64:${Buffer.from(key).toString('base64')}`;
        expect((await findIn(folder, `--key ${given}`)).offsets, key).toEqual([offset]);
      }
      expect((await findIn(folder, '--key base64:/wA=')).offsets).toEqual([50]);
      expect((await findIn(folder, '--key u-17')).offsets).toEqual([0]);
    },
  );

  it('looks for a key first in the partition that the default partitioner gives it', async () => {
    // 479470107, the hash of abc, modulo 12, 3 and 8.
    const [of12, of8] = [3, 3];
    const batches = [0, 1, of12, 11].map((partition) => [
      mskRecord({ key: 'abc', partition, offset: partition }),
    ]);
    const folder = folderOf(await archived(batches));
    expect((await findIn(folder, '--key abc')).offsets).toEqual(
      [of12, 0, 1, 11].sort(firstly(of12)),
    );
    expect((await findIn(folder, '--key abc --partitions 8')).offsets[0]).toBe(of8);
    const first = await findIn(folder, '--key abc --partitions 2 --limit 1');
    expect(first.offsets).toEqual([1]);
    // Hashed to partition 1 of 2; the other objects are only read ahead.
    expect(first.errors[0]).toMatch(/^Found 1 record: 4 objects listed, \d read$/);
  });

  it('finds headers, conditions and times, all of which must hold', async () => {
    const records = [0, 1, 2, 3].map((offset) =>
      mskRecord({
        ...{ offset, timestamp: noon + offset * 500, value: `{"total":${offset * 10}}` },
        headers: [
          ['n', String(offset % 2)],
          ['trace', Buffer.from([0xfe, offset])],
        ],
      }),
    );
    const folder = folderOf(await archived([records, [mskRecord({ offset: 9, timestamp: null })]]));
    const offsets = async (line: string) => (await findIn(folder, line)).offsets;
    expect(await offsets('--header n=1')).toEqual([1, 3]);
    expect(await offsets('--header n=1 --header trace=base64:/gM=')).toEqual([3]);
    expect(await offsets('--header m=1')).toEqual([]);
    expect(await offsets('--where value.total>=10 --where headers.n="0"')).toEqual([2]);
    expect(await offsets('--where value.total>=10 --limit 2')).toEqual([1, 2]);
    expect(await offsets('--time 2025-11-23T10:53:20Z')).toEqual([0, 1]);
    expect(await offsets('--time 2025-11-23T10:53:20.500Z')).toEqual([1]);
    expect(await offsets(`--time ${noon + 1000}`)).toEqual([2]);
    expect(await offsets('--time 2025-11-23T10:53Z')).toEqual([0, 1, 2, 3]);
    expect(await offsets('--time 2025-11-23')).toEqual([0, 1, 2, 3]);
    expect(await offsets('--from 2025-11-23T10:53:20.500Z --to 2025-11-23T10:53:21.500Z')).toEqual([
      1, 2,
    ]);
    expect(await offsets('--key u-17 --from 2025-11-23T10:53:21.500Z')).toEqual([3]);
  });

  it('reads every object where names have no offsets, and says so', async () => {
    const [[, { body }] = ['', { body: Buffer.alloc(0) }]] = await archived([mskRecords(100, 50)]);
    const named = (name: string) => [`${dt}${name}.jsonl.gz`, { body }] as const;
    const objects = new Map([
      named('s-1-2025-11-23-10-15-00-a'),
      named('s-1-2025-11-23-10-20-00-b'),
    ]);
    expect(await findIn(objects, '--offset 3:120')).toMatchObject({
      ...{ code: 0, offsets: [120] },
      errors: [
        'Reading 2 objects without offsets in the name, as Firehose writes them',
        expect.stringMatching(/^Found 1 record: 2 objects listed, [12] read/),
      ],
    });
  });

  it.each(['none', 'zstd'] as const)('reads the compression %s', async (compression) => {
    const objects = await archived([mskRecords(100, 500)], { compression, level: 3 });
    expect((await findIn(objects, '--offset 3:377')).offsets).toEqual([377]);
  });

  it('fails for an object that ends early or is no archive, and quotes nothing of it', async () => {
    const objects = await archived([mskRecords(100, 500)]);
    for (const [key, { body }] of objects) {
      const short = new Map([[key, { body: body.subarray(0, 200) }]]);
      expect(await findIn(short, '--key u-17')).toMatchObject({
        ...{ code: 1, errors: [`'${key}' cannot be decompressed: Z_BUF_ERROR`] },
      });
    }
    const other = new Map([[`${dt}p3.1-1.jsonl`, { body: Buffer.from('{"key":"secret"}\n') }]]);
    expect((await findIn(other, '--where value.a=1')).errors).toEqual([
      `'${dt}p3.1-1.jsonl': not a record line: it does not have the fields of one, in their order`,
    ]);
  });

  it.each([
    ['', 'Pass at least one of --offset, --time, --from, --to, --key, --header and --where'],
    ['--offset 3', '--offset must be a partition and an offset, such as 3:5000777'],
    ['--offset 3:-1', '--offset must be a partition and an offset, such as 3:5000777'],
    ['--key base64:secret', '--key: base64: must be followed by base64 with padding'],
    ['--header secret', '--header must be a name and a value, such as trace-id=9f2c'],
    ['--header a=base64:!', '--header: base64: must be followed by base64 with padding'],
    ['--where secret', '--where: expected one of value, key, headers, metadata at character 1'],
    [
      '--time 1h',
      '--time must be an ISO 8601 time such as 2026-11-24T09:00:00Z, or epoch milliseconds',
    ],
    ['--time 2025-11-23 --from 2h', '--time excludes --from and --to'],
    ['--from 2h --to 3h', '--from must be before --to'],
  ])('refuses "%s"', async (line, message) => {
    const words = `find --topic orders ${line}`.trim();
    expect(await runOn('none', words)).toEqual({
      ...{ code: 2, out: '', errors: [`${message}; see 'kafka-archive find --help'`] },
    });
  });

  it('needs a topic, and one place to read from', async () => {
    expect((await run(['find', '--key', 'k'])).errors).toEqual([
      "required option '--topic <name>' not specified; see 'kafka-archive find --help'",
    ]);
    const [error] = (await run('find --topic t --key k --local x --bucket b'.split(' '))).errors;
    expect(error).toContain("'--local <folder>' cannot be used with option '--bucket <name>'");
  });
});

/** Sorts one number before the others. */
const firstly = (first: number) => (a: number, b: number) =>
  Number(b === first) - Number(a === first) || a - b;
