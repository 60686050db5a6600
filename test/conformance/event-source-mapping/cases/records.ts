import { expect } from 'vitest';
import type { ConformanceCase, StackUnderTest } from '../case.ts';
import {
  batchesOf,
  called,
  committed,
  held,
  invoked,
  mostAtOnce,
  offsets,
  provisioned,
  records,
  success,
} from '../words.ts';

/** Produces null and empty keys and values, and returns them as in the event. */
async function keysAndValues(stack: StackUnderTest): Promise<unknown[]> {
  await stack.produce({ key: null, value: null }, { key: 0, value: 0 });
  await invoked(stack, 1);
  const { records } = JSON.parse(stack.invocations[0]?.event ?? '{}') as {
    records: Record<string, Record<string, unknown>[]>;
  };
  return Object.values(records)
    .flat()
    .map((record) =>
      Object.fromEntries(Object.entries(record).filter(([name]) => /^(key|value)$/.test(name))),
    );
}

const empty = { key: '', value: '' };
const nullStyle = {
  kind: 'setting',
  name: 'nullStyle',
  default: 'null',
  why: 'not documented; both were seen in the field',
} as const;

/** The form and order of records in an event. */
export const recordRows: readonly ConformanceCase[] = [
  {
    id: 'partition-order',
    behaviour:
      'records of a partition are delivered in the order of their offsets, within and across batches',
    evidence: { kind: 'documented', page: 'with-msk-configure' },
    given: { partitions: 2, mapping: { BatchSize: 7 } },
    run: async (stack) => {
      for (const partition of [0, 1, 0, 1]) await stack.produce(...records(10, { partition }));
      await committed(stack, 20, 20);
      const all = called(stack).flat();
      for (const partition of [0, 1]) {
        const own = all.filter((place) => place.startsWith(`${partition}:`));
        expect(own).toEqual(offsets(0, 20, partition));
      }
    },
  },
  {
    id: 'one-batch-of-a-partition',
    behaviour: 'at most one batch of a partition is being invoked',
    evidence: { kind: 'assumed', why: 'implied by ordered processing, but not stated' },
    given: {
      mapping: { ...batchesOf(1), ...provisioned() },
      open: { mixPartitions: false },
      answers: () => held,
    },
    run: async (stack) => {
      await stack.produce(...records(3));
      for (const index of [0, 1, 2]) {
        await invoked(stack, index + 1);
        await stack.pass(500);
        await stack.answer(stack.invocations[index], success);
      }
      expect(called(stack)).toEqual([['0:0'], ['0:1'], ['0:2']]);
      expect(mostAtOnce(stack.invocations)).toBe(1);
    },
  },
  {
    id: 'null-is-null',
    behaviour: 'a null key or value is `null` in the event, and an empty one is `""`',
    evidence: nullStyle,
    given: { mapping: batchesOf(2) },
    run: async (stack) => {
      expect(await keysAndValues(stack)).toEqual([{ key: null, value: null }, empty]);
    },
  },
  {
    id: 'null-is-absent',
    behaviour:
      'a null key or value is omitted from the event, if so configured; an empty one is `""`',
    evidence: nullStyle,
    given: { mapping: batchesOf(2), open: { nullStyle: 'absent' } },
    run: async (stack) => {
      // toEqual does not distinguish undefined and absent fields.
      expect(await keysAndValues(stack)).toStrictEqual([{}, empty]);
    },
  },
];
