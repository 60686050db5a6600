import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Queue, type QueueSettings } from '../../sqs-server/queue.ts';

const start = Date.UTC(2026, 10, 24, 9);
let now: number;

beforeEach(() => {
  now = start;
});

const queueOf = (settings: Partial<QueueSettings> = {}) =>
  new Queue({ name: 'work', ...settings }, () => now);

/** Lets a number of seconds pass. */
const pass = (seconds: number) => {
  now += seconds * 1000;
};

const bodiesOf = (messages: readonly { readonly body: string }[]) =>
  messages.map(({ body }) => body);

/** Receives the only visible message. */
function receiveOne(queue: Queue, visibilitySeconds?: number) {
  const [message, ...others] = queue.receive(10, visibilitySeconds);
  expect(others).toEqual([]);
  if (message === undefined) throw new TypeError('nothing to receive');
  return message;
}

describe('a queue', () => {
  it('delivers messages in the order in which they become visible, up to the number asked for', () => {
    const queue = queueOf();
    queue.send({ body: 'late', delaySeconds: 3 });
    for (const body of ['a', 'b', 'c']) queue.send({ body });
    expect(bodiesOf(queue.receive(2))).toEqual(['a', 'b']);
    pass(3);
    expect(bodiesOf(queue.receive(10))).toEqual(['c', 'late']);
  });

  it('accepts the last receipt handle of a message, and no older one', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const stale = receiveOne(queue).receiptHandle;
    pass(30);
    const { receiptHandle } = receiveOne(queue);
    queue.delete(stale);
    expect(queue.changeVisibility(stale, 0)).toBe(false);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    pass(31);
    queue.delete(receiptHandle);
    expect(queue.peek()).toEqual([]);
  });
});

describe('a receiver that waits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** Waits for messages, and records which ones it received. */
  function wait(queue: Queue, most = 10) {
    const end = new AbortController();
    const state: { got: readonly string[] | 'waiting' } = { got: 'waiting' };
    const signal = end.signal;
    void queue.receiveWhenThere(most, { signal }).then((messages) => {
      state.got = bodiesOf(messages);
    });
    return { state, end };
  }

  const settled = () => vi.advanceTimersByTimeAsync(0);

  /** Like {@link pass}, but also advances timers. */
  async function passAll(seconds: number): Promise<void> {
    pass(seconds);
    await vi.advanceTimersByTimeAsync(seconds * 1000);
  }

  it('receives a visible message at once', async () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { state } = wait(queue);
    await settled();
    expect(state.got).toEqual(['a']);
  });

  it('wakes when a message is sent', async () => {
    const queue = queueOf();
    const { state } = wait(queue);
    await settled();
    expect(state.got).toBe('waiting');
    queue.send({ body: 'a' });
    await settled();
    expect(state.got).toEqual(['a']);
  });

  it('wakes when a delay or a visibility timeout ends', async () => {
    const queue = queueOf({ visibilitySeconds: 20 });
    queue.send({ body: 'hidden' });
    receiveOne(queue);
    queue.send({ body: 'delayed', delaySeconds: 7 });
    const first = wait(queue);
    await passAll(6.999);
    expect(first.state.got).toBe('waiting');
    await passAll(0.001);
    expect(first.state.got).toEqual(['delayed']);
    const second = wait(queue);
    await passAll(12.999);
    expect(second.state.got).toBe('waiting');
    await passAll(0.001);
    expect(second.state.got).toEqual(['hidden']);
  });

  it('wakes when a message becomes visible', async () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { receiptHandle } = receiveOne(queue);
    const { state } = wait(queue);
    await settled();
    queue.changeVisibility(receiptHandle, 0);
    await settled();
    expect(state.got).toEqual(['a']);
  });

  it('continues to wait if the only message moves to the dead-letter queue', async () => {
    const dead = queueOf({ name: 'dead' });
    const queue = queueOf({ deadLetters: { queue: dead, maxReceiveCount: 1 } });
    queue.send({ body: 'a' });
    receiveOne(queue);
    const { end, state } = wait(queue);
    await passAll(30);
    expect(bodiesOf(dead.peek())).toEqual(['a']);
    expect(state.got).toBe('waiting');
    end.abort();
    await settled();
    expect(state.got).toEqual([]);
  });

  it('receives nothing when its time is over', async () => {
    const { end, state } = wait(queueOf());
    await settled();
    end.abort();
    await settled();
    expect(state.got).toEqual([]);
  });

  it('shares new messages with other receivers', async () => {
    const queue = queueOf();
    const waiting = [wait(queue, 1), wait(queue, 1)];
    await settled();
    queue.send({ body: 'a' });
    await settled();
    expect(waiting.map(({ state }) => state.got).sort()).toEqual([['a'], 'waiting']);
    queue.send({ body: 'b' });
    await settled();
    expect(waiting.map(({ state }) => state.got).sort()).toEqual([['a'], ['b']]);
  });
});

describe('the age of the oldest message', () => {
  it('is that of the message sent first, hidden or not', () => {
    const queue = queueOf();
    expect(queue.ageOfOldest()).toBeUndefined();
    queue.send({ body: 'a', delaySeconds: 60 });
    pass(5);
    queue.send({ body: 'b' });
    pass(5);
    expect(queue.ageOfOldest()).toBe(10_000);
  });

  it('excludes messages that were received three times', () => {
    const queue = queueOf({ visibilitySeconds: 1 });
    queue.send({ body: 'a' });
    for (const seconds of [1, 1]) {
      receiveOne(queue);
      pass(seconds);
    }
    expect(queue.ageOfOldest()).toBe(2000);
    receiveOne(queue);
    expect(queue.ageOfOldest()).toBeUndefined();
  });
});
