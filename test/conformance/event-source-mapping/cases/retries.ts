import { expect } from 'vitest';
import type { ConformanceCase } from '../case.ts';
import {
  batchesOf,
  called,
  calledSorted,
  committed,
  error,
  expectAbout,
  held,
  inTurn,
  invoked,
  offsets,
  pauses,
  poisonedBy,
  provisioned,
  records,
} from '../words.ts';

/** What happens after a function error or a throttle. */
export const retries: readonly ConformanceCase[] = [
  {
    id: 'retry-whole',
    behaviour: 'a failed batch is retried unchanged, without newer records',
    evidence: { kind: 'documented', page: 'with-msk-configure' },
    given: { mapping: batchesOf(2), answers: inTurn(held) },
    run: async (stack) => {
      await stack.produce(...records(2));
      await invoked(stack, 1);
      await stack.produce(...records(2));
      await stack.answer(stack.invocations[0], error);
      await committed(stack, 4);
      expect(called(stack)).toEqual([offsets(0, 2), offsets(0, 2), offsets(2, 2)]);
    },
  },
  {
    id: 'retry-endless',
    behaviour: 'without a limit and a destination, retries continue indefinitely',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: {
      mapping: batchesOf(1),
      answers: inTurn(...Array.from({ length: 14 }, () => error)),
    },
    run: async (stack) => {
      await stack.produce({});
      await committed(stack, 1);
      expect(called(stack)).toEqual(Array.from({ length: 15 }, () => ['0:0']));
    },
  },
  {
    id: 'retry-capped',
    behaviour:
      'without a limit but with a destination there are 10 retries; then the batch becomes one entry there, with its offsets and its 11 invocations',
    evidence: { kind: 'documented', page: 'kafka-on-failure-destination' },
    given: {
      partitions: 2,
      mapping: batchesOf(3),
      destination: { refusals: 0 },
      answers: poisonedBy('0:0'),
    },
    run: async (stack) => {
      await stack.produce({}, {}, { partition: 1 });
      await committed(stack, 2, 1);
      expect(calledSorted(stack)).toEqual(Array.from({ length: 11 }, () => ['0:0', '0:1', '1:0']));
      expect(stack.entries).toEqual([
        {
          condition: 'RetryAttemptsExhausted',
          batchSize: 3,
          invokes: 11,
          offsets: { 0: [0, 1], 1: [0, 0] },
        },
      ]);
    },
  },
  {
    id: 'retry-attempts',
    behaviour:
      '`MaximumRetryAttempts` does not count the first attempt; without a destination the batch is then dropped, and its partition continues',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: {
      mapping: { ...batchesOf(1), ...provisioned(), MaximumRetryAttempts: 2 },
      answers: poisonedBy('0:0'),
    },
    run: async (stack) => {
      await stack.produce(...records(2));
      await committed(stack, 2);
      expect(called(stack)).toEqual([['0:0'], ['0:0'], ['0:0'], ['0:1']]);
    },
  },
  {
    id: 'retry-pause',
    behaviour: 'each retry has the same delay',
    evidence: {
      kind: 'setting',
      name: 'retryDelayMs',
      default: 1000,
      why: 'not documented, nor whether the delay grows',
    },
    given: {
      mapping: batchesOf(1),
      open: { retryDelayMs: 1000 },
      answers: inTurn(error, error),
    },
    run: async (stack) => {
      await stack.produce({});
      await invoked(stack, 3);
      expect(pauses(stack)).toHaveLength(2);
      for (const pause of pauses(stack)) expectAbout(stack, pause, 1000);
    },
  },
  {
    id: 'throttle',
    behaviour: 'a throttled batch does not count as a retry',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: {
      mapping: { ...batchesOf(1), ...provisioned(), MaximumRetryAttempts: 0 },
      destination: { refusals: 0 },
      answers: inTurn(error),
    },
    run: async (stack) => {
      stack.throttle(true);
      await stack.produce({});
      await stack.pass(2500);
      expect([stack.invocations, stack.entries, stack.committed]).toEqual([[], [], [0]]);
      stack.throttle(false);
      await committed(stack, 1);
      expect(called(stack)).toEqual([['0:0']]);
      expect(stack.entries.map(({ invokes }) => invokes)).toEqual([1]);
    },
  },
  {
    id: 'blocked-partition',
    behaviour: 'a failing batch blocks only its own partitions',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: {
      partitions: 2,
      mapping: { ...batchesOf(1), ...provisioned() },
      open: { mixPartitions: false },
      answers: poisonedBy('0:0'),
    },
    run: async (stack) => {
      await stack.produce(...records(2), ...records(2, { partition: 1 }));
      await stack.until('retries beside the other partition', (seen) => {
        const failed = called(seen).filter(([first]) => first === '0:0');
        return failed.length >= 3 && seen.committed[1] === 2;
      });
      expect(called(stack).flat()).not.toContain('0:1');
      expect(stack.committed).toEqual([0, 2]);
    },
  },
  {
    id: 'blocked-batch',
    behaviour: 'a failing batch of several partitions blocks all of them',
    evidence: { kind: 'assumed', why: 'follows from retries of whole batches and from ordering' },
    given: { partitions: 2, mapping: batchesOf(2), answers: poisonedBy('0:0') },
    run: async (stack) => {
      for (const partition of [0, 1]) await stack.produce({ partition });
      await invoked(stack, 1);
      for (const partition of [0, 1]) await stack.produce({ partition });
      await invoked(stack, 4);
      expect(new Set(calledSorted(stack).map(String))).toEqual(new Set(['0:0,1:0']));
      expect(stack.committed).toEqual([0, 0]);
    },
  },
];
