import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createPlanner, type PlanSettings } from '../../../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../../lambda/core/record/kafka-event.ts';
import { archiveSettings } from '../../../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords, noon } from '../../../helpers/kafka-events.ts';

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures');

function plan(event: unknown, settings: Partial<PlanSettings> = {}) {
  return createPlanner({ ...archiveSettings, ...settings }, noEnrichment)(parseBatch(event));
}

const linesOf = (body: Buffer) => gunzipSync(body).toString();
const range = '00000000000000000100-00000000000000000102';
const HOUR = 3_600_000;

describe('planner', () => {
  it('makes one object from a batch run, with metadata about its origin', async () => {
    const { objects, bytesIn } = await plan(mskEvent(mskRecords(100, 3)));
    expect(objects).toHaveLength(1);
    const [object] = objects;
    const lines = linesOf(object?.body ?? Buffer.of());
    const sha256 = createHash('sha256').update(lines).digest('hex');
    expect(object).toMatchObject({
      key: `shop/topic=orders/dt=2025-11-23/hour=10/orders-3-${range}.jsonl.gz`,
      contentType: 'application/gzip',
      sha256,
      first: 100,
      last: 102,
      records: 3,
    });
    expect(object?.metadata).toEqual({
      'format-version': '1',
      topic: 'orders',
      partition: '3',
      'first-offset': '100',
      'last-offset': '102',
      'run-first-offset': '100',
      'run-last-offset': '102',
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
    const run = 'orders-3-00000000000000000100-00000000000000000104';
    expect(objects.map(({ key }) => key)).toEqual([
      `shop/topic=orders/dt=2025-11-23/hour=10/${run}.1of3.jsonl.gz`,
      `shop/topic=orders/dt=2025-11-23/hour=11/${run}.2of3.jsonl.gz`,
      `shop/topic=orders/dt=invalid/hour=00/${run}.3of3.jsonl.gz`,
    ]);
    expect(objects.map(({ metadata }) => metadata)).toMatchObject([
      {
        'first-offset': '100',
        'last-offset': '104',
        'run-last-offset': '104',
        'record-count': '3',
        'last-timestamp': String(noon + 1),
      },
      {
        'first-offset': '101',
        'last-offset': '101',
        'run-first-offset': '100',
        'record-count': '1',
      },
      { 'first-offset': '103', 'last-offset': '103', 'first-timestamp': '-1' },
    ]);
    const offsets = objects.map(({ body }) =>
      [...linesOf(body).matchAll(/"offset":(\d+)/g)].map(([, n]) => Number(n)),
    );
    expect(offsets).toEqual([[100, 102, 104], [101], [103]]);
  });

  it('stores a record whose timestamp is beyond 2^53 beside the others of its batch', async () => {
    const records = [
      mskRecord({ offset: 100 }),
      mskRecord({ offset: 101, timestamp: JSON.parse('9223372036854775807') }),
      mskRecord({ offset: 102, timestamp: JSON.parse('-9223372036854775808') }),
    ];
    const { objects } = await plan(mskEvent(records));
    expect(objects.map(({ key }) => key)).toEqual([
      `shop/topic=orders/dt=2025-11-23/hour=10/orders-3-${range}.1of2.jsonl.gz`,
      `shop/topic=orders/dt=invalid/hour=00/orders-3-${range}.2of2.jsonl.gz`,
    ]);
    expect(objects[1]?.metadata).toMatchObject({
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
    expect(objects.map(({ key }) => key)).toEqual([`${folder}orders-3-${range}.jsonl.gz`]);
  });

  it.each([
    ['gzip', 1, '.jsonl.gz', 'application/gzip', gunzipSync],
    ['zstd', 3, '.jsonl.zst', 'application/zstd', zstdDecompressSync],
    ['none', 0, '.jsonl', 'application/x-ndjson', (body: Buffer) => body],
  ] as const)('compresses with %s', async (compression, level, ending, contentType, unpack) => {
    const event = mskEvent(mskRecords(0, 500));
    const [object] = (await plan(event, { compression, level })).objects;
    const [plain] = (await plan(event)).objects;
    expect(object?.key.endsWith(`00499${ending}`)).toBe(true);
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

  it.each(['gzip', 'none'] as const)(
    'plans one batch after the other and two at a time, none touching another (%s)',
    async (compression) => {
      const planBatch = createPlanner({ ...archiveSettings, compression }, noEnrichment);
      const batches = [1, 2, 3].map((n) =>
        parseBatch(mskEvent(mskRecords(n * 1000, 200, { value: `"batch ${n}"` }))),
      );
      const alone = [];
      for (const batch of batches) {
        alone.push(await createPlanner({ ...archiveSettings, compression }, noEnrichment)(batch));
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
    const { objects } = await plan(mskEvent(records), { level: 1 });
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
    );
    expect(objects.map(({ run }) => run.partition)).toEqual(partitions);
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
