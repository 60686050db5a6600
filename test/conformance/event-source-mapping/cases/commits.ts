import { expect } from 'vitest';
import type { ConformanceCase } from '../case.ts';
import {
  batchesOf,
  called,
  calledSorted,
  committed,
  held,
  inTurn,
  invoked,
  provisioned,
  records,
  success,
} from '../words.ts';

/** When offsets are committed, and what is redelivered without a commit. */
export const commits: readonly ConformanceCase[] = [
  {
    id: 'commit-after-success',
    behaviour: 'offsets are committed after their batch has succeeded, not before',
    evidence: { kind: 'documented', page: 'with-msk-configure' },
    given: { mapping: batchesOf(2), answers: inTurn(held) },
    run: async (stack) => {
      await stack.produce(...records(2));
      await invoked(stack, 1);
      await stack.pass(500);
      expect(stack.committed).toEqual([0]);
      await stack.answer(stack.invocations[0], success);
      await committed(stack, 2);
    },
  },
  {
    id: 'commit-next-offset',
    behaviour:
      'the committed offset of each partition in the batch is the one after its last record',
    evidence: { kind: 'documented', page: 'esm-logging' },
    given: { partitions: 3, mapping: batchesOf(4) },
    run: async (stack) => {
      await stack.produce(...records(3), { partition: 2 });
      await committed(stack, 3, 0, 1);
    },
  },
  {
    id: 'commit-again',
    behaviour: 'a failed commit is retried; its partitions are not invoked before it succeeds',
    evidence: { kind: 'assumed', why: 'only that such errors are counted is documented' },
    given: { mapping: batchesOf(1) },
    run: async (stack) => {
      stack.failCommits(true);
      await stack.produce(...records(2));
      await invoked(stack, 1);
      await stack.pass(2500);
      expect(called(stack)).toEqual([['0:0']]);
      expect(stack.committed).toEqual([0]);
      stack.failCommits(false);
      await committed(stack, 2);
      expect(called(stack)).toEqual([['0:0'], ['0:1']]);
    },
  },
  {
    id: 'at-least-once',
    behaviour: 'a batch that succeeded is redelivered if the mapping ended before its commit',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: { mapping: batchesOf(2), answers: inTurn(held) },
    run: async (stack) => {
      stack.failCommits(true);
      await stack.produce(...records(2));
      await invoked(stack, 1);
      await stack.answer(stack.invocations[0], success);
      await stack.stop();
      expect(stack.committed).toEqual([0]);
      stack.failCommits(false);
      await stack.start('TRIM_HORIZON');
      await committed(stack, 2);
      expect(called(stack)).toEqual([
        ['0:0', '0:1'],
        ['0:0', '0:1'],
      ]);
    },
  },
  {
    id: 'group-goes-on',
    behaviour: 'a group with committed offsets continues from them, whatever the starting position',
    evidence: { kind: 'documented', page: 'kafka-consumer-group-id' },
    given: { mapping: batchesOf(1) },
    run: async (stack) => {
      await stack.produce(...records(2));
      await committed(stack, 2);
      await stack.stop();
      await stack.produce({});
      await stack.start('LATEST');
      await committed(stack, 3);
      expect(called(stack)).toEqual([['0:0'], ['0:1'], ['0:2']]);
    },
  },
  {
    id: 'rebalance',
    behaviour:
      'a partition that moves to another poller during an invocation is redelivered there, and the late commit skips it',
    evidence: {
      kind: 'assumed',
      why: 'only that scaling may rebalance is documented (DG: with-kafka-low-latency); the rest is how consumer groups work',
    },
    given: {
      partitions: 2,
      mapping: { ...batchesOf(2), ...provisioned() },
      answers: inTurn(held, held),
    },
    run: async (stack) => {
      await stack.produce({}, { partition: 1 });
      await invoked(stack, 1);
      expect(calledSorted(stack)).toEqual([['0:0', '1:0']]);
      // Completes the batch of the new poller's only partition.
      await stack.produce({}, { partition: 1 });
      await stack.setPollers(2);
      await invoked(stack, 2);
      const moved = called(stack)[1]?.[0]?.startsWith('1') ? 1 : 0;
      expect(called(stack)[1]).toEqual([`${moved}:0`, `${moved}:1`]);
      await stack.answer(stack.invocations[0], success);
      await committed(stack, ...(moved === 1 ? [1, 0] : [0, 1]));
      await stack.answer(stack.invocations[1], success);
      await committed(stack, ...(moved === 1 ? [1, 2] : [2, 1]));
    },
  },
];
