import fc from 'fast-check';
import { type ObjectForm, objectForms } from '../../lambda/contract.ts';
import type { TopicShape } from './topic.ts';

/** What may strike one of several candidates. */
const faultsOfOne = [
  /** A request takes effect, and its answer is lost. */
  'lose answer',
  /** The store answers 5xx, without effect, or the request is lost. */
  'refuse',
  /** The store answers 409: another put of the key is under way. */
  'conflict',
  /** An attempt's time is up: another is made while it is still on its way. */
  'give up',
  /** A request takes effect whose sender has given it up or is dead. */
  'land late',
  /** The deadline before the function's timeout comes. */
  'expire',
  /** The function's process is killed. */
  'crash',
  /** The poller is told that an invocation failed, while it runs on or its answer is under way. */
  'report failed',
  /** A poller's process is killed. */
  'crash poller',
] as const;

/** All kinds of trouble. */
export const faults = [...faultsOfOne, 'rebalance', 'recreate'] as const;

/** A kind of trouble. */
export type Fault = (typeof faults)[number];

/**
 * What may happen next. `at` says which of the candidates it happens to, counted round and round; a
 * step without a candidate does nothing.
 */
export type Step =
  /** A poller cuts a batch of so many records of each partition, and invokes the function. */
  | { readonly kind: 'poll'; readonly poller: number; readonly take: readonly number[] }
  /**
   * One of the things under way goes on: a request that is waited for takes effect at the store and is
   * answered, an invocation's outcome reaches its poller (which sends again what failed, halved or
   * not), a poller commits what is done of a batch, an invocation begins.
   */
  | { readonly kind: 'go on'; readonly at: number; readonly bisect: boolean }
  | { readonly kind: (typeof faultsOfOne)[number]; readonly at: number }
  /** The group deals its partitions out again; pollers that are absent hear nothing of it. */
  | {
      readonly kind: 'rebalance';
      readonly absent: readonly number[];
      readonly owners: readonly number[];
    }
  /** The topic is deleted and created again. */
  | { readonly kind: 'recreate' };

/** The settings that hold for a whole schedule. */
export interface Scenario extends TopicShape {
  readonly pollers: number;
  readonly maxParallelPuts: number;
  readonly reportBatchItemFailures: boolean;
  readonly objectOf: ObjectForm;
  /** How many runs keys have room to name: with a long prefix, two or three. */
  readonly keyRoom: 'for all runs' | 'for few runs';
  /** What follows from a partial batch response, which is not documented. */
  readonly resend: 'named' | 'from lowest';
  /** Which of the things under way go on first, more often than not: what waits is overtaken. */
  readonly first: 'oldest' | 'newest';
  /** What goes wrong at all: few kinds of trouble lead deeper than all of them at once. */
  readonly faults: readonly Fault[];
}

/** A scenario, and the steps to try in turn. */
export interface Schedule {
  readonly scenario: Scenario;
  readonly steps: readonly Step[];
}

const MOST = 3;
const upToMost = fc.integer({ min: 1, max: MOST });
/** More than a key has room for. */
const MOST_PARTITIONS = 6;
const scenarios: fc.Arbitrary<Scenario> = fc.record({
  faults: fc.subarray([...faults]),
  partitions: fc.oneof(
    { weight: 3, arbitrary: upToMost },
    { weight: 1, arbitrary: fc.integer({ min: MOST + 1, max: MOST_PARTITIONS }) },
  ),
  records: fc.integer({ min: 1, max: 16 }),
  hours: upToMost,
  pollers: upToMost,
  maxParallelPuts: upToMost,
  reportBatchItemFailures: fc.boolean(),
  objectOf: fc.constantFrom(...objectForms),
  keyRoom: fc.constantFrom('for all runs', 'for few runs'),
  resend: fc.constantFrom('named', 'from lowest'),
  first: fc.constantFrom('oldest', 'newest'),
});

/** Mostly the first: what always goes on by turns never gets far ahead of the rest. */
const at = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) });
const pollerNumber = fc.nat(MOST - 1);
const perPartition = { minLength: MOST_PARTITIONS, maxLength: MOST_PARTITIONS };
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('poll'),
      poller: pollerNumber,
      take: fc.array(fc.nat(3), perPartition),
    }),
  },
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('go on'), at, bisect: fc.boolean() }) },
  { weight: 16, arbitrary: fc.record({ kind: fc.constantFrom(...faultsOfOne), at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rebalance'),
      absent: fc.uniqueArray(pollerNumber, { maxLength: MOST - 1 }),
      owners: fc.array(pollerNumber, perPartition),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recreate') }) },
);

/** Any schedule. */
export const schedules: fc.Arbitrary<Schedule> = fc.record({
  scenario: scenarios,
  steps: fc.array(steps, { maxLength: 200, size: 'max' }),
});
