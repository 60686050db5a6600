import { describe, expect, it } from 'vitest';
import { memoryDemoTopic, ownTopicName } from '../../demo/demo-topic.ts';
import { settle } from '../fake-clock.ts';
import { noon } from '../source-records.ts';
import { demoOptions } from './demo-options.ts';

describe("a run's own topic", () => {
  it.each([
    ['earthquakes', {}],
    ['orders', { records: 1 }],
    ['room-temperatures-2', { input: '/data/room temperatures.2.jsonl' }],
    ['x'.repeat(200), { input: `${'x'.repeat(300)}.jsonl` }],
    ['input', { input: '/' }],
  ])('is named %s', (name, parts) => {
    expect(ownTopicName(demoOptions(parts))).toBe(name);
  });
});

describe('a topic in memory', () => {
  it('waits for room, and stops waiting when it is aborted', async () => {
    const topic = memoryDemoTopic(demoOptions({ records: 100_000 }), {
      now: noon,
      print: () => undefined,
    });
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
