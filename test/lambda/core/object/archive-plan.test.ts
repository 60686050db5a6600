import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlanner, type PlanSettings } from '../../../../lambda/core/object/archive-plan.ts';
import { parseObjectKey } from '../../../../lambda/core/object/parse-object-key.ts';
import { noEnrichment } from '../../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../../lambda/core/record/kafka-event.ts';
import { archiveSettings } from '../../../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords, noon } from '../../../helpers/kafka-events.ts';

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures');

function plan(event: unknown, settings: Partial<PlanSettings> = {}) {
  return createPlanner({ ...archiveSettings, ...settings }, noEnrichment)(parseBatch(event));
}

const linesOf = (body: Buffer) => gunzipSync(body).toString();
const HOUR = 3_600_000;
const placesOf = (lines: string) =>
  [...lines.matchAll(/"partition":(\d+),"offset":(\d+)/g)].map(
    ([, partition, offset]) => `${partition}:${offset}`,
  );

describe('planner', () => {
  it('makes one object from a batch run, with metadata about its origin', async () => {
    const { objects, bytesIn } = await plan(mskEvent(mskRecords(100, 3)));
    expect(objects).toHaveLength(1);
    const [object] = objects;
    const lines = linesOf(object?.body ?? Buffer.of());
    const sha256 = createHash('sha256').update(lines).digest('hex');
    expect(object).toMatchObject({
      key: 'shop/topic=orders/dt=2025-11-23/hour=10/p3.100-102.jsonl.gz',
      contentType: 'application/gzip',
      sha256,
      records: 3,
    });
    expect(object?.runs).toEqual([
      {
        ...{ id: 'orders-3', topic: 'orders', partition: 3, first: 100, last: 102 },
        recordOffsets: [100, 101, 102],
      },
    ]);
    expect(object?.metadata).toEqual({
      'format-version': '2',
      topic: 'orders',
      'record-count': '3',
      'uncompressed-bytes': String(lines.length),
      'first-timestamp': String(noon),
      'last-timestamp': String(noon),
      sha256,
    });
    expect(
      lines
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).offset),
    ).toEqual([100, 101, 102]);
    expect(bytesIn).toBe(3 * (4 + 11));
  });

  it('makes an object for each folder of a run, each with the range of the whole run', async () => {
    const times = [noon, noon + HOUR, noon, -1, noon + 1];
    const records = times.map((timestamp, i) => mskRecord({ offset: 100 + i, timestamp }));
    const { objects } = await plan(mskEvent(records));
    expect(objects.map(({ key }) => key)).toEqual([
      'shop/topic=orders/dt=1970-01-01/hour=00/p3.100-104.1of3.jsonl.gz',
      'shop/topic=orders/dt=2025-11-23/hour=10/p3.100-104.2of3.jsonl.gz',
      'shop/topic=orders/dt=2025-11-23/hour=11/p3.100-104.3of3.jsonl.gz',
    ]);
    expect(objects.map(({ metadata }) => metadata)).toMatchObject([
      { 'record-count': '1', 'first-timestamp': '-1', 'last-timestamp': '-1' },
      { 'record-count': '3', 'first-timestamp': String(noon), 'last-timestamp': String(noon + 1) },
      { 'record-count': '1' },
    ]);
    expect(objects.map(({ runs }) => runs)).toMatchObject([
      [{ first: 103, last: 103, recordOffsets: [103] }],
      [{ first: 100, last: 104, recordOffsets: [100, 102, 104] }],
      [{ first: 101, last: 101, recordOffsets: [101] }],
    ]);
    expect(objects.map(({ body }) => placesOf(linesOf(body)))).toEqual([
      ['3:103'],
      ['3:100', '3:102', '3:104'],
      ['3:101'],
    ]);
  });

  /** Three runs, the second with holes and an offset twice, over two hours; in no order. */
  const threeRuns = mskEvent([
    ...mskRecords(7000, 2, { partition: 12 }),
    ...[90, 92, 92, 95].map((offset, i) =>
      mskRecord({ partition: 3, offset, timestamp: noon + (i % 2) * HOUR }),
    ),
    ...mskRecords(0, 1, { partition: 0, timestamp: noon + HOUR }),
  ]);

  it('puts the runs of a batch that share a folder into one object, by partition and offset', async () => {
    const { objects } = await plan(threeRuns);
    const runs = 'p0.0-0_p3.90-95x3_p12.7000-7001';
    expect(objects.map(({ key, body }) => [key, placesOf(linesOf(body))])).toEqual([
      [
        `shop/topic=orders/dt=2025-11-23/hour=10/${runs}.1of2.jsonl.gz`,
        ['3:90', '3:92', '12:7000', '12:7001'],
      ],
      [`shop/topic=orders/dt=2025-11-23/hour=11/${runs}.2of2.jsonl.gz`, ['0:0', '3:92', '3:95']],
    ]);
    expect(objects.map((object) => object.runs)).toMatchObject([
      [
        { id: 'orders-3', partition: 3, first: 90, last: 92, recordOffsets: [90, 92] },
        { id: 'orders-12', partition: 12, first: 7000, last: 7001, recordOffsets: [7000, 7001] },
      ],
      [
        { id: 'orders-0', partition: 0, first: 0, last: 0, recordOffsets: [0] },
        { id: 'orders-3', partition: 3, first: 92, last: 95, recordOffsets: [92, 95] },
      ],
    ]);
    expect(objects.map(({ metadata }) => metadata['record-count'])).toEqual(['4', '3']);
  });

  it('makes an object for each run and folder with objectOf partition', async () => {
    const { objects } = await plan(threeRuns, { objectOf: 'partition' });
    const folder = 'shop/topic=orders/dt=2025-11-23/';
    expect(objects.map(({ key, body }) => [key, placesOf(linesOf(body))])).toEqual([
      [`${folder}hour=11/p0.0-0.jsonl.gz`, ['0:0']],
      [`${folder}hour=10/p3.90-95x3.1of2.jsonl.gz`, ['3:90', '3:92']],
      [`${folder}hour=11/p3.90-95x3.2of2.jsonl.gz`, ['3:92', '3:95']],
      [`${folder}hour=10/p12.7000-7001.jsonl.gz`, ['12:7000', '12:7001']],
    ]);
  });

  it('keeps topics apart, which AWS does not send in one batch', async () => {
    const records = ['b', 'a', 'b'].map((topic, partition) => mskRecord({ topic, partition }));
    const { objects } = await plan(mskEvent(records));
    expect(objects.map(({ key }) => key)).toEqual([
      'shop/topic=b/dt=2025-11-23/hour=10/p0.100-100_p2.100-100.jsonl.gz',
      'shop/topic=a/dt=2025-11-23/hour=10/p1.100-100.jsonl.gz',
    ]);
  });

  it('begins another object where the ranges do not fit the key', async () => {
    const partitions = Array.from({ length: 59 }, (_, partition) => partition);
    const records = partitions.map((partition) => mskRecord({ partition, offset: 1e12 }));
    const { objects } = await plan(mskEvent(records));
    const named = objects.map(({ key }) => parseObjectKey(key)?.runs.map((run) => run.partition));
    expect(named.map((each) => each?.length)).toEqual([30, 29]);
    expect(named.flat()).toEqual(partitions);
    expect(objects.map(({ key }) => key.length)).toEqual([998, 976]);
  });

  it('writes keys and values in the encodings of its settings', async () => {
    const { objects } = await plan(mskEvent([mskRecord()]), {
      keyEncoding: { orders: 'base64', '*': 'text' },
      valueEncoding: { '*': 'base64' },
    });
    expect(JSON.parse(linesOf(objects[0]?.body ?? Buffer.of()))).toMatchObject({
      ...{ key: 'dS0xNw==', key_encoding: 'base64' },
      ...{ value: 'eyJvcmRlciI6MX0=', value_encoding: 'base64' },
    });
  });

  it('stores a record whose timestamp is beyond 2^53 beside the others of its batch', async () => {
    const records = [
      mskRecord({ offset: 100 }),
      mskRecord({ offset: 101, timestamp: JSON.parse('9223372036854775807') }),
      mskRecord({ offset: 102, timestamp: JSON.parse('-9223372036854775808') }),
    ];
    const { objects } = await plan(mskEvent(records));
    expect(objects.map(({ key }) => key)).toEqual([
      'shop/topic=orders/dt=1970-01-01/hour=00/p3.100-102.1of2.jsonl.gz',
      'shop/topic=orders/dt=2025-11-23/hour=10/p3.100-102.2of2.jsonl.gz',
    ]);
    expect(objects[0]?.metadata).toMatchObject({
      'record-count': '2',
      'first-timestamp': '-9223372036854775808',
      'last-timestamp': '9223372036854775807',
    });
  });

  it('has no timestamps in the metadata if no record has one', async () => {
    const { objects } = await plan(mskEvent([mskRecord({ timestamp: null })]));
    expect(Object.keys(objects[0]?.metadata ?? {})).not.toContain('first-timestamp');
  });

  it.each([
    ['day', 'shop/topic=orders/dt=2025-11-23/'],
    ['none', 'shop/topic=orders/'],
  ] as const)('folders by %s', async (timeFolder, folder) => {
    const records = [
      mskRecord({ offset: 100 }),
      mskRecord({ offset: 102, timestamp: noon + HOUR }),
    ];
    const { objects } = await plan(mskEvent(records), { timeFolder });
    expect(objects.map(({ key }) => key)).toEqual([`${folder}p3.100-102x2.jsonl.gz`]);
  });

  it.each([
    ['gzip', 1, '.jsonl.gz', 'application/gzip', gunzipSync],
    ['zstd', 3, '.jsonl.zst', 'application/zstd', zstdDecompressSync],
    ['none', 0, '.jsonl', 'application/x-ndjson', (body: Buffer) => body],
  ] as const)('compresses with %s', async (compression, level, ending, contentType, unpack) => {
    const event = mskEvent(mskRecords(0, 500));
    const [object] = (await plan(event, { compression, level })).objects;
    const [plain] = (await plan(event)).objects;
    const inPool = { compression, level, compressOn: 'thread pool' } as const;
    expect((await plan(event, inPool)).objects).toEqual([object]);
    expect(object?.key.endsWith(`p3.0-499${ending}`)).toBe(true);
    expect(object?.contentType).toBe(contentType);
    expect(unpack(object?.body ?? Buffer.of()).toString()).toBe(
      linesOf(plain?.body ?? Buffer.of()),
    );
    expect(object?.sha256).toBe(plain?.sha256);
  });

  it('makes the same objects from the same batch', async () => {
    const event = mskEvent([...mskRecords(0, 50), ...mskRecords(7, 50, { partition: 1 })]);
    expect(await plan(structuredClone(event))).toEqual(await plan(event));
  });

  it.each([
    ['gzip', 'main thread'],
    ['gzip', 'thread pool'],
    ['none', 'thread pool'],
  ] as const)(
    'plans one batch after the other and two at a time, none touching another (%s, %s)',
    async (compression, compressOn) => {
      const settings = { ...archiveSettings, compression, compressOn };
      const planBatch = createPlanner(settings, noEnrichment);
      const batches = [1, 2, 3].map((n) =>
        parseBatch(mskEvent(mskRecords(n * 1000, 200, { value: `"batch ${n}"` }))),
      );
      const alone = [];
      for (const batch of batches) {
        alone.push(await createPlanner(settings, noEnrichment)(batch));
      }
      const inTurn = [];
      for (const batch of batches) inTurn.push(await planBatch(batch));
      expect(inTurn).toEqual(alone);
      expect(await Promise.all(batches.map(planBatch))).toEqual(alone);
    },
  );

  it('compresses lines correctly while its memory grows for the next ones', async () => {
    const text = (partition: number) => JSON.stringify(`${partition}`.repeat(5_000_000));
    const records = [0, 1, 2].map((partition) => mskRecord({ partition, value: text(partition) }));
    const settings = { level: 1, objectOf: 'partition', compressOn: 'thread pool' } as const;
    const { objects } = await plan(mskEvent(records), settings);
    const bodies = objects.map(({ body }) => linesOf(body));
    expect(
      bodies.map(
        (body) => JSON.parse(body).value === text(JSON.parse(body).partition).slice(1, -1),
      ),
    ).toEqual([true, true, true]);
    expect(bodies.map((body) => createHash('sha256').update(body).digest('hex'))).toEqual(
      objects.map(({ sha256 }) => sha256),
    );
  });

  it('handles more partitions than it compresses in parallel', async () => {
    const partitions = Array.from({ length: 300 }, (_, partition) => partition);
    const { objects } = await plan(
      mskEvent(partitions.map((partition) => mskRecord({ partition }))),
      { objectOf: 'partition', compressOn: 'thread pool' },
    );
    expect(objects.map(({ runs }) => runs.map(({ partition }) => partition))).toEqual(
      partitions.map((partition) => [partition]),
    );
  });

  it('makes no objects from a batch without records', async () => {
    expect(await plan(mskEvent([]))).toEqual({ objects: [], bytesIn: 0 });
  });

  it.each(readdirSync(join(fixtures, 'events')))(
    'makes the expected objects from the event %s',
    async (file) => {
      const event = JSON.parse(readFileSync(join(fixtures, 'events', file), 'utf8'));
      const { objects } = await plan(event, { compression: 'none', objectPrefix: '' });
      const expected = readFileSync(
        join(fixtures, 'expected', file.replace('.json', '.txt')),
        'utf8',
      );
      expect(objects.map(({ key, body }) => `${key}\n${body}`).join('\n')).toBe(expected);
    },
  );
});

describe('the objects of any batch', () => {
  const records = (partition: number) =>
    fc
      .array(
        fc.record({
          // 0: an offset that the event holds twice.
          step: fc.constantFrom(0, 1, 1, 1, 2, 40),
          timestamp: fc.constantFrom(noon, noon, noon + HOUR, -1, null),
        }),
        { minLength: 1, maxLength: 5 },
      )
      .map((steps) => {
        let offset = partition * 1e9;
        return steps.map(({ step, timestamp }) => {
          offset += step;
          return mskRecord({ topic, partition, offset, timestamp });
        });
      });
  const topic = 't'.repeat(249);
  const runs = fc
    .uniqueArray(fc.nat({ max: 999_999 }), { minLength: 1, maxLength: 40 })
    .chain((partitions) => fc.tuple(...partitions.map(records)));
  const settings = fc.record({
    objectOf: fc.constantFrom('batch', 'partition'),
    objectPrefix: fc.constantFrom('', `${'p'.repeat(511)}/`),
    timeFolder: fc.constantFrom('hour', 'day', 'none'),
    compression: fc.constantFrom('none', 'zstd'),
  });

  it('hold its records once, as their keys say, whatever the order of its partitions', async () => {
    await fc.assert(
      fc.asyncProperty(runs, settings, async (ofPartitions, given) => {
        const event = mskEvent(ofPartitions.flat());
        const { objects } = await plan(event, { level: 3, ...given });
        const turned = mskEvent(ofPartitions.toReversed().flat());
        expect((await plan(turned, { level: 3, ...given })).objects).toEqual(objects);

        const isPlain = given.compression === 'none';
        const stored = objects.map(({ body, key, records: count, runs: parts }) => {
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
          const named = parseObjectKey(key);
          const lines = (isPlain ? body : zstdDecompressSync(body)).toString();
          const places = placesOf(lines);
          expect(places).toHaveLength(count);
          expect(places).toEqual(
            parts.flatMap((part) => part.recordOffsets.map((each) => `${part.partition}:${each}`)),
          );
          const partitions = parts.map(({ partition }) => partition);
          expect(partitions).toEqual(partitions.toSorted((a, b) => a - b));
          for (const { first, last, partition, recordOffsets } of parts) {
            expect(recordOffsets).toEqual(recordOffsets.toSorted((a, b) => a - b));
            expect([recordOffsets[0], recordOffsets.at(-1)]).toEqual([first, last]);
            const run = named?.runs.find((each) => each.partition === partition);
            expect(run?.first).toBeLessThanOrEqual(first);
            expect(run?.last).toBeGreaterThanOrEqual(last);
          }
          return { named, places };
        });
        const wanted = ofPartitions.flat().map((each) => `${each.partition}:${each.offset}`);
        expect(stored.flatMap(({ places }) => places).sort()).toEqual(wanted.sort());

        const groups = Map.groupBy(stored, ({ named }) => JSON.stringify(named?.runs));
        for (const group of groups.values()) {
          const count = group.length;
          expect(group.map(({ named }) => [named?.place, named?.count])).toEqual(
            group.map((_, index) => [index + 1, count]),
          );
          const distinct = new Set(group.flatMap(({ places }) => places));
          for (const { offsets, partition } of group[0]?.named?.runs ?? []) {
            const own = [...distinct].filter((place) => place.startsWith(`${partition}:`));
            expect(own).toHaveLength(offsets ?? Number.NaN);
          }
        }
        if (given.objectOf === 'partition') expect(groups.size).toBe(ofPartitions.length);
      }),
    );
  });
});
