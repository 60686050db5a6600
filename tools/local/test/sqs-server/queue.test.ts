import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Queue, type QueueSettings } from '../../sqs-server/queue.ts';

const start = Date.UTC(2026, 10, 24, 9);
let now: number;

beforeEach(() => {
  now = start;
});

const queueOf = (settings: Partial<QueueSettings> = {}) =>
  new Queue({ name: 'work', ...settings }, () => now);

/** Lets so many seconds pass. */
const pass = (seconds: number) => {
  now += seconds * 1000;
};

const bodiesOf = (messages: readonly { readonly body: string }[]) =>
  messages.map(({ body }) => body);

/** The one message that can be received. */
function receiveOne(queue: Queue, visibilitySeconds?: number) {
  const [message, ...others] = queue.receive(10, visibilitySeconds);
  expect(others).toEqual([]);
  if (message === undefined) throw new TypeError('nothing to receive');
  return message;
}

describe('a message', () => {
  it('is received whole, as often as it is seen, and counted', () => {
    const queue = queueOf();
    const attributes = { code: { DataType: 'String', StringValue: 'x' } };
    const id = queue.send({ body: 'a', attributes });
    pass(5);
    const first = receiveOne(queue);
    expect(first).toMatchObject({
      ...{ id, body: 'a', attributes, receiveCount: 1, deadLetterSource: undefined },
      ...{ sentAt: start, firstReceivedAt: start + 5000 },
    });
    pass(30);
    const second = receiveOne(queue);
    expect(second).toMatchObject({ id, receiveCount: 2, firstReceivedAt: start + 5000 });
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
  });

  it.each([
    ['30 seconds, where nothing is set', {}, undefined, 30],
    ['the queue’s visibility timeout', { visibilitySeconds: 7 }, undefined, 7],
    ['the receiver’s own', { visibilitySeconds: 7 }, 90, 90],
  ])('is hidden for %s', (_, settings, own, seconds) => {
    const queue = queueOf(settings);
    queue.send({ body: 'a' });
    receiveOne(queue, own);
    pass(seconds - 0.001);
    expect(queue.receive(1)).toEqual([]);
    pass(0.001);
    expect(receiveOne(queue).receiveCount).toBe(2);
  });

  it('can be seen at once where it is received for no time', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    receiveOne(queue, 0);
    expect(receiveOne(queue).receiveCount).toBe(2);
  });

  it('is gone once it was deleted', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    queue.delete(receiveOne(queue).receiptHandle);
    pass(60);
    expect(queue.receive(1)).toEqual([]);
    expect(queue.peek()).toEqual([]);
  });

  it('can be deleted after its timeout, until it is received again', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { receiptHandle } = receiveOne(queue);
    pass(31);
    queue.delete(receiptHandle);
    expect(queue.peek()).toEqual([]);
  });

  it('is not deleted or hidden by a stale or foreign receipt', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const stale = receiveOne(queue).receiptHandle;
    pass(30);
    receiveOne(queue);
    for (const receipt of [stale, 'unknown', '']) {
      queue.delete(receipt);
      expect(queue.changeVisibility(receipt, 0)).toBe(false);
    }
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });
});

describe('a changed visibility', () => {
  it.each([
    ['longer', 100],
    ['shorter', 2],
  ])('is from now on, %s than before, and counts no receipt', (_, seconds) => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { receiptHandle } = receiveOne(queue);
    pass(1);
    expect(queue.changeVisibility(receiptHandle, seconds)).toBe(true);
    pass(seconds - 0.001);
    expect(queue.receive(1)).toEqual([]);
    pass(0.001);
    expect(receiveOne(queue).receiveCount).toBe(2);
  });

  it('may show the message at once', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    expect(queue.changeVisibility(receiveOne(queue).receiptHandle, 0)).toBe(true);
    expect(receiveOne(queue).receiveCount).toBe(2);
  });

  it('is refused where the message can be seen already', () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { receiptHandle } = receiveOne(queue);
    pass(30);
    expect(queue.changeVisibility(receiptHandle, 10)).toBe(false);
    expect(receiveOne(queue).receiveCount).toBe(2);
  });
});

describe('a delay', () => {
  it.each([
    ['the queue’s', { delaySeconds: 60 }, undefined, 60],
    ['the message’s own', { delaySeconds: 60 }, 5, 5],
    ['none of its own', { delaySeconds: 60 }, 0, 0],
    ['none', {}, undefined, 0],
  ])('is %s', (_, settings, delaySeconds, seconds) => {
    const queue = queueOf(settings);
    queue.send({ body: 'a', delaySeconds });
    if (seconds > 0) {
      expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
      pass(seconds - 0.001);
      expect(queue.receive(1)).toEqual([]);
      pass(0.001);
    }
    expect(receiveOne(queue)).toMatchObject({ body: 'a', receiveCount: 1 });
  });
});

describe('several messages', () => {
  it('are received in the order in which they can be seen, and no more than asked for', () => {
    const queue = queueOf();
    queue.send({ body: 'late', delaySeconds: 3 });
    for (const body of ['a', 'b', 'c']) queue.send({ body });
    expect(bodiesOf(queue.receive(2))).toEqual(['a', 'b']);
    pass(3);
    expect(bodiesOf(queue.receive(10))).toEqual(['c', 'late']);
  });

  it('are counted by where they are, and looked at wherever they are', () => {
    const queue = queueOf();
    for (const body of ['a', 'b', 'c']) queue.send({ body });
    queue.send({ body: 'd', delaySeconds: 1 });
    queue.receive(1);
    expect(queue.counts()).toEqual({ visible: 2, inFlight: 1, delayed: 1 });
    expect(bodiesOf(queue.peek())).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.counts()).toEqual({ visible: 2, inFlight: 1, delayed: 1 });
  });
});

describe('a dead letter', () => {
  const attributes = { n: { DataType: 'Number', StringValue: '1' } };

  it('is made of the receipt that would be one too many', () => {
    const dead = queueOf({ name: 'dead', delaySeconds: 60 });
    const queue = queueOf({ deadLetters: { queue: dead, maxReceiveCount: 2 } });
    queue.send({ body: 'a', attributes });
    for (const receiveCount of [1, 2]) {
      expect(receiveOne(queue).receiveCount).toBe(receiveCount);
      expect(dead.peek()).toEqual([]);
      pass(30);
    }
    queue.send({ body: 'b' });
    expect(bodiesOf(queue.receive(1))).toEqual(['b']);
    expect(bodiesOf(queue.peek())).toEqual(['b']);
    expect(receiveOne(dead)).toMatchObject({
      ...{ body: 'a', attributes, receiveCount: 1, deadLetterSource: 'work' },
    });
  });

  it('is not made where the last receipt deletes it', () => {
    const dead = queueOf({ name: 'dead' });
    const queue = queueOf({ deadLetters: { queue: dead, maxReceiveCount: 1 } });
    queue.send({ body: 'a' });
    queue.delete(receiveOne(queue).receiptHandle);
    pass(30);
    expect(queue.receive(1)).toEqual([]);
    expect(dead.peek()).toEqual([]);
  });
});

describe('a receiver that waits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** Waits for messages, and tells which it got, or that it waits still. */
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

  /** As {@link pass}, for timers too. */
  async function passAll(seconds: number): Promise<void> {
    pass(seconds);
    await vi.advanceTimersByTimeAsync(seconds * 1000);
  }

  it('gets at once what is there', async () => {
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

  it('wakes when a message is shown', async () => {
    const queue = queueOf();
    queue.send({ body: 'a' });
    const { receiptHandle } = receiveOne(queue);
    const { state } = wait(queue);
    await settled();
    queue.changeVisibility(receiptHandle, 0);
    await settled();
    expect(state.got).toEqual(['a']);
  });

  it('waits on where a dead letter is all there was', async () => {
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

  it('gets nothing when its time is over', async () => {
    const { end, state } = wait(queueOf());
    await settled();
    end.abort();
    await settled();
    expect(state.got).toEqual([]);
  });

  it('shares what comes with others', async () => {
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
  it('is that of the one sent first, hidden or not', () => {
    const queue = queueOf();
    expect(queue.ageOfOldest()).toBeUndefined();
    queue.send({ body: 'a', delaySeconds: 60 });
    pass(5);
    queue.send({ body: 'b' });
    pass(5);
    expect(queue.ageOfOldest()).toBe(10_000);
  });

  it('leaves out what was received three times', () => {
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
