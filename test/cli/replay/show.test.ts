import { describe, expect, it } from 'vitest';
import { failedBatchSample } from '../../helpers/failed-batches.ts';
import { hour, startReplayServers } from './replay-servers.ts';

const uuid = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/;
const idOf = (key: string) => uuid.exec(key)?.[0];

describe('show', { timeout: 60_000 }, () => {
  it('describes a failed batch without its records', async () => {
    const { run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 2: [5, 6], 4: [9, 9] }, ago: hour });
    const { code, printed } = await run(`show ${key}`);
    expect(code).toBe(0);
    const bytes = printed.find((line) => line.startsWith('bytes'));
    expect(printed).toEqual([
      `key              ${key}`,
      'state            not replayed',
      'failed at        2025-11-24T09:53:20.000Z',
      'condition        RetryAttemptsExhausted',
      'function error   Unhandled',
      'invocations      11',
      `last request id  ${idOf(key)}`,
      'records          3',
      'offsets          orders-2 5 to 6, produced 2025-11-23T10:53:20.000Z',
      '                 orders-4 9, produced 2025-11-23T10:53:20.000Z',
      bytes,
      'payload          whole',
    ]);
    expect(bytes).toMatch(/^bytes {12}\d+$/);
    expect(printed.join()).not.toContain('dS0xNw==');
  });

  it.each([
    [
      { 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '2' },
      'replayed at 2025-11-24T10:00:00.000Z into 2 objects',
    ],
    [
      { 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '1' },
      'replayed at 2025-11-24T10:00:00.000Z into 1 object',
    ],
    [{ 'dismissed-at': '2025-11-24T10:00:00.000Z' }, 'dismissed at 2025-11-24T10:00:00.000Z'],
    [{ by: 'hand' }, 'dismissed'],
    [
      { 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '0' },
      'replayed at 2025-11-24T10:00:00.000Z into 0 objects',
    ],
  ])('describes the replay that the tags %j record', async (tags, told) => {
    const { run, seed, tag } = await startReplayServers();
    const key = await seed({ ranges: { 0: [0, 0] } });
    await tag(key, { status: 'replayed', ...tags });
    const { printed } = await run(`show ${key}`);
    expect(printed[1]).toBe(`state            ${told}`);
  });

  it('prints one JSON document with --json', async () => {
    const { run, seed, tag } = await startReplayServers();
    const key = await seed({ ranges: { 2: [5, 6] } });
    const at = '2025-11-24T10:00:00.000Z';
    await tag(key, { status: 'replayed', 'replayed-at': at, objects: '2' });
    const { printed } = await run(`show ${key} --json`);
    expect(printed.map((text) => JSON.parse(text))).toEqual([
      {
        ...{ key, state: 'replayed', replayedAt: at, objects: 2 },
        ...{ condition: 'RetryAttemptsExhausted', functionError: 'Unhandled', invokeCount: 11 },
        ...{ requestId: idOf(key), failedAt: '2025-11-24T10:53:20.000Z', records: 2 },
        bytes: expect.any(Number),
        ranges: [
          {
            ...{ topic: 'orders', partition: 2, firstOffset: '5', lastOffset: '6' },
            firstTimestamp: '2025-11-23T10:53:20.000Z',
            lastTimestamp: '2025-11-23T10:53:20.000Z',
          },
        ],
        hasPayload: true,
      },
    ]);
  });

  it.each(['', ' --json'])('prints the records and nothing else with --records%s', async (flag) => {
    const { run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 2: [5, 6], 4: [9, 9] } });
    const { printed } = await run(`show ${key} --records${flag}`);
    const line = (partition: number, offset: number) =>
      `{"topic":"orders","partition":${partition},"offset":${offset},"timestamp":1763895200000,"timestamp_type":"CREATE_TIME","key":"u-17","key_encoding":"utf8","headers":[],"value":{"order":1},"value_encoding":"json","metadata":{"source":"arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-3"}}`;
    expect(printed).toEqual([line(2, 5), line(2, 6), line(4, 9)]);
  });

  it('names the offsets of a batch without payload, and prints no records', async () => {
    const { put, run } = await startReplayServers();
    await put('big', failedBatchSample('oversize'));
    const { printed } = await run('show big');
    expect(printed.at(-1)).toBe('payload          none: read these offsets from the topic');
    expect((await run('show big --records')).error).toBe(
      "'big' holds offsets only, no records (MaximumPayloadSizeExceeded)",
    );
  });

  it('reads an entry of the other documented form', async () => {
    const { put, run } = await startReplayServers();
    await put('k', failedBatchSample('kafka-topic'));
    const { printed } = await run('show k');
    expect(printed.filter((line) => /^(condition|offsets|payload)/.test(line))).toEqual([
      'condition        RetriesExhausted',
      'offsets          orders-0 42, produced 2026-11-24T18:16:04.835Z',
      'payload          whole',
    ]);
  });

  it('marks missing facts as unknown', async () => {
    const { put, run } = await startReplayServers();
    await put('k', '{"KafkaBatchInfo":{"recordInfo":{"offset":7}}}');
    expect((await run('show k')).printed).toEqual([
      'key              k',
      'state            not replayed',
      'failed at        unknown',
      'condition        unknown',
      'function error   none',
      'invocations      unknown',
      'last request id  unknown',
      'records          unknown',
      'offsets          unknown partition 7',
      'bytes            46',
      'payload          none: read these offsets from the topic',
    ]);
    const { printed } = await run('show k --json');
    expect(printed.map((text) => JSON.parse(text))).toEqual([
      {
        ...{ key: 'k', state: 'not replayed', condition: 'unknown', bytes: 46, hasPayload: false },
        ranges: [{ firstOffset: '7', lastOffset: '7' }],
      },
    ]);
  });

  it.each(['show k', 'show k --records'])(
    'fails in "%s" for an object that is not a failed batch',
    async (line) => {
      const { put, run } = await startReplayServers();
      await put('k', '{"secret":"s"}');
      expect((await run(line)).error).toBe('the object has no KafkaBatchInfo');
      await put('k', 'secret');
      expect((await run(line)).error).toBe('the object is not JSON');
    },
  );

  it('fails for a key that does not exist, and prints it without control characters', async () => {
    const { run } = await startReplayServers();
    expect((await run('show no\u001b[2Je')).error).toBe(
      "'no [2Je' does not exist: it was deleted by hand, or it was replayed and has expired since: The specified key does not exist.",
    );
  });
});
