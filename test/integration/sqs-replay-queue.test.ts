import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseReplayMessage } from '../../lambda/core/failed-batch/replay-message.ts';
import { createSqsClient, createSqsReplayQueue } from '../../lambda/io/sqs-replay-queue.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';
import { type SqsServer, startSqsServer } from '../../tools/local/sqs-server/server.ts';

const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

let server: SqsServer;
let client: SQSClient;
let operations: string[];
let faults: (ServerFault | undefined)[];

const newQueue = () =>
  createSqsReplayQueue(client, {
    replayQueueUrl: server.urlOf('replay'),
    deadLetterQueueUrl: server.urlOf('dead'),
  });
const pointer = (key: string) => ({ bucket: 'failed', key });

describe('the replay queue', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    operations = [];
    faults = [];
    server = await startSqsServer({
      queues: [
        { name: 'dead' },
        { name: 'replay', deadLetters: { name: 'dead', maxReceiveCount: 3 } },
      ],
      fault: ({ operation }) => {
        operations.push(operation);
        return faults.shift();
      },
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', server.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // Without jitter there are no pauses.
    client = createSqsClient({ maxConnections: 4, random: () => 0 });
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    vi.unstubAllEnvs();
  });

  it('hides a message for the given number of seconds', async () => {
    const queue = server.queue('replay');
    queue.send({ body: 'x' });
    const [message] = queue.receive(1, 30);
    await newQueue().delay(message?.receiptHandle ?? '', 0, patient);
    expect(queue.receive(1)).toMatchObject([{ body: 'x', receiveCount: 2 }]);
    expect(operations).toEqual(['ChangeMessageVisibility']);
  });

  it('sends a dead letter with its reason, as a message that can be redriven', async () => {
    const letter = { body: '{"Records":[]}', attributes: { code: 'NO_PAYLOAD', reason: 'none é' } };
    await newQueue().sendDeadLetter(letter, patient);
    const received = await client.send(
      new ReceiveMessageCommand({ QueueUrl: server.urlOf('dead'), MessageAttributeNames: ['All'] }),
    );
    expect(received.Messages).toMatchObject([
      {
        Body: '{"Records":[]}',
        MessageAttributes: {
          code: { DataType: 'String', StringValue: 'NO_PAYLOAD' },
          reason: { DataType: 'String', StringValue: 'none é' },
        },
      },
    ]);
  });

  it('sends ten failed batches with one request', async () => {
    const keys = Array.from({ length: 23 }, (_, i) => `key ${i}`);
    await newQueue().enqueue(keys.map(pointer), patient);
    expect(operations).toEqual(['SendMessageBatch', 'SendMessageBatch', 'SendMessageBatch']);
    const bodies = server
      .queue('replay')
      .receive(30)
      .map(({ body }) => body);
    expect(bodies.flatMap(parseReplayMessage)).toEqual(keys.map(pointer));
    await newQueue().enqueue([], patient);
    expect(operations).toHaveLength(3);
  });

  it.each([
    ['a throttle', { kind: 'error', status: 403, code: 'RequestThrottled' } as const],
    ['a server error', { kind: 'error', status: 500, code: 'InternalError' } as const],
    ['a reset connection', { kind: 'reset' } as const],
    ['a lost answer', { kind: 'lost-answer' } as const],
  ])('succeeds despite %s', async (_, fault) => {
    faults = [fault];
    await newQueue().enqueue([pointer('k')], patient);
    expect(operations).toEqual(['SendMessageBatch', 'SendMessageBatch']);
    expect(server.queue('replay').receive(10).length).toBeGreaterThan(0);
  });

  it('reports what the queue refuses', async () => {
    const refused: ServerFault = { kind: 'error', status: 403, code: 'AccessDenied' };
    faults = [refused, refused];
    await expect(
      newQueue().sendDeadLetter({ body: 'x', attributes: {} }, patient),
    ).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
      message: 'sending to the dead-letter queue failed: AccessDenied, HTTP 403',
    });
    await expect(newQueue().enqueue([pointer('k')], patient)).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
      message: 'sending to the replay queue failed: AccessDenied, HTTP 403',
    });
    await expect(newQueue().delay('unknown', 1, patient)).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
    });
  });

  it('fails if the queue accepts only a part of the messages', async () => {
    const Failed = [{ Id: '0', SenderFault: false, Code: 'InternalError' }];
    client.middlewareStack.add(
      (next) => async (args) => {
        const { output, ...rest } = await next(args);
        return { ...rest, output: { ...output, Failed } };
      },
      { step: 'initialize' },
    );
    await expect(newQueue().enqueue([pointer('k')], patient)).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
      retryable: true,
      message: 'sending to the replay queue failed for 1 of 1 messages (InternalError)',
    });
  });

  it('ends at the deadline', async () => {
    faults = [{ kind: 'hang' }];
    const deadline = new AbortController();
    const called = newQueue().sendDeadLetter(
      { body: 'x', attributes: {} },
      { ...patient, signal: deadline.signal },
    );
    await vi.waitFor(() => expect(operations).toHaveLength(1));
    deadline.abort();
    await expect(called).rejects.toMatchObject({ code: 'STORE_ABORTED', retryable: true });
  });
});
