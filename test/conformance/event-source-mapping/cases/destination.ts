import { expect } from 'vitest';
import type { ConformanceCase, Given } from '../case.ts';
import { batchesOf, called, committed, error, provisioned, records } from '../words.ts';

/** Every record fails and is given up; the first deliveries are refused. */
const refusing = (refusals: number): Given => ({
  mapping: { ...batchesOf(1), ...provisioned(), MaximumRetryAttempts: 0 },
  destination: { refusals },
  answers: () => error,
});

/** How the destination's refusals are handled. */
export const destination: readonly ConformanceCase[] = [
  {
    id: 'destination-again',
    behaviour: 'a delivery that the destination refuses is retried',
    evidence: {
      kind: 'setting',
      name: 'destinationAttempts',
      default: 3,
      why: 'neither the retries nor their number are documented',
    },
    given: refusing(2),
    run: async (stack) => {
      await stack.produce({});
      await committed(stack, 1);
      expect(stack.entries).toMatchObject([{ offsets: { 0: [0, 0] } }]);
    },
  },
  {
    id: 'destination-dropped',
    behaviour: 'what the destination refuses is dropped, and the partition continues',
    evidence: { kind: 'documented', page: 'monitoring-metrics-types' },
    given: refusing(3),
    run: async (stack) => {
      await stack.produce(...records(2));
      await committed(stack, 2);
      expect(called(stack)).toEqual([['0:0'], ['0:1']]);
      expect(stack.entries).toMatchObject([{ offsets: { 0: [1, 1] } }]);
    },
  },
];
