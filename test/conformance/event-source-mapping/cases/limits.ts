import { expect } from 'vitest';
import type { ConformanceCase } from '../case.ts';
import {
  batchesOf,
  called,
  committed,
  error,
  offsets,
  poisonedBy,
  provisioned,
  records,
  success,
} from '../words.ts';

/** Bytes of a value that is too large for any event. */
const oversize = 5 * 1024 * 1024;
const withAge = { ...batchesOf(2), ...provisioned(), MaximumRecordAgeInSeconds: 60 } as const;
const withBisect = {
  ...batchesOf(4),
  ...provisioned(),
  BisectBatchOnFunctionError: true,
} as const;

/** Records that are too large or too old, and split batches. */
export const limits: readonly ConformanceCase[] = [
  {
    id: 'oversize',
    behaviour:
      'a record whose own event would exceed 6 MiB goes to the destination without an invocation',
    evidence: { kind: 'documented', page: 'with-msk-on-failure' },
    given: { mapping: batchesOf(2), destination: { refusals: 0 } },
    run: async (stack) => {
      await stack.produce({ value: oversize }, {}, {});
      await committed(stack, 3);
      expect(called(stack)).toEqual([offsets(1, 2)]);
      expect(stack.entries).toEqual([
        {
          condition: 'MaximumPayloadSizeExceeded',
          batchSize: 1,
          invokes: 0,
          offsets: { 0: [0, 0] },
        },
      ]);
    },
  },
  {
    id: 'oversize-dropped',
    behaviour: 'without a destination such a record is dropped, and its partition continues',
    evidence: {
      kind: 'assumed',
      why: 'DG: with-kafka-troubleshoot documents that it may not be processed, but not whether it blocks',
    },
    given: { mapping: batchesOf(2) },
    run: async (stack) => {
      await stack.produce({ value: oversize }, {}, {});
      await committed(stack, 3);
      expect(called(stack)).toEqual([offsets(1, 2)]);
    },
  },
  {
    id: 'record-age',
    behaviour:
      'a record older than `MaximumRecordAgeInSeconds` goes to the destination, and the rest of its batch to the function',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: { mapping: withAge, destination: { refusals: 0 } },
    run: async (stack) => {
      await stack.produce({ age: 100 }, {});
      await committed(stack, 2);
      expect(called(stack)).toEqual([['0:1']]);
      expect(stack.entries).toMatchObject([{ batchSize: 1, offsets: { 0: [0, 0] } }]);
    },
  },
  {
    id: 'record-age-condition',
    behaviour:
      'the condition of its entry is `RecordAgeExceeded`, with the number of previous invocations',
    evidence: { kind: 'assumed', why: 'the name is that of Kinesis; Kafka’s is not documented' },
    given: { mapping: withAge, destination: { refusals: 0 } },
    run: async (stack) => {
      await stack.produce(...records(2, { age: 100 }));
      await committed(stack, 2);
      expect(stack.entries).toEqual([
        { condition: 'RecordAgeExceeded', batchSize: 2, invokes: 0, offsets: { 0: [0, 1] } },
      ]);
    },
  },
  {
    id: 'record-age-in-retries',
    behaviour: 'the age ends the retries of a failing batch, for each record',
    evidence: {
      kind: 'assumed',
      why: 'the limit is documented for records; batches are not mentioned',
    },
    given: {
      // Otherwise the destination would limit the retries.
      mapping: { ...withAge, MaximumRetryAttempts: 10_000 },
      destination: { refusals: 0 },
      answers: poisonedBy('0:0'),
    },
    run: async (stack) => {
      await stack.produce({ age: 55 }, {});
      await committed(stack, 2);
      const failed = stack.invocations.length - 1;
      expect(failed).toBeGreaterThan(0);
      expect(called(stack)).toEqual([
        ...Array.from({ length: failed }, () => offsets(0, 2)),
        ['0:1'],
      ]);
      expect(stack.entries).toMatchObject([{ invokes: failed, offsets: { 0: [0, 0] } }]);
    },
  },
  {
    id: 'bisect',
    behaviour: 'a failing batch is split and retried in halves, until a bad record is alone',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: {
      mapping: { ...withBisect, MaximumRetryAttempts: 5 },
      destination: { refusals: 0 },
      answers: poisonedBy('0:2'),
    },
    run: async (stack) => {
      await stack.produce(...records(4));
      await committed(stack, 4);
      const alone = called(stack).filter((each) => each.join() === '0:2');
      expect(alone.length).toBeGreaterThan(0);
      expect(called(stack)).toEqual([
        ...[offsets(0, 4), offsets(0, 2), offsets(2, 2)],
        ...alone,
        ['0:3'],
      ]);
      expect(stack.entries).toMatchObject([{ batchSize: 1, offsets: { 0: [2, 2] } }]);
    },
  },
  {
    id: 'bisect-attempts',
    behaviour: 'splitting does not count as a retry',
    evidence: {
      kind: 'setting',
      name: 'bisectSpendsAttempt',
      default: false,
      why: 'documented for Kinesis only',
    },
    given: {
      mapping: { ...withBisect, MaximumRetryAttempts: 1 },
      destination: { refusals: 0 },
      answers: ({ records }) => (records.includes('0:2') ? error : success),
    },
    run: async (stack) => {
      await stack.produce(...records(4));
      await committed(stack, 4);
      expect(called(stack).filter((each) => each.join() === '0:2')).toHaveLength(2);
      expect(stack.entries).toMatchObject([{ batchSize: 1, invokes: 2, offsets: { 0: [2, 2] } }]);
    },
  },
];
