import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { ConsumerRecord } from '../../../../kafka/record.ts';
import { MemoryTopic } from '../../mapping/memory-topic.ts';
import type { ReadLimits } from '../../mapping/source.ts';
import { places, sourceRecord } from '../source-records.ts';

const all: ReadLimits = { maxRecords: 1000, maxBytes: 1_000_000 };
const never = new AbortController().signal;

function topic(partitions = 2, maxBufferedBytes = 1_000_000): MemoryTopic {
  return new MemoryTopic({ topic: 'orders', partitions, maxBufferedBytes });
}

/** A record of a value of so many bytes. */
function recordOf(bytes: number, partition = 0): Omit<ConsumerRecord, 'offset'> {
  const { offset: _, ...record } = sourceRecord({
    partition,
    key: null,
    value: Buffer.alloc(bytes),
  });
  return record;
}

async function produce(to: MemoryTopic, partition: number, count: number, bytes = 10) {
  const offsets: number[] = [];
  for (let i = 0; i < count; i++) offsets.push(await to.produce(recordOf(bytes, partition)));
  return offsets;
}

/** Lets everything that can go on without more input do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a promise is settled, when nothing else is under way. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  await settle();
  return settled;
}

describe('producing', () => {
  it('numbers the records of each partition from 0', async () => {
    const orders = topic();
    expect(await produce(orders, 0, 3)).toEqual([0, 1, 2]);
    expect(await produce(orders, 1, 2)).toEqual([0, 1]);
    expect(await produce(orders, 0, 1)).toEqual([3]);
  });

  it('numbers on after a commit', async () => {
    const orders = topic();
    await produce(orders, 0, 3);
    await orders.reader([0]).commit(new Map([[0, 3]]));
    expect(await produce(orders, 0, 2)).toEqual([3, 4]);
  });

  it('keeps what is produced', async () => {
    const orders = topic();
    const record = sourceRecord({ partition: 1, headers: [{ name: 'a', value: null }] });
    await orders.produce(record);
    expect(await orders.reader([1]).read(all, never)).toEqual([{ ...record, offset: 0 }]);
  });

  it('waits while too much is not committed, read or not', async () => {
    const orders = topic(2, 100);
    const reader = orders.reader([0, 1]);
    await produce(orders, 0, 10);
    const eleventh = orders.produce(recordOf(10, 1));
    await reader.read(all, never);
    expect(await isSettled(eleventh)).toBe(false);
    await reader.commit(new Map([[0, 1]]));
    expect(await eleventh).toBe(0);
  });

  it('lets one producer on for each room that there is', async () => {
    const orders = topic(1, 100);
    await produce(orders, 0, 10);
    const waiting = [orders.produce(recordOf(10)), orders.produce(recordOf(10))];
    await orders.reader([0]).commit(new Map([[0, 1]]));
    expect(await Promise.all(waiting.map(isSettled))).toEqual([true, false]);
  });

  it('takes a record that is larger than all there is room for', async () => {
    const orders = topic(1, 100);
    expect(await orders.produce(recordOf(5000))).toBe(0);
  });

  it('refuses a partition out of range', async () => {
    const message = "topic 'orders' has no partition 2";
    await expect(topic().produce(recordOf(1, 2))).rejects.toThrow(new RangeError(message));
    expect(() => topic().reader([0, 2])).toThrow(new RangeError(message));
    expect(() => topic().lag(2)).toThrow(new RangeError(message));
    await expect(
      topic()
        .reader([0])
        .commit(new Map([[2, 1]])),
    ).rejects.toThrow(message);
  });
});

describe('reading', () => {
  it('reads each record once, in offset order', async () => {
    const orders = topic(1);
    const reader = orders.reader([0]);
    await produce(orders, 0, 5);
    const limits = { maxRecords: 2, maxBytes: 1000 };
    expect(places(await reader.read(limits, never))).toEqual(['0:0', '0:1']);
    expect(places(await reader.read(limits, never))).toEqual(['0:2', '0:3']);
    expect(places(await reader.read(limits, never))).toEqual(['0:4']);
  });

  it('reads only its own partitions', async () => {
    const orders = topic(3);
    for (const partition of [0, 1, 2]) await produce(orders, partition, 1);
    expect(places(await orders.reader([2, 0]).read(all, never)).sort()).toEqual(['0:0', '2:0']);
    expect(places(await orders.reader([1]).read(all, never))).toEqual(['1:0']);
  });

  it('mixes partitions in one read, each in offset order', async () => {
    const orders = topic(2);
    await produce(orders, 0, 700);
    await produce(orders, 1, 700);
    const read = await orders.reader([0, 1]).read({ maxRecords: 1300, maxBytes: 1e6 }, never);
    const offsetsOf = (wanted: number) =>
      read.filter(({ partition }) => partition === wanted).map(({ offset }) => offset);
    expect(offsetsOf(0)).toEqual(Array.from({ length: 700 }, (_, i) => i));
    expect(offsetsOf(1)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    // Neither has all of its records before the other has any.
    const partitions = read.map(({ partition }) => partition);
    expect(partitions.indexOf(1)).toBeLessThan(partitions.lastIndexOf(0));
  });

  it('begins each read with another partition, so that a backlog in one holds up no other', async () => {
    const orders = topic(2);
    await produce(orders, 0, 700);
    await produce(orders, 1, 1);
    const reader = orders.reader([0, 1]);
    const limits = { maxRecords: 100, maxBytes: 1e6 };
    expect(places(await reader.read(limits, never))).not.toContain('1:0');
    expect(places(await reader.read(limits, never))).toContain('1:0');
  });

  it('reads up to its limit of records', async () => {
    const orders = topic();
    await produce(orders, 0, 3);
    await produce(orders, 1, 3);
    expect(await orders.reader([0, 1]).read({ ...all, maxRecords: 4 }, never)).toHaveLength(4);
  });

  it.each([
    [1, 1],
    [10, 1],
    [30, 3],
    [31, 4],
  ])('reads until it has %i bytes: %i records of 10', async (maxBytes, records) => {
    const orders = topic(1);
    await produce(orders, 0, 6);
    expect(await orders.reader([0]).read({ ...all, maxBytes }, never)).toHaveLength(records);
  });

  it('counts the bytes of keys too', async () => {
    const orders = topic(1);
    for (let i = 0; i < 3; i++) await orders.produce({ ...recordOf(5), key: Buffer.alloc(5) });
    expect(await orders.reader([0]).read({ ...all, maxBytes: 20 }, never)).toHaveLength(2);
  });

  it('waits for a record', async () => {
    const orders = topic();
    const reading = orders.reader([0, 1]).read(all, never);
    expect(await isSettled(reading)).toBe(false);
    await produce(orders, 1, 1);
    expect(places(await reading)).toEqual(['1:0']);
  });

  it('goes on waiting when another partition gets a record', async () => {
    const orders = topic();
    const reading = orders.reader([0]).read(all, never);
    await produce(orders, 1, 1);
    expect(await isSettled(reading)).toBe(false);
  });

  it('waits until its signal aborts', async () => {
    const reading = new AbortController();
    const read = topic().reader([0]).read(all, reading.signal);
    expect(await isSettled(read)).toBe(false);
    reading.abort();
    expect(await read).toEqual([]);
  });

  it('does not wait where its signal has aborted', async () => {
    expect(await topic().reader([0]).read(all, AbortSignal.abort())).toEqual([]);
  });

  it('does not wait past the end', async () => {
    const orders = topic();
    const reading = orders.reader([0]).read(all, never);
    orders.end();
    expect(await reading).toEqual([]);
  });

  it('starts from the committed offsets, whatever an earlier reader has read', async () => {
    const orders = topic(2);
    await produce(orders, 0, 4);
    await produce(orders, 1, 2);
    const first = orders.reader([0, 1]);
    await first.read(all, never);
    await first.commit(new Map([[0, 2]]));
    const again = await orders.reader([0, 1]).read(all, never);
    expect(places(again)).toEqual(['0:2', '0:3', '1:0', '1:1']);
  });
});

describe('two readers', () => {
  it('do not move each other', async () => {
    const orders = topic(1);
    await produce(orders, 0, 4);
    const first = orders.reader([0]);
    const limits = { ...all, maxRecords: 2 };
    await first.read(limits, never);
    orders.reader([0]);
    await first.commit(new Map([[0, 2]]));
    expect(places(await first.read(limits, never))).toEqual(['0:2', '0:3']);
  });
});

describe('end', () => {
  it('is told once all is read, partition by partition', async () => {
    const orders = topic();
    const [first, second] = [orders.reader([0]), orders.reader([1])];
    await produce(orders, 0, 2);
    expect([first.ended, second.ended]).toEqual([false, false]);
    orders.end();
    expect([first.ended, second.ended]).toEqual([false, true]);
    await first.read({ ...all, maxRecords: 1 }, never);
    expect(first.ended).toBe(false);
    await first.read(all, never);
    expect(first.ended).toBe(true);
  });

  it('is not told of a topic that may get more', async () => {
    const orders = topic(1);
    const reader = orders.reader([0]);
    await produce(orders, 0, 1);
    await reader.read(all, never);
    expect(reader.ended).toBe(false);
  });
});

describe('lag', () => {
  it('counts the records that are not committed, read or not', async () => {
    const orders = topic();
    await produce(orders, 0, 5);
    const reader = orders.reader([0, 1]);
    await reader.read({ ...all, maxRecords: 3 }, never);
    expect([orders.lag(0), orders.lag(1)]).toEqual([5, 0]);
    await reader.commit(new Map([[0, 3]]));
    expect(orders.lag(0)).toBe(2);
  });
});
