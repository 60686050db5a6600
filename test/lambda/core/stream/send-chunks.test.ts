import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { sendChunks } from '../../../../lambda/core/stream/send-chunks.ts';
import type { Chunk } from '../../../../lambda/core/stream/stream-plan.ts';
import { MemoryStream } from '../../../helpers/memory-stream.ts';

const chunk = (text: string): Chunk => ({
  data: Buffer.from(text),
  bytes: text.length,
  runs: [],
});
const [a, b, c] = [chunk('a\n'), chunk('b\n'), chunk('c\n')];

function parts() {
  const deadline = new AbortController();
  const pauses: number[] = [];
  const stream = new MemoryStream();
  return {
    stream,
    pauses,
    deadline,
    send: (chunks: readonly Chunk[], random = 1) =>
      sendChunks(stream, chunks, {
        ...{ signal: deadline.signal, attemptTimeout: 1000, maxParallelCalls: 4 },
        random: () => random,
        pause: async (milliseconds) => void pauses.push(milliseconds),
      }),
  };
}

describe('sendChunks', () => {
  it('makes one call if the stream accepts everything', async () => {
    const { send, stream, pauses } = parts();
    expect(await send([a, b, c])).toEqual({ failed: [], rejections: 0 });
    expect(stream.calls).toEqual([['a\n', 'b\n', 'c\n']]);
    expect(pauses).toEqual([]);
  });

  it('resends only the rejected chunks, after growing pauses', async () => {
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

  it('pauses for at most five seconds, with jitter', async () => {
    const { send, stream, pauses } = parts();
    stream.fates = Array.from({ length: 8 }, () => new Map([[0, 'InternalFailure']]));
    await send([a], 0.5);
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 2500, 2500, 2500]);
  });

  it('returns at the deadline what was not accepted, and why', async () => {
    const { send, stream, deadline } = parts();
    stream.fates = [new Map([[1, 'ServiceUnavailableException']])];
    const sending = send([a, b]);
    deadline.abort();
    // Before the first call reaches the stream.
    const { failed, rejections } = await sending;
    expect(failed.map((each) => each.chunk)).toEqual([a, b]);
    expect(failed[0]?.error).toMatchObject({ code: 'STORE_ABORTED', retryable: true });
    expect(rejections).toBe(0);
  });

  it('fails the chunks that are still rejected when the deadline passes during a pause', async () => {
    const { stream, deadline } = parts();
    stream.fates = [new Map([[1, 'ServiceUnavailableException']])];
    const { failed, rejections } = await sendChunks(stream, [a, b], {
      ...{ signal: deadline.signal, attemptTimeout: 1000, maxParallelCalls: 4 },
      random: () => 1,
      pause: async () => deadline.abort(),
    });
    expect(failed).toEqual([
      {
        chunk: b,
        error: expect.objectContaining({
          code: 'STREAM_WRITE_FAILED',
          retryable: true,
          message: '1 of 2 chunks still rejected at the deadline (ServiceUnavailableException)',
        }),
      },
    ]);
    expect(rejections).toBe(1);
    expect(stream.taken).toEqual(['a\n']);
  });

  it('fails the chunks of a call that got no answer, and no others', async () => {
    const { send, stream } = parts();
    stream.fates = ['lost after'];
    const many = Array.from({ length: 501 }, (_, index) => chunk(`${index}\n`));
    const { failed } = await send(many);
    expect(failed.map((each) => each.chunk)).toEqual(many.slice(0, 500));
    // The stream has those as well, but never said so.
    expect(stream.taken).toHaveLength(501);
  });
});
