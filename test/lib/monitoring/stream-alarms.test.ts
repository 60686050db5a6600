import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import {
  alarmsOf,
  atOnce,
  monitoredTemplate,
  recurring,
  watchedBy,
  watchedStream,
} from './monitoring-fixture.ts';

let template: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({ stream: watchedStream(stack) }));
}, SYNTH_TIMEOUT_MS);

const ofStream = {
  Namespace: 'AWS/Firehose',
  Dimensions: [{ Name: 'DeliveryStreamName', Value: 'archive' }],
  TreatMissingData: 'notBreaching',
};

describe('alarms about the delivery stream', () => {
  it('tell of records that wait for longer than the buffer and a quarter of an hour', () => {
    expect(watchedBy(template, 'Stack-stream-late')).toEqual({
      ...ofStream,
      MetricName: 'DeliveryToS3.DataFreshness',
      Statistic: 'Maximum',
      ...atOnce,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1500,
    });
  });

  it('tell of throttles that go on', () => {
    expect(watchedBy(template, 'Stack-stream-throttled')).toEqual({
      ...ofStream,
      MetricName: 'ThrottledRecords',
      Statistic: 'Sum',
      ...recurring,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
    });
  });

  it('tell of objects that cannot be put', () => {
    expect(watchedBy(template, 'Stack-stream-failed')).toEqual({
      ...ofStream,
      MetricName: 'DeliveryToS3.Success',
      Statistic: 'Minimum',
      ...recurring,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
    });
  });

  it('tell of too many folders', () => {
    expect(watchedBy(template, 'Stack-stream-folders')).toEqual({
      ...ofStream,
      MetricName: 'PartitionCountExceeded',
      Statistic: 'Maximum',
      ...atOnce,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
    });
  });

  it('are none without a stream', { timeout: SYNTH_TIMEOUT_MS }, () => {
    const names = alarmsOf(monitoredTemplate()).map(({ AlarmName }) => String(AlarmName));
    expect(names.filter((name) => name.includes('stream'))).toEqual([]);
  });
});
