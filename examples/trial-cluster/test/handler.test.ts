import { describe, expect, it } from 'vitest';
import { fakeClock, invocation } from '../../../test/helpers/archive-parts.ts';
import { TrialError } from '../function/errors.ts';
import { createTrialHandler, type TrialTopics } from '../function/handler.ts';
import type { SampleRecord } from '../function/sample-records.ts';
import type { StackRequest, StackResponse } from '../function/stack-request.ts';

const RESPONSE_URL = 'https://cloudformation-custom-resource-response.example.com/answer';

function request(
  RequestType: StackRequest['RequestType'],
  ResourceProperties: StackRequest['ResourceProperties'] = {
    Topics: ['orders', 'payments'],
    Partitions: '3',
  },
): StackRequest {
  return {
    RequestType,
    ResponseURL: RESPONSE_URL,
    StackId: 'stack-1',
    RequestId: 'request-1',
    LogicalResourceId: 'Topics',
    ...(RequestType !== 'Create' && { PhysicalResourceId: 'topics' }),
    ResourceProperties,
  };
}

const success = {
  Status: 'SUCCESS',
  PhysicalResourceId: 'topics',
  StackId: 'stack-1',
  RequestId: 'request-1',
  LogicalResourceId: 'Topics',
};
const failed = (Reason: string) => ({ ...success, Status: 'FAILED', Reason });

/** Topics in memory, whose creation may fail. */
class MemoryTopics implements TrialTopics {
  readonly partitions = new Map<string, number>();
  readonly produced: SampleRecord[] = [];
  tries = 0;
  failCreate: () => Error | undefined = () => undefined;

  create(topics: readonly string[], partitions: number): Promise<void> {
    this.tries++;
    const failure = this.failCreate();
    if (failure !== undefined) return Promise.reject(failure);
    for (const topic of topics) {
      if (!this.partitions.has(topic)) this.partitions.set(topic, partitions);
    }
    return Promise.resolve();
  }

  produce(topic: string, records: Iterable<SampleRecord>): Promise<number> {
    if (!this.partitions.has(topic)) {
      return Promise.reject(new TrialError('KAFKA_FAILED', `no topic '${topic}'`));
    }
    const before = this.produced.length;
    this.produced.push(...records);
    return Promise.resolve(this.produced.length - before);
  }
}

function parts() {
  const topics = new MemoryTopics();
  const clock = fakeClock();
  const answers: { readonly url: string; readonly response: StackResponse }[] = [];
  const pauses: number[] = [];
  const handler = createTrialHandler({
    topics,
    clock,
    respond: (url, response) => {
      answers.push({ url, response });
      return Promise.resolve();
    },
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { answers, clock, handler, pauses, topics };
}

const refused = () => new TrialError('KAFKA_FAILED', 'not authorized', { retryable: true });

describe('a request of the stack', () => {
  it('creates the topics, and is answered at its URL', async () => {
    const { answers, clock, handler, topics } = parts();

    await handler(request('Create'), invocation);

    expect([...topics.partitions]).toEqual([
      ['orders', 3],
      ['payments', 3],
    ]);
    expect(answers).toEqual([{ url: RESPONSE_URL, response: success }]);
    // Half a minute of the invocation is reserved for the answer.
    expect(clock.timeouts).toEqual([30_000]);
  });

  it('succeeds if a topic already exists', async () => {
    const { answers, handler, topics } = parts();
    topics.partitions.set('orders', 7);

    await handler(request('Create'), invocation);

    expect(topics.partitions.get('orders')).toBe(7);
    expect(answers.map(({ response }) => response)).toEqual([success]);
  });

  it("creates the new topics of an update, and keeps the resource's id", async () => {
    const { answers, handler, topics } = parts();
    await handler(request('Create', { Topics: ['orders'], Partitions: '3' }), invocation);
    await handler({ ...request('Update'), PhysicalResourceId: 'other' }, invocation);
    expect([...topics.partitions.keys()]).toEqual(['orders', 'payments']);
    expect(answers[1]?.response).toEqual({ ...success, PhysicalResourceId: 'other' });
  });

  it('does nothing and succeeds on deletion, whatever its properties', async () => {
    const { answers, handler, topics } = parts();
    topics.failCreate = refused;
    await handler(request('Delete', {}), invocation);
    expect(topics.tries).toBe(0);
    expect(answers.map(({ response }) => response)).toEqual([success]);
  });

  it('is retried until permissions take effect', async () => {
    const { answers, handler, pauses, topics } = parts();
    topics.failCreate = () => (topics.tries < 4 ? refused() : undefined);

    await handler(request('Create'), invocation);

    expect(topics.tries).toBe(4);
    expect(pauses).toEqual([5_000, 5_000, 5_000]);
    expect(answers.map(({ response }) => response)).toEqual([success]);
  });

  it('is answered with the last reason if every retry fails', async () => {
    const { answers, clock, handler, topics } = parts();
    topics.failCreate = () => {
      if (topics.tries === 3) clock.expire();
      return refused();
    };

    await handler(request('Create'), invocation);

    expect(topics.tries).toBe(3);
    expect(answers.map(({ response }) => response)).toEqual([failed('not authorized')]);
  });

  it('is answered if the cluster hangs', async () => {
    const { answers, clock, handler, topics } = parts();
    topics.create = () => new Promise(() => clock.expire());

    await handler(request('Create'), invocation);

    expect(answers.map(({ response }) => response)).toEqual([
      failed('the trial cluster did not answer in time'),
    ]);
  });

  it('is answered without an attempt if no time is left', async () => {
    const { answers, clock, handler, topics } = parts();
    clock.expire();
    const late = { ...invocation, getRemainingTimeInMillis: () => 10_000 };

    await handler(request('Create'), late);

    expect(clock.timeouts).toEqual([0]);
    expect(topics.tries).toBe(0);
    expect(answers.map(({ response }) => response)).toEqual([
      failed('the trial cluster did not answer in time'),
    ]);
  });

  it.each([
    new TrialError('KAFKA_FAILED', 'not worth a retry'),
    new TypeError('a defect, which may quote anything'),
  ])('is not retried after %s', async (failure) => {
    const { answers, handler, topics } = parts();
    topics.failCreate = () => failure;
    await handler(request('Create'), invocation);
    expect(topics.tries).toBe(1);
    const reason = failure instanceof TrialError ? failure.message : 'unexpected TypeError';
    expect(answers.map(({ response }) => response)).toEqual([failed(reason)]);
  });

  it('shortens a reason that does not fit into an answer', async () => {
    const { answers, handler, topics } = parts();
    topics.failCreate = () => new TrialError('KAFKA_FAILED', 'x'.repeat(5000));
    await handler(request('Create'), invocation);
    expect(answers[0]?.response.Reason).toBe('x'.repeat(1000));
  });

  it.each([
    {},
    { Topics: 'orders', Partitions: '3' },
    { Topics: [1], Partitions: '3' },
    { Topics: ['orders'] },
    { Topics: ['orders'], Partitions: '0' },
    { Topics: ['orders'], Partitions: 'three' },
  ])('is answered with the problem of its properties: %j', async (properties) => {
    const { answers, handler, topics } = parts();
    await handler(request('Create', properties), invocation);
    expect(topics.tries).toBe(0);
    expect(answers.map(({ response }) => response)).toEqual([
      failed('Topics must be a list of names, and Partitions a whole number from 1'),
    ]);
  });

  it('fails if the answer is not accepted, so that Lambda retries', async () => {
    const { topics, clock } = parts();
    const handler = createTrialHandler({
      ...{ topics, clock },
      respond: () => Promise.reject(new TrialError('UNEXPECTED', 'HTTP 403')),
      pause: () => Promise.resolve(),
    });
    await expect(handler(request('Create'), invocation)).rejects.toThrow('HTTP 403');
  });
});

describe('a command', () => {
  it('produces the given number of records, and returns how many were acknowledged', async () => {
    const { answers, handler, topics } = parts();
    topics.partitions.set('orders', 3);

    const result = await handler({ topic: 'orders', records: 1234 }, invocation);

    expect(result).toEqual({ topic: 'orders', records: 1234 });
    expect(topics.produced).toHaveLength(1234);
    expect(answers).toEqual([]);
  });

  it('is refused with an example of a valid command', async () => {
    const { handler, topics } = parts();
    await expect(handler({ topic: 'orders', records: 'many' }, invocation)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      message: expect.stringContaining('{"topic":"orders","records":1000}'),
    });
    await expect(
      handler({ RequestType: 'Create', ResponseURL: 1 }, invocation),
    ).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    expect(topics.produced).toEqual([]);
  });

  it("fails with the cluster's error", async () => {
    const { handler } = parts();
    await expect(handler({ topic: 'other', records: 1 }, invocation)).rejects.toThrow(
      "no topic 'other'",
    );
  });
});
