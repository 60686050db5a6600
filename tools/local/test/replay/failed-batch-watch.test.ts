import { beforeEach, describe, expect, it } from 'vitest';
import { type FailedBatchEvent, FailedBatchWatch } from '../../replay/failed-batch-watch.ts';
import { objectCreatedEvent } from '../../replay/s3-event.ts';
import type { PeekedMessage } from '../../sqs-server/queue.ts';
import { noon } from '../source-records.ts';

let now: number;
let replayed: Set<string>;
let letters: PeekedMessage[];
let events: FailedBatchEvent[];
let isBucketAway: boolean;
let looks: string[];
let watch: FailedBatchWatch;

beforeEach(() => {
  [now, replayed, letters, events, isBucketAway, looks] = [noon, new Set(), [], [], false, []];
  watch = new FailedBatchWatch({
    isReplayed: async (key) => {
      looks.push(key);
      if (isBucketAway) throw new TypeError('no answer');
      return replayed.has(key);
    },
    deadLetters: () => letters,
    now: () => now,
    observe: (event) => events.push(event),
  });
});

const bodyOf = (key: string) =>
  objectCreatedEvent({ bucket: 'failed', key, size: 1, etag: 'x' }, new Date(noon));
const done = (key: string, tries = 1) => ({ body: bodyOf(key), tries });

function letterOf(key: string, code?: string): PeekedMessage {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  const letter = { id: `letter of ${key}`, body: bodyOf(key) };
  if (code === undefined) return { ...letter, attributes: {} };
  return { ...letter, attributes: { code: text(code), reason: text('why') } };
}

/** Reports failed batches, and discards the events about them. */
function keep(...keys: string[]): void {
  for (const key of keys) watch.kept(key);
  events = [];
}

describe('a failed batch', () => {
  it('waits once it is stored, and is reported once', () => {
    watch.kept('a');
    watch.kept('b');
    watch.kept('a');
    expect(events).toEqual([
      { type: 'kept', key: 'a' },
      { type: 'kept', key: 'b' },
    ]);
    expect(watch.counts()).toEqual({ all: 2, waiting: 2, replayed: 0, dead: 0 });
    expect(watch.waiting()).toEqual(['a', 'b']);
  });

  it('is replayed once the function has finished it and it is marked', async () => {
    keep('a', 'b');
    replayed.add('a');
    now += 4200;
    watch.done([done('a', 3)]);
    now += 1000;
    await watch.refresh();
    expect(events).toEqual([{ type: 'replayed', key: 'a', milliseconds: 4200, tries: 3 }]);
    expect(watch.counts()).toEqual({ all: 2, waiting: 1, replayed: 1, dead: 0 });
    expect(watch.waiting()).toEqual(['b']);
  });

  it('waits if the function has finished it without marking it', async () => {
    keep('a');
    watch.done([done('a')]);
    await watch.refresh();
    expect(watch.counts()).toMatchObject({ waiting: 1, replayed: 0 });
    await watch.refresh();
    expect(looks).toEqual(['a']);
  });

  it('is checked again if the bucket did not respond', async () => {
    keep('a');
    replayed.add('a');
    isBucketAway = true;
    watch.done([done('a')]);
    await watch.refresh();
    expect(watch.counts()).toMatchObject({ waiting: 1, replayed: 0 });
    isBucketAway = false;
    await watch.refresh();
    expect(watch.counts()).toMatchObject({ waiting: 0, replayed: 1 });
  });

  it('is ignored if it was not reported before', async () => {
    watch.done([done('foreign'), { body: 'no event', tries: 1 }]);
    await watch.refresh();
    expect(looks).toEqual([]);
    expect(watch.counts()).toEqual({ all: 0, waiting: 0, replayed: 0, dead: 0 });
  });

  it('is dead while it is in the dead-letter queue', async () => {
    keep('a', 'b');
    letters.push(letterOf('a', 'NO_PAYLOAD'));
    const letter = { id: 'letter of a', key: 'a', code: 'NO_PAYLOAD', reason: 'why' };
    for (let i = 0; i < 2; i++) await watch.refresh();
    expect(events).toEqual([{ type: 'dead', ...letter }]);
    expect(watch.deadLetters()).toEqual([letter]);
    expect(watch.counts()).toEqual({ all: 2, waiting: 1, replayed: 0, dead: 1 });
    expect(watch.waiting()).toEqual(['b']);
    letters.pop();
    await watch.refresh();
    expect(watch.counts()).toEqual({ all: 2, waiting: 2, replayed: 0, dead: 0 });
  });

  it('is replayed even if another message about it is a dead letter', async () => {
    keep('a');
    replayed.add('a');
    watch.done([done('a')]);
    letters.push(letterOf('a', 'MARK_FAILED'));
    await watch.refresh();
    expect(watch.counts()).toEqual({ all: 1, waiting: 0, replayed: 1, dead: 0 });
    expect(watch.deadLetters()).toHaveLength(1);
  });

  it('has no code if the queue gave it up', async () => {
    keep('a');
    letters.push(letterOf('a'), { ...letterOf('b'), body: 'no event' });
    await watch.refresh();
    expect(watch.deadLetters()).toEqual([
      { id: 'letter of a', key: 'a', code: '', reason: '' },
      { id: 'letter of b', key: '', code: '', reason: '' },
    ]);
    expect(watch.counts()).toMatchObject({ dead: 1 });
  });
});

describe('the slowest replay', () => {
  it('is measured from the time at which each was stored', async () => {
    keep('a');
    now += 1000;
    keep('b');
    for (const key of ['a', 'b']) replayed.add(key);
    now += 500;
    watch.done([done('a')]);
    now += 700;
    watch.done([done('b')]);
    expect(watch.slowest()).toBe(0);
    await watch.refresh();
    expect(watch.slowest()).toBe(1500);
  });
});
