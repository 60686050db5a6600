import { describe, expect, it } from 'vitest';
import { type AlarmRule, stateChanges } from '../../../dashboard/metrics/alarm-state.ts';

const MINUTE = 60_000;

const rule: AlarmRule = {
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  period: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  treatMissingData: 'notBreaching',
};

/** The changes, with the minute at which each came; a value is that of a minute. */
function changesOf(change: Partial<AlarmRule>, values: readonly (number | undefined)[]): string[] {
  const points = new Map(
    values.flatMap((value, minute) => (value === undefined ? [] : [[minute * MINUTE, value]])),
  );
  const range = { start: 0, end: values.length * MINUTE };
  return stateChanges({ ...rule, ...change }, points, range).map(
    ({ at, state }) => `${at / MINUTE} ${state}`,
  );
}

describe('an alarm', () => {
  it('rises and ends with the period that is evaluated', () => {
    expect(changesOf({}, [0, 1, 5, 0])).toEqual(['1 OK', '2 ALARM', '4 OK']);
  });

  it.each([
    ['GreaterThanOrEqualToThreshold', ['1 OK', '2 ALARM']],
    ['GreaterThanThreshold', ['1 OK', '3 ALARM']],
    ['LessThanOrEqualToThreshold', ['1 ALARM', '3 OK']],
    ['LessThanThreshold', ['1 ALARM', '2 OK']],
  ] as const)('compares: %s', (comparison, changes) => {
    expect(changesOf({ comparison }, [0, 1, 2])).toEqual(changes);
  });

  it('wants so many of its periods to breach, next to each other or not', () => {
    const twoOfThree = { evaluationPeriods: 3, datapointsToAlarm: 2 };
    expect(changesOf(twoOfThree, [1, 0, 0, 1, 0, 1, 0, 0])).toEqual(['1 OK', '6 ALARM', '7 OK']);
  });

  it('takes no data for fine, where told so', () => {
    const twoOfTwo = { evaluationPeriods: 2, datapointsToAlarm: 2 };
    expect(changesOf(twoOfTwo, [1, 1, undefined, undefined])).toEqual(['1 OK', '2 ALARM', '3 OK']);
  });

  it('takes no data for a breach, where told so', () => {
    const missing = { treatMissingData: 'breaching' } as const;
    expect(changesOf(missing, [0, undefined, 0])).toEqual(['1 OK', '2 ALARM', '3 OK']);
  });

  it('stays as it is without data, where told so', () => {
    const missing = { treatMissingData: 'ignore' } as const;
    expect(changesOf(missing, [undefined, 1, undefined, 0, undefined])).toEqual([
      '2 ALARM',
      '4 OK',
    ]);
  });

  it('has insufficient data without any, where told so, and at the beginning', () => {
    const missing = { treatMissingData: 'missing' } as const;
    expect(changesOf(missing, [undefined, 0, undefined])).toEqual(['2 OK', '3 INSUFFICIENT_DATA']);
  });

  it('looks at whole periods only', () => {
    const points = new Map([[0, 1]]);
    expect(stateChanges(rule, points, { start: 1, end: 2 * MINUTE - 1 })).toEqual([]);
    expect(stateChanges(rule, points, { start: 0, end: MINUTE })).toEqual([
      { at: MINUTE, state: 'ALARM' },
    ]);
  });
});
