import { expect } from 'vitest';
import type { ConformanceCase, Given } from '../case.ts';
import {
  batchesOf,
  called,
  calledSorted,
  committed,
  failedItems,
  held,
  inTurn,
  invoked,
  offsets,
  provisioned,
  records,
  result,
  success,
} from '../words.ts';

const reporting = (count: number) =>
  ({
    ...batchesOf(count),
    ...provisioned(),
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  }) as const;

const resend = {
  kind: 'setting',
  name: 'resend',
  default: 'named',
  why: 'documented is that the items can be retried, but not which other records are resent with them',
} as const;

/** Two of five records of two partitions are reported as failed; the next invocation is held. */
const twoOfFive: Given = {
  partitions: 2,
  mapping: reporting(5),
  answers: inTurn(failedItems('0:1', '1:0'), held),
};

/** How a mapping with `ReportBatchItemFailures` interprets the function's result. */
export const partialResponses: readonly ConformanceCase[] = [
  {
    id: 'partial-success',
    behaviour: 'a result of null, `{}` or an empty list of failures is a complete success',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: {
      mapping: reporting(1),
      answers: inTurn(result(null), result({}), result({ batchItemFailures: [] })),
    },
    run: async (stack) => {
      await stack.produce(...records(3));
      await committed(stack, 3);
      expect(called(stack)).toEqual([['0:0'], ['0:1'], ['0:2']]);
    },
  },
  {
    id: 'partial-named',
    behaviour: 'of a batch with failed items only these are retried',
    evidence: resend,
    given: twoOfFive,
    run: async (stack) => {
      await stack.produce(...records(3), ...records(2, { partition: 1 }));
      await invoked(stack, 2);
      expect(calledSorted(stack)[1]).toEqual(['0:1', '1:0']);
    },
  },
  {
    id: 'partial-from-lowest',
    behaviour:
      'of a batch with failed items all records from the first failed one of each partition are retried, if so configured',
    evidence: resend,
    given: { ...twoOfFive, open: { resend: 'from lowest' } },
    run: async (stack) => {
      await stack.produce(...records(3), ...records(2, { partition: 1 }));
      await invoked(stack, 2);
      expect(calledSorted(stack)[1]).toEqual(['0:1', '0:2', '1:0', '1:1']);
    },
  },
  {
    id: 'partial-commit',
    behaviour: 'no offset of such a batch is committed before the whole batch is finished',
    evidence: { kind: 'assumed', why: 'offsets are documented to be committed per batch' },
    given: twoOfFive,
    run: async (stack) => {
      await stack.produce(...records(3), ...records(2, { partition: 1 }));
      await invoked(stack, 2);
      await stack.pass(500);
      expect(stack.committed).toEqual([0, 0]);
      await stack.answer(stack.invocations[1], success);
      await committed(stack, 3, 2);
    },
  },
  {
    id: 'partial-attempts',
    behaviour: 'failed items count as a retry; items that still fail go to the destination',
    evidence: { kind: 'assumed', why: 'as for a function error; nothing else is documented' },
    given: {
      mapping: { ...reporting(3), MaximumRetryAttempts: 1 },
      destination: { refusals: 0 },
      answers: () => failedItems('0:1'),
    },
    run: async (stack) => {
      await stack.produce(...records(3));
      await committed(stack, 3);
      expect(called(stack)).toEqual([offsets(0, 3), ['0:1']]);
      expect(stack.entries).toEqual([
        {
          condition: 'RetryAttemptsExhausted',
          batchSize: 1,
          invokes: 2,
          offsets: { 0: [1, 1] },
        },
      ]);
    },
  },
  {
    id: 'partial-invalid',
    behaviour: 'the identifier of an unknown record fails the whole batch',
    evidence: { kind: 'documented', page: 'kafka-retry-configurations' },
    given: {
      mapping: reporting(2),
      answers: inTurn(failedItems('0:1', '0:99'), failedItems('7:0')),
    },
    run: async (stack) => {
      await stack.produce(...records(2));
      await committed(stack, 2);
      expect(called(stack)).toEqual([offsets(0, 2), offsets(0, 2), offsets(0, 2)]);
    },
  },
  {
    id: 'partial-malformed',
    behaviour: 'a malformed result fails the whole batch',
    evidence: { kind: 'assumed', why: 'as for unknown identifiers; nothing else is documented' },
    given: {
      mapping: reporting(2),
      answers: inTurn(
        result('stored'),
        result({ batchItemFailures: 'none' }),
        result({ batchItemFailures: [{ itemIdentifier: '0:1' }] }),
      ),
    },
    run: async (stack) => {
      await stack.produce(...records(2));
      await committed(stack, 2);
      expect(called(stack)).toEqual(Array.from({ length: 4 }, () => offsets(0, 2)));
    },
  },
  {
    id: 'partial-off',
    behaviour: 'without `ReportBatchItemFailures` any result is a success',
    evidence: { kind: 'assumed', why: 'only a function error is documented to fail a batch' },
    given: { mapping: batchesOf(2), answers: () => failedItems('0:0') },
    run: async (stack) => {
      await stack.produce(...records(4));
      await committed(stack, 4);
      expect(called(stack)).toEqual([offsets(0, 2), offsets(2, 2)]);
    },
  },
];
