import { expect } from 'vitest';
import type { ConformanceCase, StackUnderTest } from '../case.ts';
import {
  batchesOf,
  called,
  held,
  invoked,
  mostAtOnce,
  offsets,
  provisioned,
  records,
  success,
} from '../words.ts';

/** Completes each invocation once all concurrent ones have begun; returns their maximum number. */
async function runThrough(stack: StackUnderTest, total: number, atOnce: number): Promise<number> {
  for (let done = 0; done < total; done++) {
    await invoked(stack, Math.min(total, done + atOnce));
    // Time for an excess invocation.
    await stack.pass(200);
    await stack.answer(stack.invocations[done], success);
  }
  expect(called(stack)).toHaveLength(total);
  return mostAtOnce(stack.invocations);
}

const onePerPartition = async (stack: StackUnderTest, partitions: number) =>
  stack.produce(...Array.from({ length: partitions }, (_, partition) => ({ partition })));

/** How pollers share the partitions and the function. */
export const pollers: readonly ConformanceCase[] = [
  {
    id: 'poller-share',
    behaviour: 'each partition has one poller; a batch contains only partitions of its poller',
    evidence: { kind: 'documented', page: 'kafka-scaling-modes' },
    given: {
      partitions: 4,
      mapping: { ...batchesOf(2), ...provisioned(2) },
      answers: () => held,
    },
    run: async (stack) => {
      await onePerPartition(stack, 4);
      await onePerPartition(stack, 4);
      await invoked(stack, 2);
      // Time for an excess invocation.
      await stack.pass(500);
      const [one = [], other = []] = called(stack).map((records) => records.map(([of]) => of));
      expect(called(stack)).toHaveLength(2);
      expect(one.filter((partition) => other.includes(partition))).toEqual([]);
    },
  },
  {
    id: 'poller-idle',
    behaviour: 'pollers beyond the number of partitions are idle',
    evidence: { kind: 'documented', page: 'kafka-scaling-modes' },
    given: {
      mapping: { ...batchesOf(1), ...provisioned(3) },
      answers: () => held,
    },
    run: async (stack) => {
      await stack.produce(...records(3));
      expect(await runThrough(stack, 3, 1)).toBe(1);
      expect(called(stack).flat()).toEqual(offsets(0, 3));
    },
  },
  {
    id: 'poller-provisioned',
    behaviour: 'a provisioned poller has at most 5 concurrent invocations',
    evidence: { kind: 'documented', page: 'kafka-scaling-modes' },
    given: {
      partitions: 8,
      mapping: { ...batchesOf(1), ...provisioned() },
      open: { mixPartitions: false },
      answers: () => held,
    },
    run: async (stack) => {
      await onePerPartition(stack, 8);
      expect(await runThrough(stack, 8, 5)).toBe(5);
    },
  },
  {
    id: 'poller-on-demand',
    behaviour: 'an on-demand poller has one invocation at a time',
    evidence: {
      kind: 'assumed',
      why: 'the number of its “processors in parallel” is not documented',
    },
    given: {
      partitions: 3,
      mapping: batchesOf(1),
      open: { mixPartitions: false },
      answers: () => held,
    },
    run: async (stack) => {
      await onePerPartition(stack, 3);
      expect(await runThrough(stack, 3, 1)).toBe(1);
    },
  },
];
