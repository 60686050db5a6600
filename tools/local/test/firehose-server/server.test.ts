import { Buffer } from 'node:buffer';
import {
  CreateDeliveryStreamCommand,
  type FirehoseClient,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import type { FirehoseFault } from '../../firehose-server/server.ts';
import { FakeClock } from '../fake-clock.ts';
import { failureOf, startStream, streamName } from './running-streams.ts';

const DeliveryStreamName = streamName;

const put = (client: FirehoseClient, ...texts: readonly string[]) =>
  client.send(
    new PutRecordBatchCommand({
      DeliveryStreamName,
      Records: texts.map((text) => ({ Data: Buffer.from(text) })),
    }),
  );

const putOne = (client: FirehoseClient, text: string) =>
  client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from(text) } }));

/** A stream that records what it takes, with these faults for its first requests. */
async function startFaulty(...faults: readonly (FirehoseFault | undefined)[]) {
  const left = [...faults];
  const requests: unknown[] = [];
  const taken: string[] = [];
  const running = await startStream({
    fault: (request) => {
      requests.push(request);
      return left.shift();
    },
    onTaken: (_, record) => taken.push(record.toString()),
  });
  return { ...running, requests, taken };
}

describe('a fault', () => {
  it('answers an error before anything is taken', async () => {
    const error = { kind: 'error', status: 503, code: 'ServiceUnavailableException' } as const;
    const { client, requests, taken } = await startFaulty(error);
    expect(await failureOf(put(client, 'a', 'b'))).toEqual([503, 'ServiceUnavailableException']);
    expect(taken).toEqual([]);
    expect(requests).toEqual([{ operation: 'PutRecordBatch', stream: streamName, records: 2 }]);
  });

  it('breaks the connection before anything is taken, or after', async () => {
    const { client, taken } = await startFaulty({ kind: 'reset' }, { kind: 'lost-answer' });
    await expect(put(client, 'a')).rejects.toThrow(/ECONNRESET|hang up/);
    expect(taken).toEqual([]);
    await expect(put(client, 'b')).rejects.toThrow(/ECONNRESET|hang up/);
    expect(taken).toEqual(['b']);
  });

  it('never answers, until the client gives up', async () => {
    const { client, requests, taken } = await startFaulty({ kind: 'hang' });
    const abort = new AbortController();
    const command = new PutRecordBatchCommand({
      DeliveryStreamName,
      Records: [{ Data: Buffer.from('a') }],
    });
    const call = client.send(command, { abortSignal: abort.signal });
    call.catch(() => undefined);
    await expect.poll(() => requests.length).toBe(1);
    abort.abort();
    await expect(call).rejects.toThrow('aborted');
    expect(taken).toEqual([]);
  });

  it('rejects some records of a call, and takes the others', async () => {
    const isRejected = (place: number) => place !== 1;
    const { client, taken } = await startFaulty(
      { kind: 'reject', isRejected },
      { kind: 'reject', isRejected },
    );
    const { FailedPutCount, RequestResponses } = await put(client, 'a', 'b', 'c');
    const rejected = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
    expect(FailedPutCount).toBe(2);
    expect(RequestResponses).toEqual([rejected, { RecordId: expect.any(String) }, rejected]);
    expect(await failureOf(putOne(client, 'd'))).toEqual([503, 'ServiceUnavailableException']);
    expect(taken).toEqual(['b']);
  });
});

describe('a rate', () => {
  it('of calls refuses those beyond it', async () => {
    const clock = new FakeClock();
    const { client } = await startStream({ clock, settings: { rates: { callsPerSecond: 1 } } });
    await put(client, 'a');
    expect(await failureOf(put(client, 'b'))).toEqual([503, 'ServiceUnavailableException']);
    expect(await failureOf(putOne(client, 'b'))).toEqual([503, 'ServiceUnavailableException']);
    await clock.advance(1000);
    await put(client, 'b');
  });

  it.each([
    ['records', { recordsPerSecond: 2 }],
    ['bytes', { bytesPerSecond: 2 }],
  ])('of %s rejects the records beyond it', async (_, rates) => {
    const { client } = await startStream({ clock: new FakeClock(), settings: { rates } });
    const { FailedPutCount, RequestResponses = [] } = await put(client, 'a', 'b', 'c');
    expect(FailedPutCount).toBe(1);
    expect(RequestResponses.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      undefined,
      'ServiceUnavailableException',
    ]);
  });
});

describe('the server', () => {
  it('refuses operations that it does not have', async () => {
    const { client } = await startStream();
    const call = client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName }));
    expect(await failureOf(call)).toEqual([400, 'UnknownOperationException']);
  });

  it('refuses data that is no blob', async () => {
    const { endpoint } = await startStream();
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Firehose_20150804.PutRecordBatch' },
      body: JSON.stringify({ DeliveryStreamName, Records: [{ Data: 1 }] }),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(await answer.json()).toEqual({
      __type: 'SerializationException',
      message: 'Data is no blob',
    });
  });

  it('has no stream that it was not given', async () => {
    const { stream } = await startStream();
    expect(() => stream('other')).toThrow("no stream 'other'");
  });
});
