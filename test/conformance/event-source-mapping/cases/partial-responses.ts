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
  why: 'the documentation says that the items can be retried, not which other records of their partitions go with them',
} as const;

/** Of five records of two partitions, two are named as failed; the next invocation is held. */
const twoOfFive: Given = {
  partitions: 2,
  mapping: reporting(5),
  answers: inTurn(failedItems('0:1', '1:0'), held),
};

/** What a mapping with `ReportBatchItemFailures` takes from the function's result. */
export const partialResponses: readonly ConformanceCase[] = [
  {
    id: 'partial-success',
    behaviour:
      'a result of null, `{}` or an empty list of failures means that everything succeeded',
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
    behaviour: 'if items of a batch failed, only those are resent',
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
      'if items of a batch failed, everything from the first failed item of each partition is resent, if so configured',
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
    behaviour: 'no offset of such a batch is committed before all of it is done',
    evidence: { kind: 'assumed', why: 'offsets are documented to be committed batch by batch' },
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
    behaviour:
      'failed items use up an attempt; items that still fail in the end go to the destination',
    evidence: {
      kind: 'assumed',
      why: 'by analogy with a function error; nothing else is documented',
    },
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
    behaviour: 'an identifier of a record that was not sent fails the whole batch',
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
    behaviour: 'a result of any other shape fails the whole batch',
    evidence: {
      kind: 'assumed',
      why: 'by analogy with invalid identifiers; nothing else is documented',
    },
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
    behaviour: 'without `ReportBatchItemFailures`, any result of the function is a success',
    evidence: { kind: 'assumed', why: 'only a function error is documented to fail a batch' },
    given: { mapping: batchesOf(2), answers: () => failedItems('0:0') },
    run: async (stack) => {
      await stack.produce(...records(4));
      await committed(stack, 4);
      expect(called(stack)).toEqual([offsets(0, 2), offsets(2, 2)]);
    },
  },
];
