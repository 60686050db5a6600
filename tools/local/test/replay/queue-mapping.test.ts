import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../../test/helpers/eventually.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';
import { QueueMapping, type QueueMappingEvent } from '../../replay/queue-mapping.ts';
import type { SqsServerOptions } from '../../sqs-server/server.ts';
import { startQueues } from '../sqs-server/running-queues.ts';

interface MappingParts {
  /** Completes an invocation with these messages. */
  readonly respond: (messages: readonly SentMessage[]) => Outcome;
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly fault?: SqsServerOptions['fault'];
}

type Outcome = InvokeOutcome | Promise<InvokeOutcome>;

interface SentMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
}

/** Starts a mapping with an empty queue and a scripted function. */
async function startMapping(parts: MappingParts) {
  const { batchSize = 5, concurrency = 1, fault, respond } = parts;
  const { client, queue, urlOf } = await startQueues({ ...(fault && { fault }) });
  const events: QueueMappingEvent[] = [];
  const invoked: string[] = [];
  const mapping = new QueueMapping({
    ...{ client, queueUrl: urlOf('work'), batchSize, concurrency },
    observe: (event) => events.push(event),
    invoke: async (event) => {
      invoked.push(event);
      const { Records: messages }: { Records: readonly SentMessage[] } = JSON.parse(event);
      return respond(messages);
    },
  });
  const work = queue('work');
  const running = mapping.run();
  const stop = () => {
    mapping.stop();
    return running;
  };
  onTestFinished(stop);
  return { events, invoked, stop, work };
}

const returned = (result: unknown): InvokeOutcome => ({
  kind: 'returned',
  payload: JSON.stringify(result),
});

const failuresOf = (ids: readonly unknown[]) =>
  returned({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

const all = ['a', 'b', 'c'];
const [a, b, c] = all.map((body) => ({ body, tries: 1 }));

/** Sends three messages, lets them be delivered once, and returns what is left of them. */
async function leftAfter(respond: MappingParts['respond']) {
  const { events, stop, work } = await startMapping({ respond });
  // Together, so that they are one batch.
  for (const body of all) work.send({ body });
  await eventually(() => expect(events).toHaveLength(1));
  await stop();
  const { inFlight, visible } = work.counts();
  expect(visible).toBe(0);
  const left = work.peek().map(({ body }) => body);
  expect(left).toHaveLength(inFlight);
  return { left, events };
}

describe('messages', () => {
  it('are delivered in the service’s event', async () => {
    const { invoked, work } = await startMapping({ respond: () => returned(null) });
    const id = work.send({ body: '{"größe":1}' });
    await eventually(() => expect(invoked).toHaveLength(1));
    expect(JSON.parse(invoked[0] ?? '')).toEqual({
      Records: [
        {
          messageId: id,
          receiptHandle: expect.stringMatching(`^${id}:`),
          body: '{"größe":1}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: 'emulator',
          },
          messageAttributes: {},
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:replay',
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  it('are deleted, except those that the function reports as failed', async () => {
    const { events, left } = await leftAfter(([, second]) => failuresOf([second?.messageId]));
    expect(left).toEqual(['b']);
    expect(events).toMatchObject([{ type: 'invoked', messages: 3, kept: 1, done: [a, c] }]);
  });

  it.each([
    ['null', returned(null)],
    ['nothing', { kind: 'returned', payload: '' } as const],
    ['{}', returned({})],
    ['no list', returned({ batchItemFailures: null })],
    ['an empty list', failuresOf([])],
  ])('are all deleted if the function returns %s', async (_, outcome) => {
    const { events, left } = await leftAfter(() => outcome);
    expect(left).toEqual([]);
    expect(events).toMatchObject([{ messages: 3, kept: 0, done: [a, b, c], outcome }]);
  });

  it.each<[string, MappingParts['respond']]>([
    ['fails', () => ({ kind: 'failed', errorType: 'Error' })],
    ['is throttled', () => ({ kind: 'throttled' })],
    ['names all', (messages) => failuresOf(messages.map(({ messageId }) => messageId))],
    ['names a message that was not sent', ([first]) => failuresOf([first?.messageId, 'x'])],
    ['names null', () => returned({ batchItemFailures: [null] })],
    ['returns no list', () => returned({ batchItemFailures: 'all' })],
    ['returns no object', () => returned('done')],
    ['returns no JSON', () => ({ kind: 'returned', payload: '{"batch' })],
  ])('all stay in the queue if the function %s', async (_, respond) => {
    const { events, left } = await leftAfter(respond);
    expect(left).toEqual(all);
    expect(events).toMatchObject([{ messages: 3, kept: 3, done: [] }]);
  });

  it('that stay in the queue are redelivered once visible, with their receive count', async () => {
    const { events, work } = await startMapping({
      respond: ([message]) => {
        if (events.length > 0) return returned(null);
        // As the function does to change the delay of a retry.
        work.changeVisibility(message?.receiptHandle ?? '', 0);
        return failuresOf([message?.messageId]);
      },
    });
    work.send({ body: 'a' });
    await eventually(() => expect(work.peek()).toEqual([]));
    expect(events).toMatchObject([
      { kept: 1, done: [] },
      { kept: 0, done: [{ body: 'a', tries: 2 }] },
    ]);
  });
});

describe('invocations', () => {
  it('contain no more messages than the batch size', async () => {
    const batches: (readonly string[])[] = [];
    const { work } = await startMapping({
      batchSize: 2,
      respond: (messages) => {
        batches.push(messages.map(({ body }) => body));
        return returned(null);
      },
    });
    for (const body of [...all, 'd', 'e']) work.send({ body });
    await eventually(() => expect(batches.flat()).toHaveLength(5));
    expect(Math.max(...batches.map(({ length }) => length))).toBe(2);
  });

  it('are limited to the concurrency', async () => {
    let [running, most] = [0, 0];
    const answers: (() => void)[] = [];
    const { work } = await startMapping({
      ...{ batchSize: 1, concurrency: 3 },
      respond: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => answers.push(resolve));
        running -= 1;
        return returned(null);
      },
    });
    for (let i = 0; i < 7; i++) work.send({ body: `${i}` });
    await eventually(() => expect(running).toBe(3));
    expect(work.counts()).toEqual({ visible: 4, inFlight: 3, delayed: 0 });
    await eventually(() => {
      for (const answer of answers.splice(0)) answer();
      expect(work.peek()).toEqual([]);
    });
    expect(most).toBe(3);
  });

  it('are awaited after a stop, and their messages are deleted', async () => {
    const answer = Promise.withResolvers<InvokeOutcome>();
    const { invoked, stop, work } = await startMapping({ respond: () => answer.promise });
    work.send({ body: 'a' });
    await eventually(() => expect(invoked).toHaveLength(1));
    let hasEnded = false;
    const ended = stop().then(() => {
      hasEnded = true;
    });
    work.send({ body: 'b' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    answer.resolve(returned(null));
    await ended;
    expect(work.peek().map(({ body }) => body)).toEqual(['b']);
    expect(invoked).toHaveLength(1);
  });
});

describe('a queue that fails', () => {
  const error = { kind: 'error', status: 500, code: 'InternalError' } as const;

  /** Fails the first call of an operation. */
  function firstOf(failing: string): SqsServerOptions['fault'] {
    const left = [failing];
    return ({ operation }) => (operation === left[0] && left.shift() ? error : undefined);
  }

  it('is polled again', async () => {
    const { events, work } = await startMapping({
      respond: () => returned(null),
      fault: firstOf('ReceiveMessage'),
    });
    work.send({ body: 'a' });
    await eventually(() => expect(work.peek()).toEqual([]));
    expect(events).toMatchObject([
      { type: 'queue failed', action: 'receive' },
      { type: 'invoked', done: [a] },
    ]);
  });

  it('keeps messages that cannot be deleted', async () => {
    const { events, work } = await startMapping({
      respond: () => returned(null),
      fault: firstOf('DeleteMessageBatch'),
    });
    work.send({ body: 'a' });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events).toMatchObject([
      { type: 'invoked', done: [a] },
      { type: 'queue failed', action: 'delete' },
    ]);
    expect(work.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });
});

describe('a single poll', () => {
  it('delivers the visible messages, and returns whether there were any', async () => {
    const { client, queue, urlOf } = await startQueues({});
    const invoked: string[] = [];
    const mapping = new QueueMapping({
      ...{ client, queueUrl: urlOf('work'), batchSize: 2, concurrency: 1 },
      observe: () => undefined,
      invoke: async (event) => {
        invoked.push(...JSON.parse(event).Records.map(({ body }: SentMessage) => body));
        return returned(null);
      },
    });
    for (const body of all) queue('work').send({ body });
    expect([await mapping.poll(), await mapping.poll(), await mapping.poll()]).toEqual([
      ...[true, true, false],
    ]);
    expect(invoked).toEqual(all);
    expect(queue('work').peek()).toEqual([]);
  });
});
