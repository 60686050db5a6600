import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { FirehoseClient } from '@aws-sdk/client-firehose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFirehoseClient, createFirehoseStream } from '../../lambda/io/firehose-stream.ts';

/** What the server does with a request: answers, or closes the connection. */
type Answer = { readonly status: number; readonly body: object } | 'reset';

const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };
const records = [Buffer.from('{"a":1}\n'), Buffer.from('{"b":2}\n')];

const taken: Answer = {
  status: 200,
  body: { FailedPutCount: 0, RequestResponses: [{ RecordId: 'r-1' }, { RecordId: 'r-2' }] },
};
const refusal = (status: number, type: string): Answer => ({
  status,
  body: { __type: type, message: 'secret' },
});

let server: http.Server;
let client: FirehoseClient;
let requests: unknown[];
/** To the next requests; after them, each is taken. */
let answers: Answer[];

async function serve(request: http.IncomingMessage, response: http.ServerResponse) {
  requests.push([request.headers['x-amz-target'], await json(request)]);
  const answer = answers.shift() ?? taken;
  if (answer === 'reset') response.destroy();
  else response.writeHead(answer.status).end(JSON.stringify(answer.body));
}

describe('the stream of Firehose', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    requests = [];
    answers = [];
    server = http.createServer((request, response) => void serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_FIREHOSE', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // No jitter is no pause.
    client = createFirehoseClient({ maxConnections: 4, random: () => 0 });
  });

  afterEach(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
    vi.unstubAllEnvs();
  });

  const put = (options = patient) => createFirehoseStream(client, 'archive').put(records, options);

  it('puts records in one call, as they are', async () => {
    expect(await put()).toEqual([undefined, undefined]);
    expect(requests).toEqual([
      [
        'Firehose_20150804.PutRecordBatch',
        {
          DeliveryStreamName: 'archive',
          Records: records.map((record) => ({ Data: record.toString('base64') })),
        },
      ],
    ]);
  });

  it('tells which records were rejected', async () => {
    const RequestResponses = [
      { RecordId: 'r-1' },
      { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
    ];
    answers = [{ status: 200, body: { FailedPutCount: 1, RequestResponses } }];
    expect(await put()).toEqual([undefined, 'ServiceUnavailableException']);
  });

  it.each<[string, Answer]>([
    ['a throttle', refusal(503, 'ServiceUnavailableException')],
    ['a server error', refusal(500, 'InternalFailure')],
    ['a lost connection', 'reset'],
  ])('is tried again after %s', async (_, answer) => {
    answers = [answer, answer];
    expect(await put()).toEqual([undefined, undefined]);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['ResourceNotFoundException', false],
    ['InvalidArgumentException', false],
    ['LimitExceededException', true],
  ])('says what Firehose refuses, without what it says: %s', async (type, retryable) => {
    answers = Array.from({ length: 20 }, () => refusal(400, type));
    const error: unknown = await put().catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable,
      message: `put to the stream 'archive' failed: ${type}, HTTP 400`,
    });
  });

  it('takes no answer that leaves out a record for one about all', async () => {
    answers = [{ status: 200, body: { FailedPutCount: 0, RequestResponses: [{ RecordId: 'r' }] } }];
    await expect(put()).rejects.toMatchObject({
      code: 'STREAM_WRITE_FAILED',
      retryable: true,
      message: "put to the stream 'archive': 1 answers for 2 records",
    });
  });

  it('ends when it is told to', async () => {
    await expect(put({ ...patient, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'STORE_ABORTED',
    });
  });
});
