import { describe, expect, it } from 'vitest';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { CONFIRMED_MS } from '../../lambda/core/object/confirmed-objects.ts';
import type { CallOptions, ObjectStore, StorableObject } from '../../lambda/core/ports.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { archiveParts, MemoryObjectStore } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, noon } from '../helpers/kafka-events.ts';

const HOUR = 3_600_000;
const OBJECTS = 12;

/** A late backfill: each record falls into a folder of its own. */
const batchOf = (objects: number) =>
  parseBatch(
    mskEvent(
      Array.from({ length: objects }, (_, hour) =>
        mskRecord({ offset: hour, timestamp: noon + hour * HOUR }),
      ),
    ),
  );

/** A store that has time for a number of calls in each try. */
class ShortStore implements ObjectStore {
  readonly inner = new MemoryObjectStore();
  calls = 0;
  left = 0;

  async create(object: StorableObject, options: CallOptions) {
    this.#count();
    return this.inner.create(object, options);
  }

  async readSha256(key: string) {
    this.#count();
    return this.inner.readSha256(key);
  }

  #count() {
    if (this.left === 0) throw new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true });
    this.left -= 1;
    this.calls += 1;
  }
}

interface Backfill {
  readonly objects?: number;
  readonly maxParallelPuts?: number;
  readonly random?: () => number;
}

/** Draws numbers from 0 to 1, the same in each test. */
function drawing(): () => number {
  let state = 1;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const { signal } = new AbortController();
const job = { requestId: 'request-1', functionVersion: '7', signal, attemptTimeout: 1 };

/** A function whose execution environments share a store, with time for a number of calls in each try. */
function backfill(
  calls: number,
  { maxParallelPuts = 1, objects = OBJECTS, random = () => 0 }: Backfill = {},
) {
  const store = new ShortStore();
  let now = noon;
  const { deps } = archiveParts({ maxParallelPuts, compression: 'none' });
  const startEnvironment = () => {
    const clock = { now: () => now };
    const delivery = createObjectDelivery({ ...deps, clock, random, store });
    return async () => {
      store.left = calls;
      const { failures, summary } = await delivery.deliver(batchOf(objects), job);
      return { ...summary, failed: failures.map(({ error }) => error.message.split(':')[0]) };
    };
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { store, startEnvironment, pass };
}

describe('object delivery of a batch that takes more time than a try has', () => {
  it.each(
    [1, 2, 4].flatMap((maxParallelPuts) =>
      Array.from({ length: OBJECTS }, (_, n) => [n + 1, maxParallelPuts] as const),
    ),
  )(
    'with time for %i objects, %i at once, gets that many further with each try',
    async (time, maxParallelPuts) => {
      let turn = 0;
      const random = () => (turn++ % 5) / 5;
      const { store, startEnvironment } = backfill(time, { maxParallelPuts, random });
      const attempt = startEnvironment();
      const tries = Math.ceil(OBJECTS / time);
      for (let n = 1; n <= tries; n++) {
        const stored = Math.min(OBJECTS, n * time);
        expect(await attempt()).toMatchObject({
          failedObjects: OBJECTS - stored,
          objects: stored - (n - 1) * time,
          alreadyStored: (n - 1) * time,
        });
        expect(store.inner.objects.size).toBe(stored);
      }
      expect(store.calls).toBe(OBJECTS);
    },
  );

  it('completes what another environment stored, a part in each try', async () => {
    const { store, startEnvironment } = backfill(OBJECTS);
    await startEnvironment()();
    // Each takes two calls to confirm: half of them in a try.
    const attempt = startEnvironment();
    expect(await attempt()).toMatchObject({ failedObjects: 6, objects: 0, alreadyStored: 6 });
    expect(await attempt()).toMatchObject({ failedObjects: 0, objects: 0, alreadyStored: OBJECTS });
    expect(store.inner.objects.size).toBe(OBJECTS);
  });

  it('stores all objects in a new environment for each try, with time for half of them', async () => {
    const random = drawing();
    const { store, startEnvironment } = backfill(30, { objects: 60, random });
    const stored: number[] = [];
    while (store.inner.objects.size < 60) {
      await startEnvironment()();
      stored.push(store.inner.objects.size);
    }
    expect(stored).toEqual([30, 44, 49, 52, 55, 58, 58, 59, 59, 60]);
  });

  it('names the failures in the order of the batch, whatever the order of the calls', async () => {
    const { startEnvironment } = backfill(5, { random: drawing() });
    const { failed } = await startEnvironment()();
    const missing = [2, 3, 4, 7, 8, 9, 11];
    expect(failed).toEqual(missing.map((offset) => `orders-3 offsets ${offset} to ${offset}`));
  });

  it('gets further with each try, though they take longer than it remembers', async () => {
    const { pass, startEnvironment, store } = backfill(2);
    const attempt = startEnvironment();
    for (let left = OBJECTS - 2; left >= 0; left -= 2) {
      expect(await attempt()).toMatchObject({ failedObjects: left });
      pass(CONFIRMED_MS - 1);
    }
    expect(store.inner.objects.size).toBe(OBJECTS);
  });

  it('asks again for what it confirmed too long ago', async () => {
    const { pass, startEnvironment, store } = backfill(8);
    const attempt = startEnvironment();
    expect(await attempt()).toMatchObject({ failedObjects: 4, objects: 8 });
    pass(CONFIRMED_MS);
    // Four objects that take two calls each.
    expect(await attempt()).toMatchObject({ failedObjects: 8, alreadyStored: 4 });
    expect(store.calls).toBe(16);
  });

  it('forgets a batch that is complete, and stores it again if it is deleted', async () => {
    const { store, startEnvironment } = backfill(8);
    const attempt = startEnvironment();
    await attempt();
    expect(await attempt()).toMatchObject({ failedObjects: 0 });
    store.inner.objects.clear();
    expect(await attempt()).toMatchObject({ objects: 8, alreadyStored: 0 });
  });
});
