import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { startJsonServer } from '../json-server.ts';
import type { ServerFault } from '../server-fault.ts';
import { failureOf, startQueues } from './sqs-server/running-queues.ts';

const sendTo = (QueueUrl: string) => new SendMessageCommand({ QueueUrl, MessageBody: 'a' });

/** Injects a fault into the first request. */
function firstOne(fault: ServerFault) {
  const faults = [fault];
  return () => faults.shift();
}

describe('a server of a JSON protocol', () => {
  it('refuses operations that it does not implement', async () => {
    const { endpoint } = await startQueues();
    const headers = { 'x-amz-target': 'AmazonSQS.CreateQueue' };
    const answer = await fetch(endpoint, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    expect(await answer.json()).toMatchObject({ __type: 'com.amazonaws.sqs#InvalidAction' });
  });

  it('closes the connection of a request that is not JSON', async () => {
    const { endpoint } = await startQueues();
    await expect(fetch(endpoint, { method: 'POST', body: '{"a' })).rejects.toThrow('fetch failed');
  });

  it('responds with an injected error before the request is executed', async () => {
    const fault = firstOne({ kind: 'error', status: 403, code: 'RequestThrottled' });
    const { client, queue, urlOf } = await startQueues({ fault });
    const sent = client.send(sendTo(urlOf('work')));
    expect(await failureOf(sent)).toEqual([403, 'RequestThrottled']);
    expect(queue('work').peek()).toEqual([]);
  });

  it.each([
    ['reset', 0],
    ['lost-answer', 1],
  ] as const)('sends no response after %s; executed requests: %i', async (kind, executed) => {
    const { client, queue, urlOf } = await startQueues({ fault: firstOne({ kind }) });
    await expect(client.send(sendTo(urlOf('work')))).rejects.toThrow(/ECONNRESET|hang up/);
    expect(queue('work').peek()).toHaveLength(executed);
  });

  it('hangs until the client gives up, and executes nothing', async () => {
    const fault = vi.fn(firstOne({ kind: 'hang' }));
    const { client, queue, urlOf } = await startQueues({ fault });
    const abort = new AbortController();
    const sent = client.send(sendTo(urlOf('work')), { abortSignal: abort.signal });
    sent.catch(() => undefined);
    await eventually(() => expect(fault).toHaveBeenCalled());
    abort.abort();
    await expect(sent).rejects.toThrow('aborted');
    expect(queue('work').peek()).toEqual([]);
    expect(fault.mock.calls).toEqual([[{ operation: 'SendMessage', queue: 'work' }]]);
  });

  it('executes no request after it is closed, even one that it received before', async () => {
    let decide = () => {};
    const decided = new Promise<undefined>((resolve) => {
      decide = () => resolve(undefined);
    });
    const fault = vi.fn(() => decided);
    const execute = vi.fn(() => ({}));
    const server = await startJsonServer({ contentType: 'text/plain', faultOf: fault, execute });
    const sent = fetch(server.endpoint, { method: 'POST', body: '{}' });
    sent.catch(() => undefined);
    await eventually(() => expect(fault).toHaveBeenCalled());
    await server.close();
    decide();
    await expect(sent).rejects.toThrow('fetch failed');
    expect(execute).not.toHaveBeenCalled();
  });
});
