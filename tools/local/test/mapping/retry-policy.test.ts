import { describe, expect, it } from 'vitest';
import type { BatchRecord } from '../../../../kafka/mapping-event.ts';
import {
  decideRetry,
  type InvokeOutcome,
  type RetrySettings,
  type RetryStep,
  splitByAge,
} from '../../mapping/retry-policy.ts';
import { batchRecord, batchRecords, noon, places } from '../source-records.ts';

const defaults: RetrySettings & { topic: string } = {
  topic: 'orders',
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  hasDestination: false,
  bisectSpendsAttempt: false,
  resend: 'named',
};

type Given = Partial<typeof defaults> & { failures?: number; records?: readonly BatchRecord[] };

const error: InvokeOutcome = { kind: 'failed', errorType: 'Error' };
const throttle: InvokeOutcome = { kind: 'throttled' };
const returned = (payload: string): InvokeOutcome => ({ kind: 'returned', payload });
const reported = (...batchItemFailures: unknown[]) =>
  returned(JSON.stringify({ batchItemFailures }));
const failure = (partition: unknown, offset: unknown) => ({
  itemIdentifier: { partition, offset },
});

/** A step, with records as `partition:offset`. */
interface Step {
  readonly retry: readonly { readonly records: readonly string[]; readonly failures: number }[];
  readonly discarded: readonly string[];
}

const describeStep = ({ retry, discarded }: RetryStep): Step => ({
  retry: retry.map(({ records, failures }) => ({ records: places(records), failures })),
  discarded: places(discarded),
});

function decide(outcome: InvokeOutcome, given: Given = {}): Step {
  const { failures = 0, records = batchRecords(3), ...settings } = given;
  return describeStep(decideRetry({ records, failures }, outcome, { ...defaults, ...settings }));
}

const all = ['0:0', '0:1', '0:2'];
const done: Step = { retry: [], discarded: [] };
const again = (records: readonly string[], failures = 1): Step => ({
  retry: [{ records, failures }],
  discarded: [],
});
const givenUp = (records: readonly string[]): Step => ({ retry: [], discarded: records });

const provisioned = { reportBatchItemFailures: true, bisectBatchOnFunctionError: true } as const;

describe('throttle', () => {
  it.each<[string, Given, number]>([
    ['by default', {}, 0],
    ['after failures', { failures: 4 }, 4],
    ['with no retries', { maximumRetryAttempts: 0 }, 0],
    ['with all retries spent', { maximumRetryAttempts: 2, failures: 2 }, 2],
    ['with a destination', { hasDestination: true, failures: 10 }, 10],
    ['with bisecting', provisioned, 0],
  ])('sends the batch again and spends no attempt %s', (_, given, failures) => {
    expect(decide(throttle, given)).toEqual(again(all, failures));
  });
});

describe('function error', () => {
  it.each<[string, Given, Step]>([
    ['sends the whole batch again', {}, again(all, 1)],
    ['has no end by default', { failures: 1_000_000 }, again(all, 1_000_001)],
    ['is retried at all with a destination', { hasDestination: true }, again(all, 1)],
    [
      'is retried a tenth time with a destination',
      { hasDestination: true, failures: 9 },
      again(all, 10),
    ],
    [
      'is given up at the 11th invocation with a destination',
      { hasDestination: true, failures: 10 },
      givenUp(all),
    ],
    ['is given up at once with 0 retries', { maximumRetryAttempts: 0 }, givenUp(all)],
    ['is retried up to n times', { maximumRetryAttempts: 3, failures: 2 }, again(all, 3)],
    ['is given up after n retries', { maximumRetryAttempts: 3, failures: 3 }, givenUp(all)],
    [
      'is retried more than 10 times when asked, destination or not',
      { maximumRetryAttempts: 50, hasDestination: true, failures: 49 },
      again(all, 50),
    ],
    [
      'is retried less than 10 times when asked, destination or not',
      { maximumRetryAttempts: 1, hasDestination: true, failures: 1 },
      givenUp(all),
    ],
    [
      'counts for the whole batch where item failures are reported too',
      { reportBatchItemFailures: true },
      again(all, 1),
    ],
  ])('%s', (_, given, step) => {
    expect(decide(error, given)).toEqual(step);
  });

  it('makes 11 invocations with a destination and no other limit', () => {
    let attempt: RetryStep['retry'][number] | undefined = { records: batchRecords(3), failures: 0 };
    let invocations = 0;
    while (attempt !== undefined) {
      invocations += 1;
      [attempt] = decideRetry(attempt, error, { ...defaults, hasDestination: true }).retry;
    }
    expect(invocations).toBe(11);
  });
});

describe('bisecting', () => {
  const bisect = { bisectBatchOnFunctionError: true } as const;
  const halves = (first: string[], second: string[], failures = 0): Step => ({
    retry: [
      { records: first, failures },
      { records: second, failures },
    ],
    discarded: [],
  });

  it.each<[string, Given, Step]>([
    ['halves an even batch', { records: batchRecords(4) }, halves(all.slice(0, 2), ['0:2', '0:3'])],
    ['gives an odd batch a larger first half', {}, halves(['0:0', '0:1'], ['0:2'])],
    ['halves two records', { records: batchRecords(2) }, halves(['0:0'], ['0:1'])],
    ['does not halve a single record', { records: batchRecords(1) }, again(['0:0'], 1)],
    ['spends no attempt', { failures: 2 }, halves(['0:0', '0:1'], ['0:2'], 2)],
    [
      'spends an attempt where told so',
      { failures: 2, bisectSpendsAttempt: true },
      halves(['0:0', '0:1'], ['0:2'], 3),
    ],
    ['still halves with 0 retries', { maximumRetryAttempts: 0 }, halves(['0:0', '0:1'], ['0:2'])],
    [
      'gives up all where halving spends the last retry',
      { maximumRetryAttempts: 2, failures: 2, bisectSpendsAttempt: true },
      givenUp(all),
    ],
    [
      'gives up a single record whose retries are spent',
      { records: batchRecords(1), maximumRetryAttempts: 2, failures: 2 },
      givenUp(['0:0']),
    ],
  ])('%s', (_, given, step) => {
    expect(decide(error, { ...bisect, ...given })).toEqual(step);
  });

  it('halves a batch whose result names all its records', () => {
    const outcome = reported(...[0, 1, 2].map((offset) => failure('orders-0', offset)));
    expect(decide(outcome, provisioned)).toEqual(halves(['0:0', '0:1'], ['0:2']));
  });

  it('does not halve the records that a result names', () => {
    const outcome = reported(failure('orders-0', 1), failure('orders-0', 2));
    expect(decide(outcome, provisioned)).toEqual(again(['0:1', '0:2']));
  });
});

describe('partial batch response', () => {
  const report = { reportBatchItemFailures: true } as const;
  const twoPartitions = { ...report, records: batchRecords(3, [0, 1]) };

  it.each([
    '',
    'null',
    '{}',
    '{"other":1}',
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
  ])('%j is a success of the whole batch', (payload) => {
    expect(decide(returned(payload), report)).toEqual(done);
  });

  it.each<[string, InvokeOutcome]>([
    ['a partition that is not in the batch', reported(failure('orders-1', 0))],
    ['an offset that is not in the batch', reported(failure('orders-0', 3))],
    ['another topic', reported(failure('payments-0', 0))],
    ['an unknown one among known ones', reported(failure('orders-0', 0), failure('orders-0', 9))],
    ['a partition that is a number', reported(failure(0, 0))],
    ['an offset that is text', reported(failure('orders-0', '0'))],
    ['an offset that is no whole number', reported(failure('orders-0', 0.5))],
    ['no offset', reported({ itemIdentifier: { partition: 'orders-0' } })],
    ['the identifier of other sources', reported({ itemIdentifier: '0' })],
    ['null as an identifier', reported({ itemIdentifier: null })],
    ['no identifier', reported({})],
    ['null as an item', reported(null)],
    ['a list that is none', returned('{"batchItemFailures":{}}')],
    ['a text', returned('"done"')],
    ['a number', returned('7')],
    ['what is no JSON', returned('{"batchItemFailures":[')],
  ])('%s sends the whole batch again', (_, outcome) => {
    expect(decide(outcome, report)).toEqual(again(all));
  });

  it.each<[string, Given, InvokeOutcome, Step]>([
    [
      'sends only the named records',
      twoPartitions,
      reported(failure('orders-1', 2), failure('orders-0', 1)),
      again(['0:1', '1:2']),
    ],
    [
      'takes a record named twice once',
      report,
      reported(failure('orders-0', 1), failure('orders-0', 1)),
      again(['0:1']),
    ],
    [
      'sends the later records of a named one’s partition too, where told so',
      { ...twoPartitions, resend: 'from lowest' },
      reported(failure('orders-1', 1)),
      again(['1:1', '1:2']),
    ],
    [
      'goes from the lowest of several named in a partition, where told so',
      { ...twoPartitions, resend: 'from lowest' },
      reported(failure('orders-0', 2), failure('orders-0', 1)),
      again(['0:1', '0:2']),
    ],
    [
      'gives up the named records when their retries are spent',
      { ...report, maximumRetryAttempts: 1, failures: 1 },
      reported(failure('orders-0', 2)),
      givenUp(['0:2']),
    ],
    [
      'is of no effect where it is off',
      {},
      reported(failure('orders-0', 1), failure('orders-7', 1)),
      done,
    ],
    ['may be no JSON where it is off', {}, returned('done'), done],
  ])('%s', (_, given, outcome, step) => {
    expect(decide(outcome, given)).toEqual(step);
  });
});

describe('record age', () => {
  const records = [60_000, 60_001, 59_999, 0, -5].map((age, offset) =>
    batchRecord({ offset, timestamp: noon - age }),
  );
  const split = (seconds: number, now = noon) => {
    const { fresh, expired } = splitByAge(records, seconds, now);
    return { fresh: places(fresh), expired: places(expired) };
  };

  it('expires what is older than the limit, and not what is just as old', () => {
    expect(split(60)).toEqual({ fresh: ['0:0', '0:2', '0:3', '0:4'], expired: ['0:1'] });
  });

  it('expires all once all are older', () => {
    const expired = ['0:0', '0:1', '0:2', '0:3', '0:4'];
    expect(split(60, noon + 60_006)).toEqual({ fresh: [], expired });
  });

  it('has no limit at -1', () => {
    const everything = ['0:0', '0:1', '0:2', '0:3', '0:4'];
    expect(split(-1, Number.MAX_SAFE_INTEGER)).toEqual({ fresh: everything, expired: [] });
  });
});
