import { Buffer } from 'node:buffer';
import type { FirehoseClient } from '@aws-sdk/client-firehose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFirehoseClient, createFirehoseStream } from '../../lambda/io/firehose-stream.ts';
import { type Answer, AnsweringServer } from '../helpers/answering-server.ts';

const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };
const records = [Buffer.from('{"a":1}\n'), Buffer.from('{"b":2}\n')];

const answer = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) });
const taken = answer(200, {
  FailedPutCount: 0,
  RequestResponses: [{ RecordId: 'r-1' }, { RecordId: 'r-2' }],
});
const refusal = (status: number, type: string): Answer =>
  answer(status, { __type: type, message: 'secret' });

let server: AnsweringServer;
let client: FirehoseClient;

describe('the Firehose stream', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    server = await AnsweringServer.start('FIREHOSE', taken);
    // Without jitter there are no pauses.
    client = createFirehoseClient({ maxConnections: 4, random: () => 0 });
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  const put = (options = patient) => createFirehoseStream(client, 'archive').put(records, options);

  it('puts chunks in one call, unchanged', async () => {
    expect(await put()).toEqual([undefined, undefined]);
    const [request, ...more] = server.requests;
    expect(more).toEqual([]);
    expect(request?.headers['x-amz-target']).toBe('Firehose_20150804.PutRecordBatch');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      DeliveryStreamName: 'archive',
      Records: records.map((record) => ({ Data: record.toString('base64') })),
    });
  });

  it('reports which chunks were rejected', async () => {
    const RequestResponses = [
      { RecordId: 'r-1' },
      { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
    ];
    server.answers = [answer(200, { FailedPutCount: 1, RequestResponses })];
    expect(await put()).toEqual([undefined, 'ServiceUnavailableException']);
  });

  it.each<[string, Answer]>([
    ['a throttle', refusal(503, 'ServiceUnavailableException')],
    ['a server error', refusal(500, 'InternalFailure')],
    ['a lost connection', 'reset'],
  ])('retries after %s', async (_, failure) => {
    server.answers = [failure, failure];
    expect(await put()).toEqual([undefined, undefined]);
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['ResourceNotFoundException', false],
    ['InvalidArgumentException', false],
    ['LimitExceededException', true],
  ])('names the error of Firehose without its message: %s', async (type, retryable) => {
    server.answers = Array.from({ length: 20 }, () => refusal(400, type));
    const error: unknown = await put().catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable,
      message: `put to the stream 'archive' failed: ${type}, HTTP 400`,
    });
  });

  it('fails if an answer does not cover all chunks', async () => {
    server.answers = [answer(200, { FailedPutCount: 0, RequestResponses: [{ RecordId: 'r' }] })];
    await expect(put()).rejects.toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable: true,
      message: "put to the stream 'archive': 1 answers for 2 chunks, and 0 of 0 rejections named",
    });
  });

  it('takes no chunk for accepted without its record id', async () => {
    const RequestResponses = [{ RecordId: 'r-1' }, {}];
    server.answers = [answer(200, { FailedPutCount: 0, RequestResponses })];
    expect(await put()).toEqual([undefined, 'NoRecordId']);
    const both = { RecordId: 'r-2', ErrorCode: 'InternalFailure' };
    server.answers = [answer(200, { RequestResponses: [{ RecordId: 'r-1' }, both] })];
    expect(await put()).toEqual([undefined, 'InternalFailure']);
  });

  it('fails if an answer counts more rejections than it names', async () => {
    const RequestResponses = [{ RecordId: 'r-1' }, { ErrorCode: 'InternalFailure' }];
    server.answers = [answer(200, { FailedPutCount: 2, RequestResponses })];
    await expect(put()).rejects.toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable: true,
      message: "put to the stream 'archive': 2 answers for 2 chunks, and 1 of 2 rejections named",
    });
  });

  it('ends when the signal aborts', async () => {
    await expect(put({ ...patient, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'STORE_ABORTED',
    });
  });
});
