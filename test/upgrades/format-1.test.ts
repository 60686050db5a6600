import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { createReplayHandler } from '../../lambda/replay-handler.ts';
import { createStreamDelivery } from '../../lambda/stream-delivery.ts';
import { startReplayServers } from '../cli/replay/replay-servers.ts';
import { archiveHandler, archiveParts, invocation } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord } from '../helpers/kafka-events.ts';
import { MemoryStream } from '../helpers/memory-stream.ts';
import { replayMessage, replayParts } from '../helpers/replay-parts.ts';
import { incompleteGroups, recordsIn, recordsOf, takeStock } from './archived-lines.ts';
import { frozen, frozenEvent, frozenObjects, toStored } from './format-1.ts';

const layouts = [
  {
    timeFolder: 'hour',
    compression: 'gzip',
    keys: [
      'shop/topic=orders/dt=1970-01-01/hour=00/p3.100-115x14_p10.7-8.1of3.jsonl.gz',
      'shop/topic=orders/dt=2025-11-23/hour=10/p3.100-115x14_p10.7-8.2of3.jsonl.gz',
      'shop/topic=orders/dt=2025-11-23/hour=11/p3.100-115x14_p10.7-8.3of3.jsonl.gz',
    ],
  },
  {
    timeFolder: 'day',
    compression: 'zstd',
    keys: [
      'shop/topic=orders/dt=1970-01-01/p3.100-115x14_p10.7-8.1of2.jsonl.zst',
      'shop/topic=orders/dt=2025-11-23/p3.100-115x14_p10.7-8.2of2.jsonl.zst',
    ],
  },
  {
    timeFolder: 'none',
    compression: 'none',
    keys: ['shop/topic=orders/p3.100-115x14_p10.7-8.jsonl'],
  },
] as const;

const objectsOf = (timeFolder: string) =>
  frozenObjects.filter((object) => object.timeFolder === timeFolder);
/** All records of the frozen batch, each stored in both formats. */
const everyRecordTwice = { records: 16, duplicates: 16, conflicts: 0 };
const options = { signal: new AbortController().signal, attemptTimeout: 1000 };
const groupOfOld = 'shop/topic=orders/orders-3-00000000000000000100-00000000000000000115.jsonl.gz';
const batchKey = 'aws/lambda/u-1/orders-3/2026/11/24/2026-11-24T00.38.06-x';

describe('the frozen objects of format 1', () => {
  it('have the bodies that their metadata names', () => {
    expect(frozenObjects.map(({ body }) => hash('sha256', body))).toEqual(
      frozenObjects.map(({ metadata }) => metadata.sha256),
    );
  });

  it('have keys that the listing reads, without a density', () => {
    const runOf3 = { partition: 3, first: 100, last: 115, offsets: undefined };
    const runOf10 = { partition: 10, first: 7, last: 8, offsets: undefined };
    const names = { format: 1, prefix: 'shop/', topic: 'orders', conflict: undefined };
    const [gzip, zstd, none] = [
      { ...names, compression: 'gzip' },
      { ...names, compression: 'zstd' },
      { ...names, compression: 'none' },
    ];
    const hour = (name: string) => `dt=2025-11-23/hour=${name}/`;
    expect(frozenObjects.map(({ key }) => parseObjectKey(key))).toEqual([
      { ...gzip, folder: hour('10'), runs: [runOf3], place: 1, count: 3 },
      { ...gzip, folder: hour('11'), runs: [runOf3], place: 2, count: 3 },
      { ...gzip, folder: 'dt=invalid/hour=00/', runs: [runOf3], place: 3, count: 3 },
      { ...gzip, folder: hour('10'), runs: [runOf10], place: 1, count: 1 },
      { ...zstd, folder: 'dt=2025-11-23/', runs: [runOf3], place: 1, count: 2 },
      { ...zstd, folder: 'dt=invalid/', runs: [runOf3], place: 2, count: 2 },
      { ...zstd, folder: 'dt=2025-11-23/', runs: [runOf10], place: 1, count: 1 },
      { ...none, folder: '', runs: [runOf3], place: 1, count: 1 },
      { ...none, folder: '', runs: [runOf10], place: 1, count: 1 },
    ]);
  });
});

describe('a batch that the old version has stored and the new one tries', () => {
  it.each(layouts)('is in both formats, in folders by $timeFolder', async (layout) => {
    const { compression, keys, timeFolder } = layout;
    const { deps, store, telemetry } = archiveParts({ compression, timeFolder });
    const old = objectsOf(timeFolder);
    for (const object of old) store.objects.set(object.key, toStored(object));
    await archiveHandler(deps)(frozenEvent, invocation);

    const oldKeys = old.map(({ key }) => key);
    expect([...store.objects.keys()]).toEqual([...oldKeys, ...keys]);
    expect(telemetry.stored.map(({ keyConflict }) => keyConflict)).toEqual(keys.map(() => false));
    expect(takeStock(recordsIn(store.objects))).toEqual(everyRecordTwice);
    const runs = [
      { partition: 3, first: 100, last: 115, offsets: 14 },
      { partition: 10, first: 7, last: 8, offsets: 2 },
    ];
    for (const key of keys) expect(parseObjectKey(key)).toMatchObject({ format: 2, runs });
  });

  it('keeps what the old version still stores afterwards', async () => {
    const { deps, store } = archiveParts();
    await archiveHandler(deps)(frozenEvent, invocation);
    const old = objectsOf('hour').map(toStored);
    const outcomes = await Promise.all(old.map((object) => store.create(object, options)));
    expect(outcomes).toEqual(old.map(() => 'created'));
    expect(incompleteGroups(store.objects.keys())).toEqual([]);
    expect(takeStock(recordsIn(store.objects))).toEqual(everyRecordTwice);
  });

  it('shows what the old version has stored in part, until its last retry stores the rest', async () => {
    const { deps, store } = archiveParts();
    const [first, ...rest] = objectsOf('hour').map(toStored);
    if (first === undefined) throw new Error('no frozen object');
    await store.create(first, options);
    await archiveHandler(deps)(frozenEvent, invocation);
    expect([...store.objects.keys()]).toEqual([first.key, ...layouts[0].keys]);
    expect(incompleteGroups(store.objects.keys())).toEqual([groupOfOld]);
    expect(takeStock(recordsIn(store.objects))).toEqual({
      ...{ records: 16, duplicates: 12, conflicts: 0 },
    });
    for (const object of rest) await store.create(object, options);
    expect(incompleteGroups(store.objects.keys())).toEqual([]);
    expect(takeStock(recordsIn(store.objects))).toEqual(everyRecordTwice);
  });

  it('overlaps where the new version cuts the batch differently', async () => {
    const { deps, store } = archiveParts();
    for (const object of objectsOf('hour')) store.objects.set(object.key, toStored(object));
    const [id = '', records = []] = Object.entries(frozenEvent.records)[0] ?? [];
    const cut = { ...frozenEvent, records: { [id]: records.slice(0, 4) } };
    await archiveHandler(deps)(cut, invocation);
    const [, , , , ...keys] = store.objects.keys();
    expect(keys.map((key) => parseObjectKey(key)?.runs)).toEqual([
      [{ partition: 3, first: 100, last: 103, offsets: 4 }],
    ]);
    expect(takeStock(recordsIn(store.objects))).toEqual({
      ...{ records: 16, duplicates: 4, conflicts: 0 },
    });
  });
});

describe('a failed batch from before the upgrade', () => {
  it.each([
    ...layouts,
    {
      ...({ timeFolder: 'none', compression: 'zstd', objectOf: 'partition' } as const),
      keys: ['shop/topic=orders/p3.100-115x14.jsonl.zst', 'shop/topic=orders/p10.7-8.jsonl.zst'],
    },
  ])(
    'is replayed into objects of format 2, beside one that the old version had stored: $timeFolder, $compression',
    async ({ keys, ...settings }) => {
      const { deps, failedBatches, store } = replayParts(settings);
      const [stored] = objectsOf(settings.timeFolder);
      if (stored === undefined) throw new Error('no frozen object');
      store.objects.set(stored.key, toStored(stored));
      failedBatches.entries.set(batchKey, frozen('failed-batch.json'));
      const replay = createReplayHandler(deps);
      const answer = await replay({ Records: [replayMessage(batchKey)] }, invocation);

      expect(answer).toEqual({ batchItemFailures: [] });
      expect(failedBatches.marks.get(batchKey)?.objects).toBe(keys.length);
      expect([...store.objects.keys()]).toEqual([stored.key, ...keys]);
      const duplicates = Number(stored.metadata['record-count']);
      expect(takeStock(recordsIn(store.objects))).toEqual({
        ...{ records: 16, duplicates, conflicts: 0 },
      });
    },
  );

  it('is listed by status, waiting, or replayed into objects of format 1 or a stream', async () => {
    const { put, run, tag } = await startReplayServers();
    const replayedKey = `${batchKey}-replayed`;
    await put(batchKey, frozen('failed-batch.json'));
    await put(replayedKey, frozen('failed-batch.json'));
    await tag(replayedKey, {
      ...{ status: 'replayed', 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '4' },
    });
    const sentKey = `${batchKey}-sent`;
    await put(sentKey, frozen('failed-batch.json'));
    await tag(sentKey, {
      ...{ status: 'replayed', 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '0' },
    });
    const { printed } = await run('status --all --json');
    const { counts, failedBatches } = JSON.parse(printed[0] ?? '');
    expect(counts).toMatchObject({ waiting: 1, dead: 0, replayed: 2 });
    expect(failedBatches).toMatchObject([
      { key: batchKey, state: 'waiting' },
      { key: replayedKey, state: 'replayed', objects: 4 },
      { key: sentKey, state: 'replayed', objects: 0 },
    ]);
  });
});

describe('delivery: firehose', () => {
  const job = { requestId: 'request-1', functionVersion: '8', ...options };
  const delivery = () => {
    const { deps, store } = archiveParts();
    const stream = new MemoryStream();
    const objects = createObjectDelivery(deps);
    const pause = async () => undefined;
    return { store, stream, ...createStreamDelivery({ ...deps, stream, objects, pause }) };
  };

  it('writes lines that repeat those of format 1', async () => {
    const { deliver, stream } = delivery();
    await deliver(parseBatch(frozenEvent), job);
    const lines = [frozen('stream.jsonl'), ...stream.taken].join('');
    expect(takeStock(recordsOf(lines))).toEqual(everyRecordTwice);
  });

  it('stores a record that is too large for the stream as an object of format 2', async () => {
    const { deliver, store, stream } = delivery();
    const value = `"${'v'.repeat(1_100_000)}"`;
    const records = [mskRecord({ offset: 100 }), mskRecord({ offset: 101, value })];
    await deliver(parseBatch(mskEvent(records)), job);
    expect([...store.objects.keys()]).toEqual([
      'shop/topic=orders/dt=2025-11-23/hour=10/p3.101-101.jsonl.gz',
    ]);
    const lines = [...recordsOf(stream.taken.join('')), ...recordsIn(store.objects)];
    expect(takeStock(lines)).toEqual({ records: 2, duplicates: 0, conflicts: 0 });
  });

  it('replays a failed batch from before into the stream', async () => {
    const { deliver, store, stream } = delivery();
    const { deps, failedBatches } = replayParts();
    failedBatches.entries.set(batchKey, frozen('failed-batch.json'));
    const replay = createReplayHandler({ ...deps, delivery: { deliver } });
    await replay({ Records: [replayMessage(batchKey)] }, invocation);
    expect(failedBatches.marks.get(batchKey)?.objects).toBe(0);
    expect(store.objects.size).toBe(0);
    const lines = [frozen('stream.jsonl'), ...stream.taken].join('');
    expect(takeStock(recordsOf(lines))).toEqual(everyRecordTwice);
  });

  it("names no runs in the stream's own keys", () => {
    const key = 'shop/topic=orders/dt=2025-11-23/hour=10/archive-1-2025-11-23-10-53-20-0f1e.gz';
    expect(parseObjectKey(key)).toBeUndefined();
  });
});
