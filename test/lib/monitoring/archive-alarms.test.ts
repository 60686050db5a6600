import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import {
  alarmsOf,
  atOnce,
  fromOne,
  ids,
  monitoredTemplate,
  recurring,
  watchedBy,
} from './monitoring-fixture.ts';

let template: Template;
let quiet: Template;

beforeAll(() => {
  template = monitoredTemplate(() => ({ expectedTraffic: Duration.minutes(45) }));
  quiet = monitoredTemplate(() => ({ timeout: Duration.seconds(10) }));
}, SYNTH_TIMEOUT_MS);

const ofFunction = [{ Name: 'FunctionName', Value: { Ref: ids.archive } }];
const ofStack = [{ Name: 'service', Value: 'Stack' }];

describe('alarms about the way into the archive', () => {
  it('tell of a lag of more than a batch that grows for half an hour', () => {
    expect(watchedBy(template, 'Stack-lag-growing')).toEqual({
      Metrics: [
        {
          Id: 'expr_1',
          Expression: 'IF(lag > 500 AND DIFF(lag) > 0, 1, 0)',
          Label: 'The lag is more than a batch, and grows',
          ReturnData: true,
        },
        {
          Id: 'lag',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName: 'OffsetLag',
              Dimensions: ofFunction,
            },
            Period: 300,
            Stat: 'Maximum',
          },
          ReturnData: false,
        },
      ],
      EvaluationPeriods: 6,
      DatapointsToAlarm: 5,
      ...fromOne,
    });
  });

  it('tell of records that are older than the target, of whatever topic', () => {
    expect(watchedBy(template, 'Stack-data-age')).toEqual({
      Namespace: 'MskS3Archiver',
      MetricName: 'OldestRecordAge',
      Dimensions: ofStack,
      Statistic: 'Maximum',
      ...recurring,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 900_000,
      TreatMissingData: 'notBreaching',
    });
  });

  it.each(['orders', 'payments.eu'])('tell of nothing in %s, where that is asked for', (topic) => {
    expect(watchedBy(template, `Stack-no-records-${topic}`)).toEqual({
      Namespace: 'MskS3Archiver',
      MetricName: 'Records',
      Dimensions: [...ofStack, { Name: 'topic', Value: topic }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 45,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
    const names = alarmsOf(quiet).map(({ AlarmName }) => AlarmName);
    expect(names).not.toContain(`Stack-no-records-${topic}`);
  });

  it('tell of errors that come again', () => {
    expect(watchedBy(template, 'Stack-function-errors')).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: ofFunction,
      Statistic: 'Sum',
      ...recurring,
      ...fromOne,
    });
  });

  it('tell of invocations that take four fifths of their time, which ends before the timeout', () => {
    expect(watchedBy(template, 'Stack-near-timeout')).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'Duration',
      Dimensions: ofFunction,
      Statistic: 'Maximum',
      ...recurring,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 92_000,
      TreatMissingData: 'notBreaching',
    });
    expect(watchedBy(quiet, 'Stack-near-timeout').Threshold).toBe(4000);
  });

  it('tell of throttles that come again', () => {
    expect(watchedBy(template, 'Stack-throttled')).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'Throttles',
      Dimensions: ofFunction,
      Statistic: 'Sum',
      ...recurring,
      ...fromOne,
    });
  });

  it('tell of the first key conflict, of whatever topic', () => {
    expect(watchedBy(template, 'Stack-key-conflict')).toEqual({
      Namespace: 'MskS3Archiver',
      MetricName: 'KeyConflicts',
      Dimensions: ofStack,
      Statistic: 'Sum',
      ...atOnce,
      ...fromOne,
    });
  });
});
