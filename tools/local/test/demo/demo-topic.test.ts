import { describe, expect, it } from 'vitest';
import { memoryDemoTopic, ownTopicName } from '../../demo/demo-topic.ts';
import { type DemoOptions, parseDemoOptions } from '../../demo/options.ts';
import type { ArchivedRecord } from '../../demo/read-back.ts';
import { settle } from '../fake-clock.ts';
import { noon } from '../source-records.ts';

const options = (...args: string[]) => parseDemoOptions(args, {}) as DemoOptions;

const never = new AbortController().signal;

describe("a run's own topic", () => {
  it.each([
    ['earthquakes', []],
    ['orders', ['--records', '1']],
    ['room-temperatures-2', ['--input', '/data/room temperatures.2.jsonl']],
    ['data', ['--input', '/data/']],
    ['input', ['--input', '/']],
  ])('is named %s', (name, args) => {
    expect(ownTopicName(options(...args))).toBe(name);
  });

  it('has a name of no more than 200 letters', () => {
    expect(ownTopicName(options('--input', `${'x'.repeat(300)}.jsonl`))).toBe('x'.repeat(200));
  });
});

describe('a topic in memory', () => {
  it('tells of each record that it produces', async () => {
    const topic = memoryDemoTopic(options('--records', '30', '--partitions', '2'), noon);
    const told: ArchivedRecord[] = [];
    await topic.learn((record) => told.push(record), never);
    expect(told).toHaveLength(30);
    expect(topic.lag()).toBe(30);
    const poller = await topic.source.join();
    const reader = poller.reader([0, 1]);
    const read = await reader.read({ maxRecords: 100, maxBytes: 1e6 }, never);
    const placeOf = ({ partition, offset }: { partition: number; offset: number }) =>
      `${partition}:${offset}`;
    expect(new Map(read.map((each) => [placeOf(each), each.value]))).toEqual(
      new Map(told.map((each) => [placeOf(each), each.value])),
    );
    expect(reader.ended).toBe(true);
    expect(told.every((record) => record.topic === 'orders')).toBe(true);
  });

  it('waits for room, and gives up waiting when it is told to', async () => {
    const topic = memoryDemoTopic(options('--records', '100000'), noon);
    const stop = new AbortController();
    let told = 0;
    let isDone = false;
    const learned = topic
      .learn(() => {
        told += 1;
      }, stop.signal)
      .then(() => {
        isDone = true;
      });
    let before = -1;
    while (told !== before) {
      before = told;
      await settle();
    }
    expect(isDone).toBe(false);
    expect(told).toBeLessThan(50_000);
    stop.abort();
    await learned;
    expect(topic.lag()).toBe(told);
  });
});
