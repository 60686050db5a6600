import { Buffer } from 'node:buffer';
import { PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { streamPrefixes } from '../../../../lib/storage/stream-prefix.ts';
import { eventually } from '../../../../test/helpers/eventually.ts';
import type { S3RequestInfo } from '../../s3-server/server.ts';
import type { ServerFault } from '../../server-fault.ts';
import { FakeClock } from '../fake-clock.ts';
import { noon } from '../source-records.ts';
import { startStream, streamName } from './running-streams.ts';

const lineOf = (offset: number, topic = 'orders') =>
  JSON.stringify({ topic, partition: 0, offset, timestamp: noon });

const recordOf = (...lines: readonly string[]) =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''));

const folder = 'topic=orders/dt=2025-11-23/hour=10/';
const nothing = { taken: 0, stored: 0, failed: 0, dropped: 0, waiting: 0, objects: 0 };

/** Makes the first puts of objects fail, and records the keys of all puts. */
function failingPuts(...faults: readonly ServerFault[]) {
  const left = [...faults];
  const tried: string[] = [];
  const fault = ({ key, operation }: S3RequestInfo) => {
    if (operation !== 'PutObject') return undefined;
    tried.push(key);
    return left.shift();
  };
  return { tried, fault };
}

describe('a stream', () => {
  it('stores a buffer when its time is over', async () => {
    const clock = new FakeClock();
    const { objects, stream } = await startStream({ clock });
    stream(streamName).put(recordOf(lineOf(0)));
    await clock.advance(30_000);
    stream(streamName).put(recordOf(lineOf(1)));
    await clock.advance(29_999);
    expect(stream(streamName).counts()).toEqual({ ...nothing, taken: 2, waiting: 2 });
    await clock.advance(1);
    await eventually(() =>
      expect(stream(streamName).counts()).toEqual({ ...nothing, taken: 2, stored: 2, objects: 1 }),
    );
    const [[key = '', lines] = []] = await objects();
    expect(key).toMatch(
      /^topic=orders\/dt=2025-11-23\/hour=10\/archive-stream-1-2025-11-23-10-53-20-[\da-f-]{36}\.jsonl$/,
    );
    expect(lines).toEqual([lineOf(0), lineOf(1)]);
    expect(stream(streamName).keys).toEqual([key]);
  });

  it('stores a buffer when it is full, separately for each folder', async () => {
    const { objects, stream } = await startStream({ settings: { bufferBytes: 150 } });
    for (const offset of [0, 1, 2, 3]) stream(streamName).put(recordOf(lineOf(offset)));
    stream(streamName).put(recordOf(lineOf(4, 'payments')));
    await eventually(() => expect(stream(streamName).counts().stored).toBe(3));
    expect([...(await objects()).values()]).toEqual([[lineOf(0), lineOf(1), lineOf(2)]]);
    await stream(streamName).flush();
    expect(new Set((await objects()).values())).toEqual(
      new Set([[lineOf(0), lineOf(1), lineOf(2)], [lineOf(3)], [lineOf(4, 'payments')]]),
    );
  });

  it('stores each record at once if the buffering time is 0', async () => {
    const { objects, stream } = await startStream({ settings: { bufferSeconds: 0 } });
    stream(streamName).put(recordOf(lineOf(0)));
    await eventually(() => expect(stream(streamName).counts().stored).toBe(1));
    expect([...(await objects()).values()]).toEqual([[lineOf(0)]]);
  });

  it('without partition keys does not parse lines, and accepts any number per record', async () => {
    const folders = { objectPrefix: 'a/', timeFolder: 'none', topics: ['orders'] } as const;
    const settings = { ...streamPrefixes(folders), bufferBytes: 1e6 };
    const { objects, stream } = await startStream({ settings });
    const lines = Array.from({ length: 501 }, (_, i) => `no JSON ${i}`);
    stream(streamName).put(recordOf(...lines));
    stream(streamName).put(recordOf('last'));
    await stream(streamName).flush();
    const [[key = '', read] = []] = await objects();
    expect(key).toMatch(/^a\/topic=orders\/archive-stream-1-/);
    expect(read).toEqual([...lines, 'last']);
  });

  it('appends the time at which its first record arrived to a prefix without a time', async () => {
    const settings = { prefix: 'a/topic=orders/' };
    const { objects, stream } = await startStream({ settings, clock: new FakeClock() });
    stream(streamName).put(recordOf(lineOf(0)));
    await stream(streamName).flush();
    const [key = ''] = (await objects()).keys();
    expect(key).toMatch(/^a\/topic=orders\/2025\/11\/23\/10\/archive-stream-1-/);
  });

  it('stores lines that exceed the number of folders as errors', async () => {
    const { objects, stream } = await startStream({ settings: { maxFolders: 1 } });
    stream(streamName).put(recordOf(lineOf(0), lineOf(1, 'payments'), lineOf(2)));
    await stream(streamName).flush();
    expect(stream(streamName).counts()).toMatchObject({
      taken: 3,
      stored: 2,
      failed: 1,
      waiting: 0,
    });
    const [[key = '', errors = []] = [], [, lines] = []] = await objects();
    expect(key).toMatch(/^firehose-errors\/processing-failed\/dt=/);
    const { errorCode, rawData } = JSON.parse(errors[0] ?? '');
    expect(errorCode).toBe('DynamicPartitioning.ActivePartitionLimitExceeded');
    expect(Buffer.from(rawData, 'base64').toString()).toBe(lineOf(1, 'payments'));
    expect(lines).toEqual([lineOf(0), lineOf(2)]);
  });

  it('retries until S3 accepts an object, with a new key each time', async () => {
    const { fault, tried } = failingPuts(
      { kind: 'error', status: 503, code: 'SlowDown' },
      { kind: 'reset' },
    );
    const { objects, stream } = await startStream({ s3: { fault }, retryDelayMs: 1 });
    stream(streamName).put(recordOf(lineOf(0)));
    await stream(streamName).flush();
    expect([...(await objects())]).toEqual([[tried[2], [lineOf(0)]]]);
    expect(new Set(tried).size).toBe(3);
  });

  it('stores lines twice if the response to a put is lost', async () => {
    const { fault, tried } = failingPuts({ kind: 'lost-answer' });
    const { objects, stream } = await startStream({ s3: { fault }, retryDelayMs: 1 });
    stream(streamName).put(recordOf(lineOf(0)));
    await stream(streamName).flush();
    expect([...(await objects()).values()]).toEqual([[lineOf(0)], [lineOf(0)]]);
    expect(stream(streamName).keys).toEqual([tried[1]]);
    expect(stream(streamName).counts()).toMatchObject({ taken: 1, stored: 1, objects: 1 });
  });

  it('drops what S3 refuses for a day', async () => {
    const clock = new FakeClock();
    const fault = () => ({ kind: 'error', status: 500, code: 'InternalError' }) as const;
    const hour = 3_600_000;
    const { stream } = await startStream({ clock, s3: { fault }, retryDelayMs: hour });
    stream(streamName).put(recordOf(lineOf(0), lineOf(1)));
    const flushed = stream(streamName).flush();
    await eventually(async () => {
      await clock.advance(hour);
      expect(stream(streamName).counts().dropped).toBe(2);
    });
    expect(clock.passed).toBeGreaterThanOrEqual(24 * hour);
    await flushed;
    expect(stream(streamName).counts()).toEqual({ ...nothing, taken: 2, dropped: 2 });
  });

  it('stores its buffers when it is closed, and gives up after a few attempts', async () => {
    const { fault, tried } = failingPuts({ kind: 'reset' });
    const { close, objects, stream } = await startStream({ s3: { fault } });
    stream(streamName).put(recordOf(lineOf(0)));
    await close();
    expect([...(await objects())]).toEqual([[tried[1], [lineOf(0)]]]);
    expect(tried[1]).toMatch(new RegExp(`^${folder}`));

    const error = () => ({ kind: 'error', status: 500, code: 'InternalError' }) as const;
    const failing = await startStream({ s3: { fault: error } });
    failing.stream(streamName).put(recordOf(lineOf(0)));
    await failing.close();
    expect(failing.stream(streamName).counts()).toEqual({ ...nothing, taken: 1, dropped: 1 });
  });

  it('accepts the records of a call that a fault does not reject', async () => {
    const taken: string[] = [];
    const { client } = await startStream({
      fault: () => ({ kind: 'reject', isRejected: (place) => place !== 1 }),
      onTaken: (_, record) => taken.push(record.toString()),
    });
    const { FailedPutCount, RequestResponses } = await client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: streamName,
        Records: ['a', 'b', 'c'].map((text) => ({ Data: Buffer.from(text) })),
      }),
    );
    const rejected = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
    expect(FailedPutCount).toBe(2);
    expect(RequestResponses).toEqual([rejected, { RecordId: expect.any(String) }, rejected]);
    expect(taken).toEqual(['b']);
  });
});
