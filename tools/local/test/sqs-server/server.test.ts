import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import type { ServerFault } from '../../server-fault.ts';
import { startSqsServer } from '../../sqs-server/server.ts';
import { failureOf, startQueues } from './running-queues.ts';

const sendTo = (QueueUrl: string) => new SendMessageCommand({ QueueUrl, MessageBody: 'a' });

describe('an SQS server', () => {
  it('listens where it is told to, once', async () => {
    const { endpoint } = await startQueues();
    const port = Number(new URL(endpoint).port);
    await expect(startSqsServer({ queues: [], port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('wants a dead-letter queue before the queue that has it', async () => {
    const queues = [
      { name: 'work', deadLetters: { name: 'dead', maxReceiveCount: 1 } },
      { name: 'dead' },
    ];
    await expect(startSqsServer({ queues })).rejects.toThrow(
      new RangeError("no queue 'dead' so far"),
    );
  });

  it('has no other queues than those it was given', async () => {
    const { queue } = await startQueues();
    expect(() => queue('other')).toThrow(new RangeError("no queue 'other'"));
  });

  it('closes while a receiver waits', async () => {
    const server = await startQueues();
    const QueueUrl = server.urlOf('work');
    const received = server.client
      .send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
      .then(({ Messages }) => Messages)
      .catch(({ name }: Error) => name);
    await server.client.send(sendTo(server.urlOf('dead')));
    await server.close();
    expect([undefined, 'TimeoutError']).toContain(await received);
  });

  it('breaks the connection of what it cannot read', async () => {
    const { endpoint } = await startQueues();
    await expect(fetch(endpoint, { method: 'POST', body: '{"a' })).rejects.toThrow('fetch failed');
  });
});

describe('a fault', () => {
  const asFault = (fault: ServerFault) => {
    const faults = [fault];
    return () => faults.shift();
  };

  it('answers an error before anything is done', async () => {
    const fault = asFault({ kind: 'error', status: 403, code: 'RequestThrottled' });
    const { client, queue, urlOf } = await startQueues({ fault });
    const sent = client.send(sendTo(urlOf('work')));
    expect(await failureOf(sent)).toEqual([403, 'RequestThrottled']);
    expect(queue('work').peek()).toEqual([]);
  });

  it('breaks the connection before anything is done', async () => {
    const { client, queue, urlOf } = await startQueues({ fault: asFault({ kind: 'reset' }) });
    await expect(client.send(sendTo(urlOf('work')))).rejects.toThrow(/ECONNRESET|hang up/);
    expect(queue('work').peek()).toEqual([]);
  });

  it('loses the answer to a request that was carried out', async () => {
    const { client, queue, urlOf } = await startQueues({ fault: asFault({ kind: 'lost-answer' }) });
    await expect(client.send(sendTo(urlOf('work')))).rejects.toThrow(/ECONNRESET|hang up/);
    expect(queue('work').peek()).toHaveLength(1);
  });

  it('never answers, until the client gives up', async () => {
    const fault = vi.fn(asFault({ kind: 'hang' }));
    const { client, queue, urlOf } = await startQueues({ fault });
    const abort = new AbortController();
    const sent = client.send(sendTo(urlOf('work')), { abortSignal: abort.signal });
    await vi.waitFor(() => expect(fault).toHaveBeenCalled());
    abort.abort();
    await expect(sent).rejects.toThrow('aborted');
    expect(queue('work').peek()).toEqual([]);
    expect(fault.mock.calls).toEqual([[{ operation: 'SendMessage', queue: 'work' }]]);
  });
});
