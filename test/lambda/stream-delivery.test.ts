import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { createArchiveHandler } from '../../lambda/archive-handler.ts';
import { type Enrich, noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { createStreamDelivery } from '../../lambda/stream-delivery.ts';
import { archiveParts, invocation } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords } from '../helpers/kafka-events.ts';
import { MemoryStream } from '../helpers/memory-stream.ts';

const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };
const job = { requestId: 'request-1', functionVersion: '7', ...patient };
const code = 'ServiceUnavailableException';

function parts(enrich: Enrich = noEnrichment) {
  const { deps, store } = archiveParts({ compression: 'none' });
  const stream = new MemoryStream();
  const objects = createObjectDelivery(deps);
  const pause = async () => undefined;
  const delivery = createStreamDelivery({ ...deps, enrich, stream, objects, pause });
  return { delivery, objects, store, stream };
}

const batchOf = (...records: Parameters<typeof mskEvent>[0][]) =>
  parseBatch(mskEvent(records.flat()));

/** A record whose line is too long for a chunk. */
const large = (offset: number, partition = 3) =>
  mskRecord({ offset, partition, value: Buffer.alloc(1_100_000, 'v') });

const placesOf = (lines: readonly { readonly partition: number; readonly offset: number }[]) =>
  lines.map(({ partition, offset }) => `${partition}:${offset}`);

describe('delivery through a stream', () => {
  it('sends the same lines that objects hold, packed across topic-partitions', async () => {
    const { delivery, objects, store, stream } = parts();
    const batch = batchOf(mskRecords(100, 3), mskRecords(7, 2, { partition: 4 }));
    const { failures, summary } = await delivery.deliver(batch, job);

    expect(failures).toEqual([]);
    expect(stream.calls.map(({ length }) => length)).toEqual([1]);
    expect(store.objects.size).toBe(0);
    await objects.deliver(batch, job);
    const bodies = [...store.objects.values()].map(({ body }) => body.toString());
    expect(stream.taken.join('')).toBe(bodies.join(''));
    expect(summary).toMatchObject({
      topic: 'orders',
      runs: [
        { partition: 3, firstOffset: 100, lastOffset: 102, records: 3 },
        { partition: 4, firstOffset: 7, lastOffset: 8, records: 2 },
      ],
      records: 5,
      bytesStored: stream.taken.join('').length,
      objects: 0,
      streamRecords: 1,
      streamRejections: 0,
    });
  });

  it('stores a line that is too long as an object, and sends the others', async () => {
    const { delivery, store, stream } = parts();
    const batch = batchOf([mskRecord({ offset: 100 }), large(101), mskRecord({ offset: 102 })]);
    const { failures, summary } = await delivery.deliver(batch, job);

    expect(failures).toEqual([]);
    expect(placesOf(stream.lines())).toEqual(['3:100', '3:102']);
    const [key, ...others] = store.objects.keys();
    expect(others).toEqual([]);
    expect(key).toMatch(/\/p3\.101-101\.jsonl$/);
    const [object] = store.objects.values();
    expect(summary).toMatchObject({
      records: 3,
      objects: 1,
      streamRecords: 2,
      bytesStored: stream.taken.join('').length + (object?.body.length ?? 0),
    });
  });

  it('fails the topic-partitions whose lines were not accepted, and no others', async () => {
    const { stream } = parts();
    const deadline = new AbortController();
    const big = (offset: number, partition: number) =>
      mskRecord({ offset, partition, value: Buffer.alloc(600_000, 'v') });
    // Each line is longer than half a chunk, and so gets a chunk of its own.
    const batch = batchOf([big(1, 0)], [big(2, 1)], [big(3, 2)]);
    stream.fates = Array.from({ length: 50 }, () => new Map([[1, code]]));
    let pauses = 0;
    const { deps } = archiveParts();
    const impatient = createStreamDelivery({
      ...{ ...deps, stream, objects: createObjectDelivery(deps), random: () => 0 },
      pause: async () => {
        pauses += 1;
        deadline.abort();
      },
    });
    const { failures } = await impatient.deliver(batch, { ...job, signal: deadline.signal });

    expect(pauses).toBe(1);
    expect(failures.map(({ runs }) => runs.map(({ id }) => id))).toEqual([['orders-1']]);
    expect(failures[0]?.error).toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable: true,
      message: `orders-1 offsets 2 to 2: 1 of 3 chunks still rejected at the deadline (${code}) (STREAM_WRITE_FAILED)`,
    });
    expect(placesOf(stream.lines())).toEqual(['0:1', '2:3']);
  });

  it('fails every topic-partition with lines in a chunk that got no answer', async () => {
    const { delivery, stream } = parts();
    stream.fates = ['lost after'];
    const batch = batchOf(mskRecords(100, 3), mskRecords(7, 2, { partition: 4 }));
    const { failures, summary } = await delivery.deliver(batch, job);
    expect(failures.map(({ runs }) => runs)).toMatchObject([
      [{ id: 'orders-3', first: 100, last: 102, recordOffsets: [100, 101, 102] }],
      [{ id: 'orders-4', first: 7, last: 8, recordOffsets: [7, 8] }],
    ]);
    expect(summary).toMatchObject({ streamRecords: 0, bytesStored: 0 });

    // After the retry, everything that the stream had is duplicated, and nothing is missing.
    await delivery.deliver(batch, job);
    const once = ['3:100', '3:101', '3:102', '4:7', '4:8'];
    expect(placesOf(stream.lines())).toEqual([...once, ...once]);
  });

  it('stores the long lines of a batch in one object, and names what failed by its records', async () => {
    const { delivery, store } = parts();
    const batch = batchOf([large(5), mskRecord({ offset: 6 }), large(9)], [large(2, 0)]);
    const failing = store.fail;
    store.fail = (_, when) => when === 'before';
    const { failures } = await delivery.deliver(batch, job);
    expect(failures).toMatchObject([
      {
        runs: [
          { id: 'orders-0', recordOffsets: [2] },
          { id: 'orders-3', first: 5, last: 9, recordOffsets: [5, 9] },
        ],
      },
    ]);
    store.fail = failing;
    expect((await delivery.deliver(batch, job)).failures).toEqual([]);
    const [[key = '', { body } = { body: Buffer.of() }] = []] = [...store.objects];
    expect(key).toMatch(/\/p0\.2-2_p3\.5-9x2\.jsonl$/);
    const lines = body.toString().trimEnd().split('\n');
    expect(placesOf(lines.map((line) => JSON.parse(line)))).toEqual(['0:2', '3:5', '3:9']);
  });

  it('fails a long line that could not be stored', async () => {
    const { delivery, store } = parts();
    store.fail = (_, when) => when === 'before';
    const batch = batchOf([mskRecord({ offset: 1 }), large(2)], mskRecords(7, 1, { partition: 4 }));
    const { failures, summary } = await delivery.deliver(batch, job);
    expect(failures).toEqual([
      {
        runs: [
          {
            ...{ id: 'orders-3', topic: 'orders', partition: 3, first: 2, last: 2 },
            recordOffsets: [2],
          },
        ],
        error: expect.objectContaining({ code: 'STORE_WRITE_FAILED' }),
      },
    ]);
    expect(summary).toMatchObject({ failedObjects: 1, streamRecords: 2 });
  });

  describe('a topic-partition with a chunk and a long line that both fail', () => {
    const runOf3 = [large(5), mskRecord({ offset: 6 }), large(9)];
    const rejected = 'orders-3 offsets 5 to 9: no answer (STREAM_WRITE_FAILED)';

    function handlerOf(reportBatchItemFailures: boolean) {
      const { delivery, store, stream } = parts();
      stream.fates = ['lost before'];
      store.fail = (_, when) => when === 'before';
      const { deps, telemetry } = archiveParts();
      const settings = { reportBatchItemFailures };
      return { telemetry, handle: createArchiveHandler({ ...deps, delivery, settings }) };
    }

    it('is named once', async () => {
      const { handle, telemetry } = handlerOf(false);
      await expect(handle(mskEvent(runOf3), invocation)).rejects.toMatchObject({
        message: `1 of 1 topic-partitions not confirmed as stored: ${rejected}`,
        errors: [{ message: rejected }],
      });
      expect(telemetry.done).toMatchObject([
        { summary: { failedObjects: 1, streamRecords: 0 }, failures: [{ message: rejected }] },
      ]);
    });

    it('does not hide another one whose long line failed', async () => {
      const { handle } = handlerOf(false);
      const event = mskEvent([...runOf3, large(2, 0)]);
      const notStored = 'orders-0 offsets 2 to 2; orders-3 offsets 5 to 9: SlowDown, HTTP 503';
      await expect(handle(event, invocation)).rejects.toThrow(
        `2 of 2 topic-partitions not confirmed as stored: ${rejected}; ${notStored} (STORE_WRITE_FAILED)`,
      );
    });

    it('has each of its records once in a partial response', async () => {
      const { handle } = handlerOf(true);
      const response = await handle(mskEvent([...runOf3, large(2, 0)]), invocation);
      const names = response?.batchItemFailures.map(
        ({ itemIdentifier: { partition, offset } }) => `${partition} ${offset}`,
      );
      expect(names).toEqual(['orders-3 5', 'orders-3 6', 'orders-3 9', 'orders-0 2']);
    });
  });

  it('sends nothing for a batch without records', async () => {
    const { delivery, stream } = parts();
    const { failures } = await delivery.deliver(batchOf([]), job);
    expect(failures).toEqual([]);
    expect(stream.calls).toEqual([]);
  });

  it('sends nothing of a batch that cannot be encoded, and still delivers the next', async () => {
    const { delivery, stream } = parts(({ offset }) => {
      if (offset === 100) throw new Error('no tenant');
      return {};
    });
    await expect(delivery.deliver(batchOf(mskRecords(99, 2)), job)).rejects.toMatchObject({
      code: 'ENRICH_FAILED',
    });
    expect(stream.calls).toEqual([]);
    await delivery.deliver(batchOf(mskRecords(1, 1)), job);
    expect(placesOf(stream.lines())).toEqual(['3:1']);
  });
});
