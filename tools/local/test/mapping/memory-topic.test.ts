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

/** A record with a value of a number of bytes. */
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

/** Lets everything proceed that needs no further input. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a promise is settled once nothing else can proceed. */
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
  it('waits while too much is uncommitted, read or not', async () => {
    const orders = topic(2, 100);
    const reader = orders.reader([0, 1]);
    await produce(orders, 0, 10);
    const eleventh = orders.produce(recordOf(10, 1));
    await reader.read(all, never);
    expect(await isSettled(eleventh)).toBe(false);
    await reader.commit(new Map([[0, 1]]));
    expect(await eleventh).toBe(0);
  });

  it('lets waiting producers proceed one by one as there is room', async () => {
    const orders = topic(1, 100);
    await produce(orders, 0, 10);
    const waiting = [orders.produce(recordOf(10)), orders.produce(recordOf(10))];
    await orders.reader([0]).commit(new Map([[0, 1]]));
    expect(await Promise.all(waiting.map(isSettled))).toEqual([true, false]);
  });

  it('accepts a record larger than the limit', async () => {
    const orders = topic(1, 100);
    expect(await orders.produce(recordOf(5000))).toBe(0);
  });
});

describe('reading', () => {
  it('waits for a record', async () => {
    const orders = topic();
    const reading = orders.reader([0, 1]).read(all, never);
    expect(await isSettled(reading)).toBe(false);
    await produce(orders, 1, 1);
    expect(places(await reading)).toEqual(['1:0']);
  });

  it('waits until the signal aborts', async () => {
    const reading = new AbortController();
    const read = topic().reader([0]).read(all, reading.signal);
    expect(await isSettled(read)).toBe(false);
    reading.abort();
    expect(await read).toEqual([]);
  });

  it('ends with the topic', async () => {
    const orders = topic();
    const reading = orders.reader([0]).read(all, never);
    orders.end();
    expect(await reading).toEqual([]);
  });

  it('starts at the committed offsets, whatever an earlier reader has read', async () => {
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

describe('the end of a topic', () => {
  it('is reached by each reader once it has read everything', async () => {
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
});
