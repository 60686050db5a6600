import type { Points } from './metric-data.ts';

/** What an alarm compares, and with what. */
export interface AlarmRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  /** Seconds. */
  readonly period: number;
  /** Periods that are looked at. */
  readonly evaluationPeriods: number;
  /** How many of them must breach. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
}

/** How an alarm compares a value with its threshold. */
export const comparisons = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
} as const;

/** The name of a comparison. */
export type Comparison = keyof typeof comparisons;

/** What an alarm takes a period without data for. */
export const missingData = ['breaching', 'ignore', 'missing', 'notBreaching'] as const;
export type MissingData = (typeof missingData)[number];

/** The state of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Epoch milliseconds, of which the end does not belong to it. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** An alarm's new state, and when it came. */
export interface StateChange {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly state: AlarmState;
}

/**
 * The states of an alarm over a time, looked at when each period has ended. It begins without data.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * Unlike CloudWatch, it does not look for data further back than the periods it evaluates.
 */
export function stateChanges(
  rule: AlarmRule,
  points: Points,
  { end, start }: TimeRange,
): readonly StateChange[] {
  const length = rule.period * 1000;
  const changes: StateChange[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let at = Math.ceil(start / length) * length + length; at <= end; at += length) {
    const next = nextState(rule, valuesBefore(rule, points, at), state);
    if (next !== state) changes.push({ at, state: next });
    state = next;
  }
  return changes;
}

function valuesBefore(
  { evaluationPeriods, period }: AlarmRule,
  points: Points,
  end: number,
): readonly (number | undefined)[] {
  return Array.from({ length: evaluationPeriods }, (_, index) =>
    points.get(end - (index + 1) * period * 1000),
  );
}

function nextState(
  { comparison, datapointsToAlarm, threshold, treatMissingData }: AlarmRule,
  values: readonly (number | undefined)[],
  state: AlarmState,
): AlarmState {
  const known = values.filter((value) => value !== undefined);
  const missing = values.length - known.length;
  if (known.length === 0 && treatMissingData === 'missing') return 'INSUFFICIENT_DATA';
  if (known.length === 0 && treatMissingData === 'ignore') return state;
  const isBreaching = (value: number) => comparisons[comparison](value, threshold);
  const breaching =
    known.filter(isBreaching).length + (treatMissingData === 'breaching' ? missing : 0);
  return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
}
