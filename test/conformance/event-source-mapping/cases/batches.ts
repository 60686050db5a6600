import { Buffer } from 'node:buffer';
import { expect } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../../../lambda/contract.ts';
import type { ConformanceCase, StackUnderTest } from '../case.ts';
import {
  batchesOf,
  called,
  calledSorted,
  expectAbout,
  held,
  inTurn,
  invoked,
  offsets,
  pauses,
  provisioned,
  records,
  success,
} from '../words.ts';

const mebibyte = 1024 * 1024;

/**
 * Holds a first batch while the records of the next one arrive. The time from the end of the first to
 * the start of the next is the window.
 */
async function windowAfterABatch(stack: StackUnderTest, milliseconds = 0): Promise<number> {
  await stack.produce({});
  await invoked(stack, 1);
  await stack.produce(...records(3));
  await stack.pass(milliseconds);
  await stack.answer(stack.invocations[0], success);
  await invoked(stack, 2);
  expect(called(stack)).toEqual([offsets(0, 1), offsets(1, 3)]);
  return pauses(stack)[0] ?? Number.NaN;
}

/** When a batch closes, and what it may contain. */
export const batches: readonly ConformanceCase[] = [
  {
    id: 'batch-size',
    behaviour: 'a batch closes at `BatchSize` records, before its window ends',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: { mapping: batchesOf(3) },
    run: async (stack) => {
      await stack.produce(...records(7));
      await invoked(stack, 2);
      expect(called(stack)).toEqual([offsets(0, 3), offsets(3, 3)]);
    },
  },
  {
    id: 'window-set',
    behaviour: 'a batch closes after `MaximumBatchingWindowInSeconds`, even with few records',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: { mapping: { MaximumBatchingWindowInSeconds: 2 }, answers: inTurn(held) },
    run: async (stack) => expectAbout(stack, await windowAfterABatch(stack), 2000),
  },
  {
    id: 'window-unset',
    behaviour: 'the window is 500 ms if it is not set',
    evidence: { kind: 'documented', page: 'with-kafka-low-latency' },
    given: { answers: inTurn(held) },
    run: async (stack) => expectAbout(stack, await windowAfterABatch(stack), 500),
  },
  {
    id: 'window-zero',
    behaviour: 'a window of 0 invokes at once, with the available records',
    evidence: { kind: 'documented', page: 'with-kafka-low-latency' },
    given: { mapping: { MaximumBatchingWindowInSeconds: 0 }, answers: inTurn(held) },
    run: async (stack) => expectAbout(stack, await windowAfterABatch(stack), 0),
  },
  {
    id: 'window-start',
    behaviour: 'a window starts when the previous batch is finished, not when its records arrive',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: { mapping: { MaximumBatchingWindowInSeconds: 1 }, answers: inTurn(held) },
    run: async (stack) => expectAbout(stack, await windowAfterABatch(stack, 1500), 1000),
  },
  {
    id: 'window-empty',
    behaviour: 'a window without records ends without an invocation, and another one follows',
    evidence: { kind: 'assumed', why: 'events without records are not documented' },
    given: {},
    run: async (stack) => {
      await stack.pass(1600);
      expect(stack.invocations).toEqual([]);
      await stack.produce({});
      await invoked(stack, 1);
      expect(called(stack)).toEqual([offsets(0, 1)]);
    },
  },
  {
    id: 'payload-limit',
    behaviour: 'a batch closes before its event would exceed 6 MiB',
    evidence: { kind: 'documented', page: 'invocation-eventsourcemapping' },
    given: { mapping: batchesOf(100) },
    run: async (stack) => {
      await stack.produce(...records(9, { value: mebibyte }));
      await invoked(stack, 2);
      for (const { event, records } of stack.invocations) {
        expect(records.length).toBeGreaterThan(1);
        expect(Buffer.byteLength(event)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
      }
      const together = called(stack).flat();
      expect(together).toEqual(offsets(0, together.length));
    },
  },
  {
    id: 'payload-base64',
    behaviour: 'the 6 MiB are those of the event as sent, in base64',
    evidence: {
      kind: 'assumed',
      why: 'the limit is documented as that of a synchronous invocation, whose payload is the event',
    },
    given: { mapping: batchesOf(100) },
    run: async (stack) => {
      // Five records are 5 MiB in Kafka, and 6.7 MiB in base64.
      await stack.produce(...records(5, { value: mebibyte }));
      await invoked(stack, 1);
      expect(called(stack)).toEqual([offsets(0, 4)]);
    },
  },
  {
    id: 'mixed-partitions',
    behaviour: 'a batch may contain records of several partitions',
    evidence: { kind: 'documented', page: 'with-msk-configure' },
    given: { partitions: 2, mapping: batchesOf(4) },
    run: async (stack) => {
      await stack.produce(...records(2), ...records(2, { partition: 1 }));
      await invoked(stack, 1);
      expect(calledSorted(stack)).toEqual([[...offsets(0, 2), ...offsets(0, 2, 1)]]);
    },
  },
  {
    id: 'one-partition',
    behaviour: 'a batch contains a single partition, if so configured',
    evidence: {
      kind: 'setting',
      name: 'mixPartitions',
      default: true,
      why: 'how a provisioned poller divides its invocations among its partitions is not documented',
    },
    given: {
      partitions: 2,
      mapping: { ...batchesOf(2), ...provisioned() },
      open: { mixPartitions: false },
    },
    run: async (stack) => {
      for (const partition of [0, 1, 0, 1]) await stack.produce({ partition });
      await invoked(stack, 2);
      expect(called(stack).sort()).toEqual([offsets(0, 2), offsets(0, 2, 1)]);
    },
  },
];
