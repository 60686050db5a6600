import { describe, expect, it } from 'vitest';
import { MemoryTopic } from '../../mapping/memory-topic.ts';
import type { Poller } from '../../mapping/source.ts';
import { settle } from '../fake-clock.ts';
import { places, sourceRecord } from '../source-records.ts';

const all = { maxRecords: 1000, maxBytes: 1e6 };
const never = new AbortController().signal;

/** A topic with two records in each partition. */
async function filledTopic(partitions: number): Promise<MemoryTopic> {
  const topic = new MemoryTopic({ topic: 'orders', partitions, maxBufferedBytes: 1e9 });
  for (let partition = 0; partition < partitions; partition++) {
    for (let i = 0; i < 2; i++) await topic.produce(sourceRecord({ partition }));
  }
  return topic;
}

/** Keeps what a member is assigned, in turn. */
function follow(poller: Poller, signal = never) {
  const told: (readonly number[])[] = [];
  const ended = (async () => {
    for await (const partitions of poller.assignments(signal)) told.push(partitions);
  })();
  return { told, ended };
}

describe('assignments', () => {
  it.each([
    [1, 4, [[0, 1, 2, 3]]],
    [
      2,
      4,
      [
        [0, 2],
        [1, 3],
      ],
    ],
    [3, 4, [[0, 3], [1], [2]]],
    [3, 2, [[0], [1], []]],
  ])('deal out to %i members %i partitions: %j', async (members, partitions, shares) => {
    const topic = await filledTopic(partitions);
    const pollers = await Promise.all(Array.from({ length: members }, () => topic.join()));
    const followed = pollers.map((poller) => follow(poller));
    await settle();
    expect(followed.map(({ told }) => told)).toEqual(shares.map((share) => [share]));
  });

  it('are told anew when a member joins or leaves, to whom they have changed for', async () => {
    const topic = await filledTopic(3);
    const first = follow(await topic.join());
    await settle();
    const second = await topic.join();
    const followed = follow(second);
    await settle();
    const third = await topic.join();
    await settle();
    await second.leave();
    await settle();
    await third.leave();
    await settle();
    expect(first.told).toEqual([[0, 1, 2], [0, 2], [0], [0, 2], [0, 1, 2]]);
    expect(followed.told).toEqual([[1]]);
  });

  it('end when the signal aborts', async () => {
    const topic = await filledTopic(1);
    const stop = new AbortController();
    const { ended, told } = follow(await topic.join(), stop.signal);
    await settle();
    stop.abort();
    await ended;
    expect(told).toEqual([[0]]);
  });

  it('end with the topic, when all is committed', async () => {
    const topic = await filledTopic(1);
    const poller = await topic.join();
    const { ended } = follow(poller);
    topic.end();
    const reader = poller.reader([0]);
    await reader.commit(new Map([[0, 2]]));
    await ended;
    expect(follow(poller).told).toEqual([]);
  });
});

describe('who has lost a partition', () => {
  it('neither reads nor commits it', async () => {
    const topic = await filledTopic(2);
    const first = await topic.join();
    const reader = first.reader([0, 1]);
    expect(reader.isLost).toBe(false);
    const second = await topic.join();
    expect(reader.isLost).toBe(true);
    expect(await reader.read(all, never)).toEqual([]);
    const offsets = new Map([
      [0, 1],
      [1, 2],
    ]);
    expect(await reader.commit(offsets)).toEqual(new Map([[0, 1]]));
    expect([topic.lag(0), topic.lag(1)]).toEqual([1, 2]);
    expect(places(await second.reader([1]).read(all, never))).toEqual(['1:0', '1:1']);
  });

  it('has kept the others', async () => {
    const topic = await filledTopic(4);
    const first = await topic.join();
    await topic.join();
    const [kept, lost] = [first.reader([0]), first.reader([2])];
    await topic.join();
    expect([kept.isLost, lost.isLost]).toEqual([false, true]);
    expect(places(await kept.read(all, never))).toEqual(['0:0', '0:1']);
    expect(await kept.commit(new Map([[0, 2]]))).toEqual(new Map([[0, 2]]));
  });

  it('has lost it for good, though it comes back', async () => {
    const topic = await filledTopic(2);
    const first = await topic.join();
    const before = first.reader([1]);
    const second = await topic.join();
    await second.reader([1]).commit(new Map([[1, 1]]));
    await second.leave();
    expect(await before.read(all, never)).toEqual([]);
    expect(await before.commit(new Map([[1, 2]]))).toEqual(new Map());
    const after = first.reader([1]);
    expect([before.isLost, after.isLost]).toEqual([true, false]);
    expect(places(await after.read(all, never))).toEqual(['1:1']);
  });

  it('is who has left too', async () => {
    const topic = await filledTopic(1);
    const only = await topic.join();
    const reader = only.reader([0]);
    await only.leave();
    expect(reader.isLost).toBe(true);
    expect(await reader.commit(new Map([[0, 2]]))).toEqual(new Map());
    expect(topic.lag(0)).toBe(2);
  });
});
