import { describe, expect, it } from 'vitest';
import { toReplayMessage } from '../../../lambda/core/failed-batch/replay-message.ts';
import { hour, minute, now, startReplayServers } from '../replay/replay-servers.ts';

const diedAt = new Date(now - 5 * minute).toISOString();
const refused = {
  code: 'STORE_WRITE_FAILED',
  reason: "put of 'topic=orders/x' failed: AccessDenied, HTTP 403",
  condition: 'RetryAttemptsExhausted',
  offsets: 'orders-3 offsets 100 to 149',
  requestId: 'request-9',
  diedAt,
};
const replayed = { status: 'replayed', 'replayed-at': '2025-11-24T10:00:00.000Z', objects: '2' };
const noQueues = [
  'Replay queue: 0 visible, 0 in flight, 0 delayed',
  'Dead-letter queue: 0 visible, 0 in flight, 0 delayed',
];

/** One of each: waiting, of two partitions, dead with a reason and without, replayed. */
async function someOfEach() {
  const servers = await startReplayServers();
  const { bury, exhaust, seed, tag } = servers;
  const keys = {
    waiting: await seed({ ranges: { 10: [7, 7] }, ago: 90_000 }),
    wide: await seed({ ranges: { 2: [5, 6], 4: [0, 9] }, ago: 3 * hour }),
    dead: await seed({ ranges: { 3: [100, 149] }, ago: 50 * hour }),
    exhausted: await seed({ topic: 'payments', ranges: { 0: [1, 2] }, ago: 2 * hour }),
    replayed: await seed({ ranges: { 0: [0, 4] }, ago: 5 * hour }),
  };
  await tag(keys.replayed, replayed);
  const letter = bury(keys.dead, refused);
  exhaust(keys.exhausted);
  return { ...servers, keys, letter };
}

describe('status', { timeout: 60_000 }, () => {
  it('lists unreplayed batches by topic, partition and offset, and the reason of each dead letter', async () => {
    const { keys, run } = await someOfEach();
    expect(await run('status')).toEqual({
      code: 0,
      error: '',
      printed: [
        "Failed batches in 'failed': 2 waiting, 2 dead, 1 replayed",
        'Replay queue: 0 visible, 0 in flight, 0 delayed',
        'Dead-letter queue: 2 visible, 0 in flight, 0 delayed',
        '',
        'TOPIC     PARTITION  OFFSETS     AGE  CONDITION               STATE                     KEY',
        `orders    2          5 to 6      3h   RetryAttemptsExhausted  waiting                   ${keys.wide}`,
        'orders    4          0 to 9                                                             (the same)',
        `orders    3          100 to 149  2d   RetryAttemptsExhausted  dead: STORE_WRITE_FAILED  ${keys.dead}`,
        `orders    10         7           90s  RetryAttemptsExhausted  waiting                   ${keys.waiting}`,
        `payments  0          1 to 2      2h   RetryAttemptsExhausted  dead: attempts exhausted  ${keys.exhausted}`,
        '',
        'Dead letters by code; docs/runbook.md says what to do for each:',
        "  STORE_WRITE_FAILED  orders-3 offsets 100 to 149  put of 'topic=orders/x' failed: AccessDenied, HTTP 403 (request request-9)",
        '  attempts exhausted  payments-0 offsets 1 to 2    SQS moved it: every attempt ended without an answer of the function',
      ],
    });
  });

  it('also lists replayed batches with --all', async () => {
    const { run, seed, tag } = await startReplayServers();
    const key = await seed({ ranges: { 0: [0, 4] }, ago: 5 * hour });
    await tag(key, replayed);
    const head = ["Failed batches in 'failed': 0 waiting, 0 dead, 1 replayed", ...noQueues];
    expect((await run('status')).printed).toEqual(head);
    expect((await run('status --all')).printed).toEqual([
      ...head,
      '',
      'TOPIC   PARTITION  OFFSETS  AGE  CONDITION               STATE     KEY',
      `orders  0          0 to 4   5h   RetryAttemptsExhausted  replayed  ${key}`,
    ]);
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const { keys, letter, run, progress } = await someOfEach();
    const { printed } = await run('status --json');
    expect(printed).toHaveLength(1);
    const { failedBatches, ...figures } = JSON.parse(printed[0] ?? '');
    expect(figures).toEqual({
      bucket: 'failed',
      counts: { waiting: 2, dead: 2, replayed: 1, dismissed: 0, deadLetters: 2 },
      replayQueue: { visible: 0, inFlight: 0, delayed: 0 },
      deadLetterQueue: { visible: 2, inFlight: 0, delayed: 0 },
    });
    expect(failedBatches).toHaveLength(4);
    expect(failedBatches[1]).toEqual({
      key: keys.dead,
      state: 'dead',
      failedAt: '2025-11-22T08:53:20.000Z',
      bytes: expect.any(Number),
      condition: 'RetryAttemptsExhausted',
      records: 50,
      ranges: [
        {
          topic: 'orders',
          partition: 3,
          firstOffset: '100',
          lastOffset: '149',
          firstTimestamp: '2025-11-23T10:53:20.000Z',
          lastTimestamp: '2025-11-23T10:53:20.000Z',
        },
      ],
      deadLetters: [{ messageId: letter, ...refused }],
    });
    expect(progress).toEqual(['']);
  });

  it('changes nothing: every dead letter stays visible', async () => {
    const { keys, keysIn, run, sqs } = await someOfEach();
    const before = sqs.queue('dead').peek();
    await run('status');
    expect(sqs.queue('dead').counts()).toEqual({ visible: 2, inFlight: 0, delayed: 0 });
    expect(sqs.queue('dead').peek()).toEqual(before);
    expect(keysIn('dead')).toEqual([keys.dead, keys.exhausted].sort());
    expect(keysIn('replay')).toEqual([]);
  });

  it('lists a dead letter whose failed batch is deleted or in another bucket, or that names none', async () => {
    const { bury, run, sqs } = await startReplayServers();
    bury('gone', { ...refused, code: 'FAILED_BATCH_NOT_FOUND', reason: "'gone' is not there" });
    const elsewhere = toReplayMessage({ bucket: 'other', key: 'k' });
    const code = { DataType: 'String', StringValue: 'INVALID_MESSAGE' };
    sqs.queue('dead').send({ body: elsewhere, attributes: { code, reason: code } });
    const id = sqs.queue('dead').send({ body: 'what?' });
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 0 waiting, 3 dead, 0 replayed");
    expect(printed.slice(4)).toEqual([
      'TOPIC  PARTITION  OFFSETS  AGE  CONDITION               STATE                         KEY',
      `-      -          -        0s   -                       dead: attempts exhausted      message ${id} (names no failed batch)`,
      '-      -          -        5m   RetryAttemptsExhausted  dead: FAILED_BATCH_NOT_FOUND  gone (no entry in the bucket)',
      "-      -          -        0s   -                       dead: INVALID_MESSAGE         k (in 'other')",
      '',
      'Dead letters by code; docs/runbook.md says what to do for each:',
      `  attempts exhausted      message ${id}  SQS moved it: every attempt ended without an answer of the function`,
      "  FAILED_BATCH_NOT_FOUND  orders-3 offsets 100 to 149                   'gone' is not there (request request-9)",
      '  INVALID_MESSAGE         k                                             INVALID_MESSAGE',
    ]);
  });

  it('lists a replayed batch that still has a dead letter, since the alarm stays on', async () => {
    const { bury, run, seed, tag } = await startReplayServers();
    const key = await seed({ ranges: { 3: [1, 2] } });
    await tag(key, replayed);
    bury(key, { code: 'MARK_FAILED', reason: 'SlowDown, HTTP 503', diedAt });
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 0 waiting, 0 dead, 1 replayed");
    expect(printed[5]).toBe(
      `orders  3          1 to 2   0s   RetryAttemptsExhausted  replayed, dead letter remains  ${key}`,
    );
  });

  it('shows the latest reason of a batch with two dead letters', async () => {
    const { bury, run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 3: [1, 2] } });
    const early = new Date(now - hour).toISOString();
    bury(key, { code: 'LOAD_FAILED', reason: 'late', diedAt });
    bury(key, { code: 'MARK_FAILED', reason: 'early', diedAt: early });
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 0 waiting, 1 dead, 0 replayed");
    expect(printed[5]).toContain('  dead: LOAD_FAILED  ');
    expect(printed.slice(8)).toEqual([
      '  LOAD_FAILED  orders-3 offsets 1 to 2  late',
      '  MARK_FAILED  orders-3 offsets 1 to 2  early',
    ]);
  });

  it('lists an object that is not a failed batch, without control characters', async () => {
    const { put, run } = await startReplayServers();
    await put('no\u001b[2Je', 'text');
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 1 waiting, 0 dead, 0 replayed");
    expect(printed[5]).toBe(
      '-      -          -        0s   -          waiting  no [2Je (unreadable)',
    );
  });

  it('lists an empty object, such as a folder that the S3 console creates, only if it has a dead letter', async () => {
    const { bury, put, run } = await startReplayServers();
    await put('a folder/', '');
    const none = "Failed batches in 'failed': 0 waiting, 0 dead, 0 replayed";
    expect(await run('status')).toEqual({ code: 0, error: '', printed: [none, ...noQueues] });
    bury('a folder/', { code: 'NOT_A_FAILED_BATCH', reason: "'a folder/' is empty", diedAt });
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 0 waiting, 1 dead, 0 replayed");
    expect(printed[5]).toBe(
      '-      -          -        5m   -          dead: NOT_A_FAILED_BATCH  a folder/ (no entry in the bucket)',
    );
  });

  it('reads more dead letters than fit a response, and more failed batches than fit a page', async () => {
    const { bury, keysIn, progress, put, run, sqs } = await startReplayServers();
    const keys = Array.from({ length: 301 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => put(key, '{}')));
    for (const key of keys.slice(0, 57)) bury(key, refused);
    const { printed } = await run('status');
    expect(printed[0]).toBe("Failed batches in 'failed': 244 waiting, 57 dead, 0 replayed");
    expect(progress).toEqual([
      'reading dead letters',
      '250 failed batches read',
      '301 failed batches read',
      '',
    ]);
    expect(sqs.queue('dead').counts()).toEqual({ visible: 57, inFlight: 0, delayed: 0 });
    expect(keysIn('dead')).toEqual(keys.slice(0, 57).sort());
  });

  it('reports how many dead letters another reader is receiving', async () => {
    const { bury, run, seed, sqs } = await startReplayServers();
    bury(await seed({ ranges: { 3: [1, 2] } }), refused);
    sqs.queue('dead').receive(1);
    expect((await run('status')).printed).toEqual([
      "Failed batches in 'failed': 1 waiting, 0 dead, 0 replayed",
      'Replay queue: 0 visible, 0 in flight, 0 delayed',
      'Dead-letter queue: 0 visible, 1 in flight, 0 delayed',
      '',
      expect.stringMatching(/^TOPIC /),
      expect.stringMatching(/ waiting /),
      '',
      'Not shown: about 1 dead letter that another reader is receiving; their failed batches count as waiting',
    ]);
  });

  it('makes dead letters visible again if it fails while receiving them', async () => {
    let receives = 0;
    const { bury, run, sqs } = await startReplayServers({
      sqs: ({ operation }) => {
        if (operation !== 'ReceiveMessage') return undefined;
        receives += 1;
        return receives > 5 ? { kind: 'error', status: 403, code: 'AccessDenied' } : undefined;
      },
    });
    for (let index = 0; index < 60; index += 1) bury(`k-${index}`, refused);
    expect((await run('status')).error).toBe(
      'receiving from the dead-letter queue failed: AccessDenied, HTTP 403',
    );
    expect(sqs.queue('dead').counts()).toEqual({ visible: 60, inFlight: 0, delayed: 0 });
  });

  it('ends with one error if the user stops it while the tags of many entries are read', async () => {
    const stop = new AbortController();
    let reads = 0;
    const { put, run } = await startReplayServers({
      s3: ({ operation }) => {
        if (operation !== 'GetObjectTagging') return undefined;
        reads += 1;
        if (reads === 10) stop.abort();
        return { kind: 'hang' };
      },
    });
    for (let index = 0; index < 40; index += 1) await put(`k-${index}`, '{}');
    expect(await run('status', { stop: stop.signal })).toMatchObject({ code: 1, error: 'stopped' });
  });

  it('makes dead letters visible again when the user stops it', async () => {
    const stop = new AbortController();
    const { bury, run, sqs } = await startReplayServers({
      sqs: ({ operation }) => {
        if (operation === 'ReceiveMessage' && sqs.queue('dead').counts().inFlight > 0) stop.abort();
        return undefined;
      },
    });
    for (let index = 0; index < 90; index += 1) bury(`k-${index}`, refused);
    expect((await run('status', { stop: stop.signal })).error).toBe('stopped');
    expect(sqs.queue('dead').counts()).toEqual({ visible: 90, inFlight: 0, delayed: 0 });
    expect(stop.signal.aborted).toBe(true);
  });
});
