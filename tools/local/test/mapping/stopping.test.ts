import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure, offsets, RunningMapping, success, throttle } from '../running-mapping.ts';

/** A mapping whose invocations the test completes. */
const unanswered = { respond: () => undefined } as const;

describe('stop', () => {
  it.each([0, 1, 300])('ends the wait for records in a window of %i s', async (batchWindow) => {
    const mapping = new RunningMapping({ options: { batchWindow } });
    const running = mapping.run();
    await mapping.clock.advance(batchWindow * 1000);
    mapping.stop();
    await running;
    expect(mapping.events).toEqual([]);
  });

  it('abandons a batch that is being collected, without an invocation or commit', async () => {
    const mapping = new RunningMapping();
    const running = mapping.run();
    await mapping.produce(2);
    await mapping.clock.advance(499);
    mapping.stop();
    await running;
    expect(mapping.calls).toEqual([]);
    expect(mapping.commits).toEqual([]);
    expect(mapping.topic.lag(0)).toBe(2);
  });

  it('awaits and commits a running batch, and starts no other', async () => {
    const mapping = new RunningMapping({ ...unanswered, options: { batchSize: 2 } });
    const running = mapping.run();
    await mapping.produce(4);
    mapping.stop();
    await mapping.clock.advance(60_000);
    expect(mapping.called).toEqual([offsets(0, 2)]);
    expect(mapping.commits).toEqual([]);
    await mapping.calls[0]?.answer(success);
    await running;
    expect(mapping.called).toEqual([offsets(0, 2)]);
    expect(mapping.commits).toEqual([[[0, 2]]]);
    expect(mapping.topic.lag(0)).toBe(2);
  });

  it.each([failure, throttle])(
    'does not retry or commit a running batch that ends as $kind',
    async (outcome) => {
      const mapping = new RunningMapping(unanswered);
      const running = mapping.run();
      await mapping.produce(1);
      await mapping.clock.advance(500);
      mapping.stop();
      await mapping.calls[0]?.answer(outcome);
      await running;
      expect(mapping.calls).toHaveLength(1);
      expect(mapping.commits).toEqual([]);
    },
  );

  it('abandons a batch that waits for its retry at once', async () => {
    const mapping = new RunningMapping({ respond: () => failure });
    const running = mapping.run();
    await mapping.produce(1);
    await mapping.clock.advance(700);
    mapping.stop();
    await running;
    expect(mapping.clock.passed).toBe(700);
    expect(mapping.calls).toHaveLength(1);
    expect(mapping.commits).toEqual([]);
  });

  it('abandons batches that wait for an invocation', async () => {
    const mapping = new RunningMapping({
      ...unanswered,
      partitions: 4,
      options: { mixPartitions: false },
    });
    const running = mapping.run();
    for (const partition of [0, 1, 2, 3]) await mapping.produce(1, { partition });
    await mapping.clock.advance(500);
    mapping.stop();
    mapping.respond = () => success;
    await mapping.calls[0]?.answer(success);
    await running;
    expect(mapping.called).toEqual([['0:0']]);
    expect(mapping.commits).toEqual([[[0, 1]]]);
  });
});

describe('restart', () => {
  it('continues at the committed offsets', async () => {
    const mapping = new RunningMapping({
      partitions: 2,
      respond: (_, index) => (index === 0 ? success : failure),
      options: { batchSize: 3 },
    });
    const running = mapping.run();
    await mapping.produce(5);
    await mapping.produce(2, { partition: 1 });
    mapping.stop();
    await running;
    const first = mapping.called.flat();
    mapping.respond = () => success;
    mapping.topic.end();
    const before = mapping.calls.length;
    await mapping.clock.advanceUntil(mapping.restart());
    const after = mapping.called.slice(before).flat();
    expect(mapping.commits[0]).toEqual([[0, 3]]);
    expect(first).toEqual(expect.arrayContaining(offsets(0, 3)));
    expect(after.sort()).toEqual([...offsets(3, 2), ...offsets(0, 2, 1)]);
  });
});

const anyOptions = fc.record({
  batchSize: fc.integer({ min: 1, max: 6 }),
  batchWindow: fc.constantFrom(undefined, 0, 1),
  pollers: fc.integer({ min: 1, max: 3 }),
  mixPartitions: fc.boolean(),
  maximumRetryAttempts: fc.integer({ min: -1, max: 2 }),
  bisectBatchOnFunctionError: fc.boolean(),
  bisectSpendsAttempt: fc.boolean(),
});

const anyOutcomes = fc.array(fc.constantFrom(success, failure, throttle), { maxLength: 30 });

describe('any sequence of outcomes', () => {
  it('ends with each record archived or given up, and each offset committed in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(2), { maxLength: 30 }),
        anyOptions,
        anyOutcomes,
        async (partitions, options, outcomes) => {
          const succeeded = new Set<string>();
          const mapping = new RunningMapping({
            partitions: 3,
            options: { ...options, mode: 'provisioned' },
            respond: ({ records }, index) => {
              const outcome = outcomes[index] ?? success;
              if (outcome === success) for (const record of records) succeeded.add(record);
              return outcome;
            },
          });
          for (const partition of partitions) await mapping.produce(1, { partition });
          mapping.topic.end();
          await mapping.clock.advanceUntil(mapping.run());

          const done = new Set([
            ...succeeded,
            ...mapping.discards.flatMap(([, records]) => records),
          ]);
          const counts = [0, 1, 2].map((at) => partitions.filter((each) => each === at).length);
          const produced = counts.flatMap((count, at) => offsets(0, count, at));
          expect([...done].sort()).toEqual(produced.sort());
          expect([0, 1, 2].map((at) => mapping.topic.lag(at))).toEqual([0, 0, 0]);
          for (const at of [0, 1, 2]) {
            const committed = mapping.commits.flat().filter(([partition]) => partition === at);
            const positions = committed.map(([, offset]) => offset);
            expect(positions).toEqual([...positions].sort((a, b) => a - b));
            const [first] = counts.slice(at);
            expect(positions.at(-1) ?? 0).toBe(first);
          }
        },
      ),
    );
  });
});
