import { MemoryTopic } from '../../../tools/local/mapping/memory-topic.ts';
import { FakeClock } from '../../../tools/local/test/fake-clock.ts';
import type { Given, Target } from './case.ts';
import { EmulatedStack, type Ground } from './emulated-stack.ts';

/** The emulator with a topic in memory and a manual clock: fast and exact. */
export const emulatorTarget: Target = {
  name: 'emulator',
  run: async ({ given, run }) => {
    const stack = new EmulatedStack(given, memoryGround(given));
    await stack.start('TRIM_HORIZON');
    try {
      await run(stack);
    } finally {
      await stack.close();
    }
  },
};

function memoryGround({ partitions = 1 }: Given): Ground {
  const clock = new FakeClock();
  const topic = new MemoryTopic({ topic: 'orders', partitions, maxBufferedBytes: 1e9 });
  const produced = Array.from({ length: partitions }, () => 0);
  return {
    topic: topic.topic,
    clock,
    tolerance: { early: 0, late: 0 },
    patience: 600_000,
    open: {},
    pass: (milliseconds) => clock.advance(milliseconds),
    settle: (promise) => clock.advanceUntil(promise).then(() => undefined),
    append: async (records) => {
      for (const record of records) {
        const offset = await topic.produce(record);
        produced[record.partition] = offset + 1;
      }
      await clock.advance(0);
    },
    source: () => topic,
    committed: async () => produced.map((count, partition) => count - topic.lag(partition)),
  };
}
