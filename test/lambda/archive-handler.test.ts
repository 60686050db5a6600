import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ObjectStore } from '../../lambda/core/ports.ts';
import {
  archiveHandler,
  archiveParts,
  invocation,
  type MemoryObjectStore,
} from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords } from '../helpers/kafka-events.ts';

/** Every offset in the store by topic-partition, duplicates included. */
function storedOffsets(store: MemoryObjectStore): string[] {
  return [...store.objects.values()]
    .flatMap(({ body }) => gunzipSync(body).toString().trimEnd().split('\n'))
    .map((line) => JSON.parse(line))
    .map(({ topic, partition, offset }) => `${topic}-${partition} ${offset}`)
    .sort();
}

const twoRuns = mskEvent([...mskRecords(100, 3), ...mskRecords(7, 2, { partition: 0 })]);
const allOffsets = ['orders-0 7', 'orders-0 8', 'orders-3 100', 'orders-3 101', 'orders-3 102'];
const folder = 'shop/topic=orders/dt=2025-11-23/hour=10';
const keyOfBoth = `${folder}/p0.7-8_p3.100-102.jsonl.gz`;
const keyOf3 = `${folder}/p3.100-102.jsonl.gz`;
const keyOf0 = `${folder}/p0.7-8.jsonl.gz`;
const byPartition = { objectOf: 'partition' } as const;

describe('archive handler', () => {
  it('stores every record once, in objects that name the invocation and the time', async () => {
    const { store, deps } = archiveParts();
    expect(await archiveHandler(deps)(twoRuns, invocation)).toBeUndefined();
    expect([...store.objects.keys()]).toEqual([keyOfBoth]);
    expect(storedOffsets(store)).toEqual(allOffsets);
    expect(store.objects.get(keyOfBoth)).toMatchObject({
      contentType: 'application/gzip',
      metadata: {
        'request-id': 'request-1',
        'function-version': '7',
        'stored-at': expect.stringMatching(/^2025-11-23T10:53:20\.\d{3}Z$/),
        'record-count': '5',
      },
    });
  });

  it('lets go of the event while its objects are stored', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const { store, deps } = archiveParts();
    const held: boolean[] = [];
    const start = () => {
      const event = mskEvent(mskRecords(100, 3));
      const record = new WeakRef(event.records['orders-3']?.[0] ?? event);
      const create: ObjectStore['create'] = async (object, options) => {
        // A reference that was made or followed in this turn keeps its target until the next.
        await nextTurn();
        collectGarbage();
        held.push(record.deref() !== undefined);
        return store.create(object, options);
      };
      const readSha256: ObjectStore['readSha256'] = (key) => store.readSha256(key);
      return archiveHandler({ ...deps, store: { create, readSha256 } })(event, invocation);
    };
    await start();
    expect(held).toEqual([false]);
    expect([...store.objects.keys()]).toEqual([keyOf3]);
  });

  it('succeeds and stores nothing for an event without records', async () => {
    const { store, deps, telemetry } = archiveParts();
    expect(await archiveHandler(deps)(mskEvent([]), invocation)).toBeUndefined();
    expect(store.objects.size).toBe(0);
    expect(telemetry.done).toMatchObject([
      { summary: { topic: undefined, records: 0, objects: 0 }, failures: [] },
    ]);
  });

  it.each([
    ['batch', [keyOfBoth]],
    ['partition', [keyOf0, keyOf3]],
  ] as const)('finds a retried batch already stored (objects of a %s)', async (objectOf, keys) => {
    const { store, deps, telemetry } = archiveParts({ objectOf });
    const handler = archiveHandler(deps);
    await handler(twoRuns, invocation);
    await handler(twoRuns, { ...invocation, awsRequestId: 'request-2' });
    expect(storedOffsets(store)).toEqual(allOffsets);
    expect([...store.objects].map(([key, { metadata }]) => [key, metadata['request-id']])).toEqual(
      keys.map((key) => [key, 'request-1']),
    );
    expect(telemetry.done.map(({ summary }) => summary)).toMatchObject([
      { objects: keys.length, alreadyStored: 0 },
      { objects: 0, alreadyStored: keys.length, bytesStored: 0, keyConflicts: 0 },
    ]);
  });

  it('keeps both bodies when offsets start over, and counts the conflict', async () => {
    const { store, deps, telemetry } = archiveParts();
    const handler = archiveHandler(deps);
    await handler(mskEvent([mskRecord({ value: '"old"' })]), invocation);
    await handler(mskEvent([mskRecord({ value: '"new"' })]), invocation);
    const [first, second, ...more] = [...store.objects.keys()];
    expect(more).toEqual([]);
    expect(second).toBe(first?.replace('.jsonl.gz', `~${second?.slice(-17, -9)}.jsonl.gz`));
    expect(telemetry.done[1]?.summary).toMatchObject({ objects: 1, keyConflicts: 1 });
  });

  it('stores a topic-partition that the event holds under two names in one object, without a conflict', async () => {
    const { store, deps, telemetry } = archiveParts();
    const records = {
      a: mskRecords(100, 2),
      b: [mskRecord({ offset: 102 }), ...mskRecords(100, 1)],
    };
    await archiveHandler(deps)({ ...twoRuns, records }, invocation);
    expect([...store.objects.keys()]).toEqual([keyOf3]);
    expect([...store.objects.values()][0]?.metadata['record-count']).toBe('4');
    const all = ['orders-3 100', 'orders-3 100', 'orders-3 101', 'orders-3 102'];
    expect(storedOffsets(store)).toEqual(all);
    expect(telemetry.done[0]?.summary).toMatchObject({ records: 4, objects: 1, keyConflicts: 0 });
  });

  it.each(['before', 'after'] as const)(
    'throws an error that names what is not stored when a put fails %s its effect, and neither loses nor duplicates records',
    async (moment) => {
      const { store, deps, telemetry } = archiveParts(byPartition);
      const handler = archiveHandler(deps);
      store.fail = (key, when) => key === keyOf3 && when === moment;
      const error = await handler(twoRuns, invocation).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AggregateError);
      const reason = 'orders-3 offsets 100 to 102: SlowDown, HTTP 503 (STORE_WRITE_FAILED)';
      expect(error).toMatchObject({
        message: `1 of 2 objects not confirmed as stored: ${reason}`,
        errors: [{ code: 'STORE_WRITE_FAILED', retryable: true, message: reason }],
      });
      expect(telemetry.done[0]?.summary).toMatchObject({ objects: 1, failedObjects: 1 });

      store.fail = () => false;
      await handler(twoRuns, invocation);
      expect(storedOffsets(store)).toEqual(allOffsets);
    },
  );

  it('names every object that is not stored', async () => {
    const { store, deps } = archiveParts(byPartition);
    store.fail = () => true;
    await expect(archiveHandler(deps)(twoRuns, invocation)).rejects.toThrow(
      '2 of 2 objects not confirmed as stored: orders-0 offsets 7 to 8: SlowDown, HTTP 503 (STORE_WRITE_FAILED); ' +
        'orders-3 offsets 100 to 102: SlowDown, HTTP 503 (STORE_WRITE_FAILED)',
    );
  });

  it.each([
    [2, 'orders-0 offsets 100 to 100; orders-1 offsets 100 to 100'],
    [
      12,
      'orders-0 offsets 100 to 100; orders-1 offsets 100 to 100; orders-2 offsets 100 to 100; and 9 more',
    ],
  ])('names the first topic-partitions of an object of %i', async (partitions, ranges) => {
    const { store, deps } = archiveParts();
    store.fail = () => true;
    const records = Array.from({ length: partitions }, (_, partition) => mskRecord({ partition }));
    await expect(archiveHandler(deps)(mskEvent(records), invocation)).rejects.toThrow(
      `1 of 1 objects not confirmed as stored: ${ranges}: SlowDown, HTTP 503 (STORE_WRITE_FAILED)`,
    );
  });

  it('names the first objects of very many, and counts the others', async () => {
    const settings = { ...byPartition, compression: 'none', maxParallelPuts: 256 } as const;
    const { store, deps, telemetry } = archiveParts(settings);
    store.fail = () => true;
    const topic = 't'.repeat(249);
    const records = Array.from({ length: 10_000 }, (_, partition) =>
      mskRecord({ topic, partition }),
    );
    const error: AggregateError = (await archiveHandler(deps)(mskEvent(records), invocation).catch(
      (thrown: unknown) => thrown,
    )) as AggregateError;
    expect(error.message).toMatch(
      /^10000 of 10000 objects not confirmed as stored: .*; and 9980 more$/,
    );
    expect(error.message.split('; ')).toHaveLength(21);
    expect(error.errors).toHaveLength(20);
    expect(error.message.length).toBeLessThan(10_000);
    const [{ summary = undefined, failures = [] } = {}] = telemetry.done;
    expect(summary).toMatchObject({ failedObjects: 10_000, moreRuns: 9000 });
    expect(summary?.runs).toHaveLength(1000);
    expect(JSON.stringify(summary).length).toBeLessThan(100_000);
    expect(failures).toHaveLength(10_000);
  });

  it('names the first of very many objects with many topic-partitions each', async () => {
    const { store, deps, telemetry } = archiveParts({ compression: 'none' });
    store.fail = () => true;
    const topic = 't'.repeat(249);
    const offset = Number.MAX_SAFE_INTEGER;
    const records = Array.from({ length: 10_000 }, (_, partition) =>
      mskRecord({ topic, partition, offset }),
    );
    const error: Error = (await archiveHandler(deps)(mskEvent(records), invocation).catch(
      (thrown: unknown) => thrown as Error,
    )) as Error;
    expect(error.message).toMatch(
      /^(\d+) of \1 objects not confirmed as stored: .*; and \d+ more$/,
    );
    expect(error.message.length).toBeLessThan(20_000);
    expect(telemetry.done[0]?.summary).toMatchObject({ records: 10_000, moreRuns: 9000 });
  });

  it('names only the offsets of the object, not of its whole run', async () => {
    const { store, deps } = archiveParts();
    store.fail = (key) => key.includes('2of2');
    const later = mskRecord({ offset: 102, timestamp: 1_763_898_800_000 });
    await expect(
      archiveHandler(deps)(mskEvent([...mskRecords(100, 2), later]), invocation),
    ).rejects.toThrow('1 of 2 objects not confirmed as stored: orders-3 offsets 102 to 102: ');
  });

  it('reports an unexpected failure to store by its name only', async () => {
    const { deps } = archiveParts();
    const store = { ...deps.store, create: () => Promise.reject(new RangeError('secret u-17')) };
    const error = await archiveHandler({ ...deps, store })(
      mskEvent([mskRecord()]),
      invocation,
    ).catch((thrown: unknown) => thrown);
    const message = 'orders-3 offsets 100 to 100: unexpected RangeError (UNEXPECTED)';
    expect(error).toMatchObject({
      message: `1 of 1 objects not confirmed as stored: ${message}`,
      errors: [{ code: 'UNEXPECTED', retryable: false, message, cause: { code: 'UNEXPECTED' } }],
    });
    expect(inspect(error, { depth: null })).not.toContain('secret');
  });

  it('reports an unexpected failure to plan by its name only', async () => {
    const { deps, telemetry, store } = archiveParts();
    const event = mskEvent([mskRecord()]);
    const trap = new Proxy(event.records, {
      ownKeys() {
        throw new RangeError('secret u-17');
      },
    });
    const error = await archiveHandler(deps)({ ...event, records: trap }, invocation).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'UNEXPECTED', message: 'unexpected RangeError' });
    expect(inspect(error, { depth: null })).not.toContain('secret');
    expect(telemetry.refused).toEqual([{ requestId: 'request-1', error }]);
    expect(store.objects.size).toBe(0);
  });

  it('aborts running and pending uploads five seconds before the function times out', async () => {
    const { store, deps, clock } = archiveParts({ ...byPartition, maxParallelPuts: 1 });
    store.hang = (key) => {
      if (key === keyOf3) queueMicrotask(() => clock.expire());
      return key === keyOf3;
    };
    const records = [
      ...mskRecords(100, 3),
      ...mskRecords(7, 2, { partition: 0 }),
      mskRecord({ partition: 9 }),
    ];
    await expect(archiveHandler(deps)(mskEvent(records), invocation)).rejects.toThrow(
      '2 of 3 objects not confirmed as stored: orders-3 offsets 100 to 102: aborted (STORE_ABORTED); orders-9 offsets 100 to 100: aborted (STORE_ABORTED)',
    );
    expect([...store.objects.keys()]).toEqual([keyOf0]);
    expect(clock.timeouts).toEqual([55_000]);
    expect(store.attemptTimeouts).toEqual([27_500, 27_500, 27_500]);
  });

  it('stores nothing if it is invoked with no time left', async () => {
    const { store, deps, clock } = archiveParts();
    clock.expire();
    const late = { ...invocation, getRemainingTimeInMillis: () => 10 };
    await expect(archiveHandler(deps)(twoRuns, late)).rejects.toThrow('1 of 1');
    expect(clock.timeouts).toEqual([0]);
    expect(store.objects.size).toBe(0);
  });

  it('puts no more objects in parallel than maxParallelPuts', async () => {
    const { store, deps } = archiveParts({ ...byPartition, maxParallelPuts: 3 });
    const records = Array.from({ length: 10 }, (_, partition) => mskRecord({ partition }));
    await archiveHandler(deps)(mskEvent(records), invocation);
    expect(store.objects.size).toBe(10);
    expect(store.mostAtOnce).toBe(3);
  });

  it('stores nothing of an event that is not a Kafka event', async () => {
    const { store, deps, telemetry } = archiveParts();
    await expect(archiveHandler(deps)({ Records: [] }, invocation)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    });
    expect(store.objects.size).toBe(0);
    expect(telemetry.refused).toEqual([
      { requestId: 'request-1', error: expect.objectContaining({ code: 'INVALID_EVENT' }) },
    ]);
    expect(telemetry.done).toEqual([]);
  });

  it('fails the whole batch when enrich fails, even with partial batch responses', async () => {
    const { store, deps } = archiveParts({ reportBatchItemFailures: true });
    const enrich = ({ partition }: { partition: number }) => {
      if (partition === 0) throw new Error('no tenant');
      return {};
    };
    await expect(archiveHandler({ ...deps, enrich })(twoRuns, invocation)).rejects.toMatchObject({
      code: 'ENRICH_FAILED',
    });
    expect(store.objects.size).toBe(0);
  });

  it('reports once for each invocation and once for each object', async () => {
    const { deps, telemetry } = archiveParts(byPartition);
    await archiveHandler(deps)(twoRuns, invocation);
    const [bytes0 = 0, bytes3 = 0] = telemetry.stored.map(({ bytes }) => bytes);
    expect(telemetry.stored).toEqual([
      {
        requestId: 'request-1',
        key: keyOf0,
        records: 2,
        bytes: bytes0,
        outcome: 'stored',
        keyConflict: false,
      },
      {
        requestId: 'request-1',
        key: keyOf3,
        records: 3,
        bytes: bytes3,
        outcome: 'stored',
        keyConflict: false,
      },
    ]);
    expect(telemetry.done).toEqual([
      {
        summary: {
          requestId: 'request-1',
          topic: 'orders',
          runs: [
            { partition: 3, firstOffset: 100, lastOffset: 102, records: 3 },
            { partition: 0, firstOffset: 7, lastOffset: 8, records: 2 },
          ],
          records: 5,
          bytesIn: 5 * (4 + 11),
          bytesStored: bytes3 + bytes0,
          objects: 2,
          alreadyStored: 0,
          keyConflicts: 0,
          invalidTimestamps: 0,
          failedObjects: 0,
          encodeMilliseconds: 5,
          storeMilliseconds: expect.any(Number),
          oldestRecordAge: 5,
        },
        failures: [],
      },
    ]);
  });
});

describe('archive handler with partial batch responses', () => {
  const settings = { reportBatchItemFailures: true };

  it('reports no failures when everything is stored', async () => {
    const { deps } = archiveParts(settings);
    expect(await archiveHandler(deps)(twoRuns, invocation)).toEqual({
      batchItemFailures: [],
    });
  });

  const later = 1_763_898_800_000;
  /** Partitions 0 and 3 with records in both hours, and 5 with records in the first. */
  const twoHours = mskEvent([
    ...mskRecords(100, 2),
    mskRecord({ offset: 102, timestamp: later }),
    ...mskRecords(7, 2, { partition: 0 }),
    ...mskRecords(9, 2, { partition: 0, timestamp: later }),
    ...mskRecords(1, 2, { partition: 5 }),
  ]);
  const items = (partition: string, ...offsets: readonly number[]) =>
    offsets.map((offset) => ({ itemIdentifier: { partition, offset } }));

  it.each([
    [
      'batch',
      '1of2',
      ['orders-0 offsets 7 to 8; orders-3 offsets 100 to 101; orders-5 offsets 1 to 2'],
    ],
    ['batch', '2of2', ['orders-0 offsets 9 to 10; orders-3 offsets 102 to 102']],
    [
      'batch',
      'of2',
      [
        'orders-0 offsets 7 to 8; orders-3 offsets 100 to 101; orders-5 offsets 1 to 2',
        'orders-0 offsets 9 to 10; orders-3 offsets 102 to 102',
      ],
    ],
    ['partition', 'p3.100-102.2of2', ['orders-3 offsets 102 to 102']],
    ['partition', 'p3.', ['orders-3 offsets 100 to 101', 'orders-3 offsets 102 to 102']],
  ] as const)(
    'reports every record of the runs that share an object which is not stored, once (%s, %s)',
    async (objectOf, failing, failures) => {
      const { store, deps, telemetry } = archiveParts({ ...settings, objectOf });
      store.fail = (key, when) => key.includes(failing) && when === 'before';
      const ofPartition3 = items('orders-3', 100, 101, 102);
      const ofBatch = [
        ...items('orders-0', 7, 8, 9, 10),
        ...ofPartition3,
        ...items('orders-5', 1, 2),
      ];
      expect(await archiveHandler(deps)(twoHours, invocation)).toEqual({
        batchItemFailures: objectOf === 'batch' ? ofBatch : ofPartition3,
      });
      expect(telemetry.done[0]?.failures.map(({ message }) => message.split(':')[0])).toEqual(
        failures,
      );
    },
  );

  it('completes the objects of a group when the records that it reported are sent again', async () => {
    const { store, deps } = archiveParts(settings);
    store.fail = (key, when) => key.includes('2of2') && when === 'before';
    const handler = archiveHandler(deps);
    const response = await handler(twoHours, invocation);
    const named = new Set(
      response?.batchItemFailures.map(({ itemIdentifier: i }) => `${i.partition} ${i.offset}`),
    );
    store.fail = () => false;
    const resent = Object.values(twoHours.records)
      .flat()
      .filter(({ partition, offset }) => named.has(`orders-${partition} ${offset}`));
    expect(await handler(mskEvent(resent), invocation)).toEqual({ batchItemFailures: [] });
    expect([...store.objects.keys()].map((key) => key.split('/').at(-1))).toEqual([
      'p0.7-10_p3.100-102_p5.1-2.1of2.jsonl.gz',
      'p0.7-10_p3.100-102_p5.1-2.2of2.jsonl.gz',
    ]);
  });

  it("repeats the event's own name for the topic-partition", async () => {
    const { store, deps } = archiveParts(settings);
    store.fail = () => true;
    const event = { ...twoRuns, records: { 'as-the-service-says': [mskRecord()] } };
    expect(await archiveHandler(deps)(event, invocation)).toEqual({
      batchItemFailures: [{ itemIdentifier: { partition: 'as-the-service-says', offset: 100 } }],
    });
  });

  it('reports a topic-partition under each name that the event has for it', async () => {
    const { store, deps } = archiveParts(settings);
    store.fail = () => true;
    const records = { a: [mskRecord()], b: [mskRecord({ offset: 101 })] };
    const itemsOf = (partition: string) =>
      [100, 101].map((offset) => ({ itemIdentifier: { partition, offset } }));
    expect(await archiveHandler(deps)({ ...twoRuns, records }, invocation)).toEqual({
      batchItemFailures: [...itemsOf('a'), ...itemsOf('b')],
    });
  });

  it('still throws for an event that is not a Kafka event', async () => {
    const { deps } = archiveParts(settings);
    await expect(archiveHandler(deps)(null, invocation)).rejects.toBeInstanceOf(ArchiverError);
  });
});
