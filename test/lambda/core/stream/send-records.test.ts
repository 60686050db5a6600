import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { sendRecords } from '../../../../lambda/core/stream/send-records.ts';
import type { StreamRecord } from '../../../../lambda/core/stream/stream-plan.ts';
import { MemoryStream } from '../../../helpers/memory-stream.ts';

const record = (text: string): StreamRecord => ({
  data: Buffer.from(text),
  bytes: text.length,
  runs: [],
});
const [a, b, c] = [record('a\n'), record('b\n'), record('c\n')];

function parts() {
  const deadline = new AbortController();
  const pauses: number[] = [];
  const stream = new MemoryStream();
  return {
    stream,
    pauses,
    deadline,
    send: (records: readonly StreamRecord[], random = 1) =>
      sendRecords(stream, records, {
        ...{ signal: deadline.signal, attemptTimeout: 1000, maxParallelCalls: 4 },
        random: () => random,
        pause: async (milliseconds) => void pauses.push(milliseconds),
      }),
  };
}

describe('sending records', () => {
  it('takes one call where the stream takes all', async () => {
    const { send, stream, pauses } = parts();
    expect(await send([a, b, c])).toEqual({ failed: [], rejections: 0 });
    expect(stream.calls).toEqual([['a\n', 'b\n', 'c\n']]);
    expect(pauses).toEqual([]);
  });

  it('sends only what was rejected again, after a pause that grows', async () => {
    const { send, stream, pauses } = parts();
    const code = 'ServiceUnavailableException';
    stream.fates = [
      new Map([
        [0, code],
        [2, code],
      ]),
      new Map([[1, code]]),
    ];
    expect(await send([a, b, c])).toEqual({ failed: [], rejections: 3 });
    expect(stream.calls).toEqual([['a\n', 'b\n', 'c\n'], ['a\n', 'c\n'], ['c\n']]);
    expect(stream.taken).toEqual(['b\n', 'a\n', 'c\n']);
    expect(pauses).toEqual([200, 400]);
  });

  it('pauses five seconds at most, with jitter', async () => {
    const { send, stream, pauses } = parts();
    stream.fates = Array.from({ length: 8 }, () => new Map([[0, 'InternalFailure']]));
    await send([a], 0.5);
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 2500, 2500, 2500]);
  });

  it('gives up at the deadline, and says what was not taken and why', async () => {
    const { send, stream, deadline } = parts();
    stream.fates = [new Map([[1, 'ServiceUnavailableException']])];
    const sending = send([a, b]);
    deadline.abort();
    // The first call had begun before.
    const { failed, rejections } = await sending;
    expect(failed.map((each) => each.record)).toEqual([a, b]);
    expect(failed[0]?.error).toMatchObject({ code: 'STORE_ABORTED', retryable: true });
    expect(rejections).toBe(0);
  });

  it('gives up what is rejected still when the deadline comes in a pause', async () => {
    const { stream, deadline } = parts();
    stream.fates = [new Map([[1, 'ServiceUnavailableException']])];
    const { failed, rejections } = await sendRecords(stream, [a, b], {
      ...{ signal: deadline.signal, attemptTimeout: 1000, maxParallelCalls: 4 },
      random: () => 1,
      pause: async () => deadline.abort(),
    });
    expect(failed).toEqual([
      {
        record: b,
        error: expect.objectContaining({
          code: 'STREAM_WRITE_FAILED',
          retryable: true,
          message: '1 records rejected until the deadline (ServiceUnavailableException)',
        }),
      },
    ]);
    expect(rejections).toBe(1);
    expect(stream.taken).toEqual(['a\n']);
  });

  it('fails the records of a call without an answer, and not those of others', async () => {
    const { send, stream } = parts();
    stream.fates = ['lost after'];
    const many = Array.from({ length: 501 }, (_, index) => record(`${index}\n`));
    const { failed } = await send(many);
    expect(failed.map((each) => each.record)).toEqual(many.slice(0, 500));
    // It has them, too, which nobody knows.
    expect(stream.taken).toHaveLength(501);
  });
});
