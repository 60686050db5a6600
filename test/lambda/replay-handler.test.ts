import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { StorableObject } from '../../lambda/core/ports.ts';
import { partOf } from '../../lambda/core/record/run-part.ts';
import { createReplayHandler } from '../../lambda/replay-handler.ts';
import {
  type AllArchiveSettings,
  archiveHandler,
  invocation,
  type MemoryObjectStore,
} from '../helpers/archive-parts.ts';
import { failedBatchOf, failedBatchSample } from '../helpers/failed-batches.ts';
import { mskEvent, mskRecord, mskRecords } from '../helpers/kafka-events.ts';
import { replayMessage, replayParts } from '../helpers/replay-parts.ts';

const key = 'aws/lambda/u-1/orders-3/2026/11/24/2026-11-24T00.38.06-x';
const event = mskEvent([...mskRecords(100, 3), ...mskRecords(7, 2, { partition: 0 })]);
const folder = 'shop/topic=orders/dt=2025-11-23/hour=10';
const keyOfBoth = `${folder}/p0.7-8_p3.100-102.jsonl.gz`;
const keyOf3 = `${folder}/p3.100-102.jsonl.gz`;
const byPartition = { objectOf: 'partition' } as const;
const nothingKept = { batchItemFailures: [] };
const kept = (...keys: string[]) => ({
  batchItemFailures: keys.map((each) => ({ itemIdentifier: `message of ${each}` })),
});

/** Keys, bodies and metadata, except for the metadata about the invocation and the failed batch. */
function contents({ objects }: MemoryObjectStore) {
  const own = [
    'request-id',
    'function-version',
    'stored-at',
    'failed-batch',
    'failed-batch-condition',
  ];
  const contentOf = ({ body, metadata }: StorableObject) => ({
    body: body.toString('hex'),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !own.includes(name))),
  });
  return new Map([...objects].map(([name, object]) => [name, contentOf(object)] as const));
}

/** The sample entry with other records in its event. */
function withRecords(records: object): string {
  const entry = JSON.parse(failedBatchSample('s3'));
  return JSON.stringify({ ...entry, payload: { ...JSON.parse(entry.payload), records } });
}

function parts(settings: Partial<AllArchiveSettings> = {}) {
  const all = replayParts(settings);
  all.failedBatches.entries.set(key, failedBatchOf(event));
  const handler = createReplayHandler(all.deps);
  const replay = (tries = 1) => handler({ Records: [replayMessage(key, tries)] }, invocation);
  return { ...all, handler, replay };
}

describe('replay handler', () => {
  it('stores the same objects as the archive, with metadata about the failed batch', async () => {
    const { replay, store, failedBatches, queue, telemetry } = parts();
    const archived = replayParts();
    await archiveHandler(archived.archiveDeps)(event, invocation);

    expect(await replay()).toEqual(nothingKept);
    expect(contents(store)).toEqual(contents(archived.store));
    expect(store.objects.get(keyOfBoth)?.metadata).toMatchObject({
      'failed-batch': key,
      'failed-batch-condition': 'RetryAttemptsExhausted',
      'request-id': 'request-1',
    });
    expect(archived.store.objects.get(keyOfBoth)?.metadata).not.toHaveProperty('failed-batch');
    expect([...failedBatches.marks]).toEqual([
      [key, { at: expect.stringMatching(/^2025-11-23T10:53:20\.\d{3}Z$/), objects: 1 }],
    ]);
    expect([queue.delays, queue.letters]).toEqual([[], []]);
    expect(telemetry.replayed).toMatchObject([
      { failedBatch: key, condition: 'RetryAttemptsExhausted', tries: 1, records: 5, objects: 1 },
    ]);
  });

  it('replays the sample entries of S3 and of a Kafka topic', async () => {
    const { handler, failedBatches, store } = parts();
    failedBatches.entries.set('s3', failedBatchSample('s3'));
    failedBatches.entries.set('topic', failedBatchSample('kafka-topic'));
    const messages = ['s3', 'topic'].map((each) => replayMessage(each));
    expect(await handler({ Records: messages }, invocation)).toEqual(nothingKept);
    expect([...failedBatches.marks.keys()]).toEqual(['s3', 'topic']);
    expect([...store.objects.keys()].map((each) => each.split('/').at(-1))).toEqual([
      'p0.7-7_p3.100-101.jsonl.gz',
      'p0.42-42.jsonl.gz',
    ]);
  });

  it('succeeds if the records are already stored, by a replay or by the archive', async () => {
    const { archiveDeps, replay, store, failedBatches, telemetry } = parts();
    await archiveHandler(archiveDeps)(event, invocation);
    const before = new Map(store.objects);
    expect(await replay()).toEqual(nothingKept);
    expect(await replay(2)).toEqual(nothingKept);
    expect(store.objects).toEqual(before);
    expect(telemetry.replayed).toMatchObject([
      { objects: 0, alreadyStored: 1 },
      { objects: 0, alreadyStored: 1 },
    ]);
    expect(failedBatches.marks.get(key)?.objects).toBe(1);
  });

  it('may run twice concurrently', async () => {
    const { replay, store, failedBatches } = parts();
    expect(await Promise.all([replay(), replay()])).toEqual([nothingKept, nothingKept]);
    expect([...store.objects.keys()]).toEqual([keyOfBoth]);
    expect(failedBatches.marked.map((each) => each.key)).toEqual([key, key]);
  });

  it('loads and marks the version that the message names, or else marks the version that it read', async () => {
    const { handler, failedBatches, replay } = parts();
    const object = { key, versionId: 'v1' };
    const body = JSON.stringify({ Records: [{ s3: { bucket: { name: 'failed' }, object } }] });
    await handler({ Records: [{ ...replayMessage(key), body }] }, invocation);
    await replay();
    const place = { bucket: 'failed', key };
    expect(failedBatches.loaded).toEqual([{ ...place, versionId: 'v1' }, place]);
    expect(failedBatches.marked).toEqual([
      { ...place, versionId: 'v1' },
      { ...place, versionId: 'current' },
    ]);
  });

  it('stores no more than the 2 KB of metadata that S3 allows, however long the names', async () => {
    const { handler, failedBatches, store } = parts();
    const topic = 't'.repeat(249);
    const last = { partition: 2 ** 31 - 1, offset: Number.MAX_SAFE_INTEGER };
    // As many partitions as the longest key can name, and the widest range of timestamps.
    const long = mskEvent([
      ...Array.from({ length: 40 }, (_, partition) =>
        mskRecord({ topic, partition: 10 ** 9 + partition, timestamp: -(2 ** 63) }),
      ),
      ...mskRecords(1e15, 9_960, { topic, partition: 2 * 10 ** 9, timestamp: 2 ** 63 }),
      mskRecord({ topic, ...last, timestamp: null }),
    ]);
    const name = 'é'.repeat(500);
    failedBatches.entries.set(name, failedBatchOf(long, 'x'.repeat(2000)));
    const context = { ...invocation, awsRequestId: '0'.repeat(36), functionVersion: '$LATEST' };
    expect(await handler({ Records: [replayMessage(name)] }, context)).toEqual(nothingKept);
    const sizes = [...store.objects.values()].map(({ metadata }) =>
      Buffer.byteLength(Object.entries(metadata).flat().join('')),
    );
    expect(sizes).toHaveLength(2);
    const most = Math.max(...sizes);
    expect([most > 1900, most <= 2048]).toEqual([true, true]);
  });

  it.each([
    ['a put fails', 'STORE_WRITE_FAILED'],
    ['the load fails', 'LOAD_FAILED'],
    ['the mark fails', 'MARK_FAILED'],
    ['the mark loses its answer', 'MARK_FAILED'],
  ])('keeps the message when %s, and succeeds on the next try', async (what, code) => {
    const { replay, store, failedBatches, queue, telemetry } = parts(byPartition);
    store.fail = (_, when) => what === 'a put fails' && when === 'before';
    const loadError = new ArchiverError('LOAD_FAILED', 'HTTP 503', { retryable: true });
    failedBatches.failLoad = () => (what === 'the load fails' ? loadError : undefined);
    failedBatches.failMark = (when) =>
      what === (when === 'before' ? 'the mark fails' : 'the mark loses its answer');

    expect(await replay()).toEqual(kept(key));
    expect(queue.delays).toEqual([{ receiptHandle: `receipt of ${key}`, seconds: 60 }]);
    expect(telemetry.delayed).toMatchObject([
      { seconds: 60, failure: { tries: 1, error: { code } } },
    ]);

    store.fail = () => false;
    failedBatches.failLoad = () => undefined;
    failedBatches.failMark = () => false;
    expect(await replay(2)).toEqual(nothingKept);
    expect(store.objects.size).toBe(2);
    expect(failedBatches.marks.size).toBe(1);
    expect(queue.letters).toEqual([]);
  });

  it('does not mark the batch while one of its objects is not stored', async () => {
    const { replay, store, failedBatches, telemetry } = parts(byPartition);
    store.fail = (each, when) => each === keyOf3 && when === 'before';
    expect(await replay()).toEqual(kept(key));
    expect(failedBatches.marks.size).toBe(0);
    expect(telemetry.delayed).toMatchObject([
      {
        failure: {
          failedBatch: key,
          condition: 'RetryAttemptsExhausted',
          offsets: 'orders-3 offsets 100 to 102; orders-0 offsets 7 to 8',
          error: {
            retryable: true,
            message: 'orders-3 offsets 100 to 102: SlowDown, HTTP 503 (STORE_WRITE_FAILED)',
          },
        },
      },
    ]);
  });

  it('retries if any of several failures is retryable', async () => {
    const { deps, queue } = parts();
    const [refused, throttled] = [false, true].map(
      (retryable) => new ArchiverError('STORE_WRITE_FAILED', 'x', { retryable }),
    );
    const deliver: typeof deps.delivery.deliver = async (batch, job) => {
      const { summary } = await deps.delivery.deliver({ ...batch, runs: [] }, job);
      const failures = [refused, throttled].flatMap((error) =>
        batch.runs
          .slice(0, 1)
          .flatMap((run) =>
            error === undefined ? [] : [{ runs: [partOf(run, run.records)], error }],
          ),
      );
      return { summary, failures };
    };
    const handler = createReplayHandler({ ...deps, delivery: { deliver } });
    expect(await handler({ Records: [replayMessage(key)] }, invocation)).toEqual(kept(key));
    expect([queue.delays.length, queue.letters.length]).toEqual([1, 0]);
  });

  it('delays longer each time, and sends a dead letter with the reason after the last try', async () => {
    const { replay, failedBatches, queue, telemetry } = parts();
    const error = new ArchiverError('LOAD_FAILED', 'get failed: HTTP 503', { retryable: true });
    failedBatches.failLoad = () => error;
    expect(await replay(1)).toEqual(kept(key));
    expect(await replay(2)).toEqual(kept(key));
    expect(queue.delays.map(({ seconds }) => seconds)).toEqual([60, 120]);
    expect(await replay(3)).toEqual(nothingKept);
    expect(queue.letters).toEqual([
      {
        body: replayMessage(key).body,
        attributes: {
          code: 'LOAD_FAILED',
          reason: 'get failed: HTTP 503',
          'failed-batch': key,
          'request-id': 'request-1',
          'died-at': expect.stringMatching(/^2025-11-23T10:53:20\.\d{3}Z$/),
        },
      },
    ]);
    expect(telemetry.died).toMatchObject([{ tries: 3, messageId: `message of ${key}` }]);
  });

  it.each([
    ['an entry that does not exist', undefined, 'FAILED_BATCH_NOT_FOUND', undefined],
    ['an entry that is not JSON', '{"secret', 'FAILED_BATCH_UNREADABLE', undefined],
    ['an object that is not a failed batch', '{"secret":1}', 'NOT_A_FAILED_BATCH', undefined],
    [
      'an entry without a payload',
      failedBatchSample('oversize'),
      'NO_PAYLOAD',
      'orders-3 offset 4960',
    ],
    [
      'an entry whose event has no records',
      withRecords({}),
      'NO_PAYLOAD',
      'orders-3 offsets 100 to 101; orders-0 offset 7',
    ],
    [
      'an entry whose event has empty lists of records',
      withRecords({ 'orders-3': [], 'orders-0': [] }),
      'NO_PAYLOAD',
      'orders-3 offsets 100 to 101; orders-0 offset 7',
    ],
    [
      'an entry whose payload is not a Kafka event',
      JSON.stringify({ ...JSON.parse(failedBatchSample('s3')), payload: '{"secret":1}' }),
      'INVALID_EVENT',
      'orders-3 offsets 100 to 101; orders-0 offset 7',
    ],
  ])('gives up %s at once, without marking it', async (_, entry, code, offsets) => {
    const { replay, store, failedBatches, queue, telemetry } = parts();
    if (entry === undefined) failedBatches.entries.clear();
    else failedBatches.entries.set(key, entry);
    expect(await replay()).toEqual(nothingKept);
    expect(queue.letters).toMatchObject([{ attributes: { code, 'failed-batch': key } }]);
    expect(queue.letters[0]?.attributes.offsets).toBe(offsets);
    expect(telemetry.died).toMatchObject([{ error: { code }, offsets }]);
    expect([store.objects.size, failedBatches.marks.size, queue.delays.length]).toEqual([0, 0, 0]);
    expect(inspect([queue.letters, telemetry.died], { depth: null })).not.toContain('secret');
  });

  it('stores the records that an incomplete entry holds, and gives it up without marking it', async () => {
    const { replay, store, failedBatches, queue } = parts();
    const { records } = JSON.parse(JSON.parse(failedBatchSample('s3')).payload);
    failedBatches.entries.set(key, withRecords({ 'orders-0': records['orders-0'] }));
    expect(await replay()).toEqual(nothingKept);
    expect(store.objects.size).toBe(1);
    expect(failedBatches.marked).toEqual([]);
    expect(queue.letters).toMatchObject([
      {
        attributes: {
          code: 'INCOMPLETE_PAYLOAD',
          reason:
            'the failed batch does not hold all records that it names: fetch orders-3 offsets 100 to 101 from the topic; the others are stored',
        },
      },
    ]);
  });

  it.each<[string, object, string]>([
    [
      'counts more records than its event holds',
      { batchSize: 6 },
      'orders-3 offsets 100 to 102; orders-0 offsets 7 to 8 from the topic',
    ],
    [
      'names an offset that is not a number',
      { recordsInfo: { 'orders-3': { firstRecordOffset: 'abc', lastRecordOffset: '102' } } },
      'orders-3 offsets unknown to 102 from the topic',
    ],
    [
      'names a partition without offsets',
      { recordsInfo: { 'orders-0': {} } },
      'orders-0 offset unknown from the topic',
    ],
  ])('does not mark an entry that %s', async (_, info, reason) => {
    const { replay, store, failedBatches, queue } = parts(byPartition);
    const entry = JSON.parse(failedBatchOf(event));
    entry.KafkaBatchInfo = { ...entry.KafkaBatchInfo, ...info };
    failedBatches.entries.set(key, JSON.stringify(entry));
    expect(await replay()).toEqual(nothingKept);
    expect(store.objects.size).toBe(2);
    expect(failedBatches.marked).toEqual([]);
    const attributes = { code: 'INCOMPLETE_PAYLOAD', reason: expect.stringContaining(reason) };
    expect(queue.letters).toMatchObject([{ attributes }]);
  });

  it('marks a compacted entry, whose offsets have gaps', async () => {
    const { replay, failedBatches } = parts();
    const gaps = [mskRecord({ offset: 100 }), mskRecord({ offset: 149 })];
    failedBatches.entries.set(key, failedBatchOf(mskEvent(gaps)));
    expect(await replay()).toEqual(nothingKept);
    expect([...failedBatches.marks.keys()]).toEqual([key]);
  });

  it('names the first of many objects that are not stored, and counts the others', async () => {
    const { replay, store, failedBatches, telemetry, queue } = parts(byPartition);
    const many = Array.from({ length: 300 }, (_, partition) => mskRecord({ partition }));
    failedBatches.entries.set(key, failedBatchOf(mskEvent(many)));
    store.fail = () => true;
    await replay(3);
    const reason = (partition: number) =>
      `orders-${partition} offsets 100 to 100: SlowDown, HTTP 503 (STORE_WRITE_FAILED); `;
    const first = Array.from({ length: 20 }, (_, partition) => reason(partition)).join('');
    expect(telemetry.died[0]?.error.message).toBe(`${first}and 280 more`);
    expect(telemetry.died[0]?.offsets).toMatch(/^orders-0 offset 100; .*; and 280 more$/);
    expect(queue.letters[0]?.attributes.reason).toBe(`${first}and 280 more`);
  });

  it('names the offsets to fetch if a failed batch holds no records', async () => {
    const { replay, failedBatches, queue } = parts();
    failedBatches.entries.set(key, failedBatchSample('oversize'));
    await replay();
    failedBatches.entries.set(key, '{"KafkaBatchInfo":{}}');
    await replay();
    expect(queue.letters.map(({ attributes }) => attributes.reason)).toEqual([
      'the failed batch holds no records to replay (MaximumPayloadSizeExceeded): fetch orders-3 offset 4960 from the topic',
      'the failed batch holds no records to replay (unknown): fetch the missing records from the topic',
    ]);
  });

  it.each([
    ['{"Records":[]}', 'not a message of the replay queue: it is not an S3 event'],
    [
      JSON.stringify({ Records: [{ s3: { bucket: { name: 'other' }, object: { key: 'k' } } }] }),
      "the message points to bucket 'other', which is not the failed-batch bucket",
    ],
  ])('gives up the message %s', async (body, reason) => {
    const { handler, failedBatches, queue } = parts();
    expect(await handler({ Records: [{ ...replayMessage(key), body }] }, invocation)).toEqual(
      nothingKept,
    );
    expect(queue.letters).toMatchObject([
      { body, attributes: { code: 'INVALID_MESSAGE', reason } },
    ]);
    expect(failedBatches.loaded).toEqual([]);
  });

  it('replays every failed batch that a message points to, behind a dead one too', async () => {
    const { handler, failedBatches, queue, telemetry } = parts();
    const bodyOf = (...keys: string[]) =>
      JSON.stringify({
        Records: keys.map((each) => ({
          s3: { bucket: { name: 'failed' }, object: { key: each } },
        })),
      });
    const message = { ...replayMessage('m'), body: bodyOf('missing', key, 'also-missing') };
    expect(await handler({ Records: [message] }, invocation)).toEqual(nothingKept);
    expect([...failedBatches.marks.keys()]).toEqual([key]);
    expect(queue.letters).toMatchObject([
      {
        body: message.body,
        attributes: {
          code: 'FAILED_BATCH_NOT_FOUND',
          reason: expect.stringMatching(/; and 1 more of the message's failed batches failed$/),
          'failed-batch': 'missing',
        },
      },
    ]);

    failedBatches.failLoad = () =>
      failedBatches.loaded.at(-1)?.key === key
        ? new ArchiverError('LOAD_FAILED', 'x', { retryable: true })
        : undefined;
    expect(await handler({ Records: [message] }, invocation)).toEqual(kept('m'));
    expect(telemetry.delayed).toMatchObject([
      { failure: { error: { code: 'LOAD_FAILED', retryable: true }, failedBatch: key } },
    ]);
  });

  it('acknowledges the test event of S3', async () => {
    const { handler, queue, telemetry } = parts();
    const message = { ...replayMessage('test'), body: '{"Event":"s3:TestEvent"}' };
    expect(await handler({ Records: [message] }, invocation)).toEqual(nothingKept);
    expect(telemetry.ignored).toEqual(['message of test']);
    expect(queue.letters).toEqual([]);
  });

  it('keeps the message if the queue accepts neither delay nor dead letter', async () => {
    const { replay, failedBatches, queue, telemetry } = parts();
    queue.fails = true;
    failedBatches.failLoad = () => new ArchiverError('LOAD_FAILED', 'x', { retryable: true });
    expect(await replay()).toEqual(kept(key));
    failedBatches.failLoad = () => undefined;
    failedBatches.entries.clear();
    expect(await replay()).toEqual(kept(key));
    expect(telemetry.delayed.map(({ seconds }) => seconds)).toEqual([undefined, undefined]);
    expect(telemetry.died).toEqual([]);
  });

  it('isolates the messages of an invocation, and divides its time among them', async () => {
    const { handler, failedBatches, queue } = parts();
    failedBatches.entries.set('bad', '{');
    failedBatches.entries.set('later', failedBatchOf(mskEvent(mskRecords(200, 1))));
    const loadError = new ArchiverError('LOAD_FAILED', 'x', { retryable: true });
    failedBatches.failLoad = () => (failedBatches.loaded.length === 2 ? loadError : undefined);
    const messages = ['bad', key, 'later'].map((each) => replayMessage(each));
    expect(await handler({ Records: messages }, invocation)).toEqual(kept(key));
    expect([...failedBatches.marks.keys()]).toEqual(['later']);
    expect(queue.letters).toHaveLength(1);
    // A third, a half and all of 55 s; an attempt may use half of that.
    expect(failedBatches.attemptTimeouts).toEqual([9167, 13_750, 27_500]);
  });

  it('delays the message if the deadline passes first', async () => {
    const { replay, clock, queue, telemetry } = parts();
    clock.expire();
    expect(await replay()).toEqual(kept(key));
    expect(telemetry.delayed).toMatchObject([{ failure: { error: { code: 'STORE_ABORTED' } } }]);
    expect(queue.delays).toHaveLength(1);
  });

  it('gives calls no time when none is left', async () => {
    const { handler, clock } = parts();
    const late = { ...invocation, getRemainingTimeInMillis: () => 500 };
    clock.expire();
    await handler({ Records: [replayMessage(key)] }, late);
    expect(clock.timeouts).toEqual([0, 0]);
  });

  it('gives up after a defect, and reports it by its name only', async () => {
    const { deps, failedBatches, queue } = parts();
    const defect = {
      ...deps,
      delivery: { deliver: () => Promise.reject(new RangeError('secret')) },
    };
    failedBatches.entries.set(key, failedBatchOf(event));
    const handler = createReplayHandler(defect);
    expect(await handler({ Records: [replayMessage(key)] }, invocation)).toEqual(nothingKept);
    expect(queue.letters).toMatchObject([
      { attributes: { code: 'UNEXPECTED', reason: 'unexpected RangeError' } },
    ]);
  });

  it('notifies once of a dead letter, and not of retries', async () => {
    const { replay, store, queue, notifier } = parts();
    store.fail = () => true;
    await replay(1);
    await replay(2);
    expect(notifier.notifications).toEqual([]);
    await replay(3);
    expect(queue.letters).toHaveLength(1);
    expect(notifier.notifications).toEqual([
      {
        subject:
          'DEAD LETTER STORE_WRITE_FAILED in KafkaArchive: orders-3 offsets 100 to 102 and 1 more',
        body: expect.stringMatching(/^A failed batch could not be replayed. [\s\S]+archive-log/),
        attributes: {
          service: 'KafkaArchive',
          code: 'STORE_WRITE_FAILED',
          topic: 'orders',
          'failed-batch': key,
        },
      },
    ]);
    const [{ body = '' } = {}] = notifier.notifications;
    expect(body).toContain(`Bucket: failed\nKey: ${key}\n`);
    expect(body).toContain('Archive request: request-0\n');
    expect(body).toContain(
      `Replay failed: attempt 3, ${queue.letters[0]?.attributes['died-at']}\nReplay request: request-1\n`,
    );
    expect(body).toContain('orders-3 offsets 100 to 102: 3 records in the entry\n');
    expect(body).toContain('Replay log: replay-log, 2025/11/23/[$LATEST]5f0e\n');
  });

  it('does not notify if the dead letter was not accepted, or the batch was replayed', async () => {
    const { replay, failedBatches, queue, notifier } = parts();
    await replay();
    queue.fails = true;
    failedBatches.entries.clear();
    expect(await replay()).toEqual(kept(key));
    expect(notifier.notifications).toEqual([]);
  });

  it.each([
    ['is refused', new ArchiverError('NOTIFY_FAILED', 'AuthorizationError, HTTP 403')],
    ['takes too long', new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true })],
  ])('sends the dead letter even if its notification %s', async (_, error) => {
    const { replay, failedBatches, queue, notifier, telemetry } = parts();
    failedBatches.entries.clear();
    notifier.failure = error;
    expect(await replay()).toEqual(nothingKept);
    expect([queue.letters.length, telemetry.died.length]).toEqual([1, 1]);
    expect(telemetry.untold).toEqual([{ failure: telemetry.died[0], error }]);
  });

  it('reports a defect in the notifier by its name only', async () => {
    const { replay, failedBatches, notifier, telemetry } = parts();
    failedBatches.entries.clear();
    notifier.failure = new TypeError('secret');
    expect(await replay()).toEqual(nothingKept);
    expect(telemetry.untold).toMatchObject([
      { error: { code: 'UNEXPECTED', message: 'unexpected TypeError' } },
    ]);
  });

  it('replays the next batch while it notifies, and ends once that is done', async () => {
    const { handler, failedBatches, notifier } = parts();
    failedBatches.entries.set('bad', '{');
    const { promise, resolve } = Promise.withResolvers<void>();
    notifier.wait = promise;
    const messages = ['bad', key].map((each) => replayMessage(each));
    const answer = handler({ Records: messages }, invocation);
    const ended = vi.fn();
    void answer.then(ended);
    await vi.waitFor(() => expect(failedBatches.marks.has(key)).toBe(true));
    expect(notifier.notifications).toHaveLength(1);
    // Whatever does not wait for the notification has run by then.
    await new Promise(setImmediate);
    expect(ended).not.toHaveBeenCalled();
    resolve();
    expect(await answer).toEqual(nothingKept);
  });

  it.each([
    [60_000, 5_000],
    [4_000, 3_000],
    [500, 0],
  ])('with %i ms left, allows %i ms for the notification', async (left, longest) => {
    const { handler, clock, failedBatches, notifier } = parts();
    failedBatches.entries.clear();
    const context = { ...invocation, getRemainingTimeInMillis: () => left };
    await handler({ Records: [replayMessage(key)] }, context);
    expect(clock.timeouts.at(-1)).toBe(longest);
    expect(notifier.attemptTimeouts).toEqual([2_000]);
  });

  it('sends dead letters without a notifier', async () => {
    const { deps, failedBatches, queue, telemetry } = parts();
    failedBatches.entries.clear();
    const handler = createReplayHandler({ ...deps, notifier: undefined });
    expect(await handler({ Records: [replayMessage(key)] }, invocation)).toEqual(nothingKept);
    expect([queue.letters.length, telemetry.untold.length]).toEqual([1, 0]);
  });
});
