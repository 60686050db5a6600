import { beforeEach, describe, expect, it } from 'vitest';
import { MetricData } from '../../../dashboard/metrics/metric-data.ts';

const records = { namespace: 'Own', name: 'Records', dimensions: { topic: 'orders' } };

let data: MetricData;

beforeEach(() => {
  data = new MetricData();
  for (const [timestamp, value] of [
    [0, 3],
    [299_999, 5],
    [300_000, 4],
    [900_000, 1],
  ] as const) {
    data.add({ ...records, timestamp, value });
  }
});

describe('the values of a metric', () => {
  it.each([
    ['Sum', [8, 4, 1]],
    ['Average', [4, 4, 1]],
    ['Maximum', [5, 4, 1]],
    ['Minimum', [3, 4, 1]],
    ['SampleCount', [2, 1, 1]],
  ])('are one a period that has any: %s', (statistic, [first, second, third]) => {
    expect([...data.points(records, { period: 300, statistic })]).toEqual([
      [0, first],
      [300_000, second],
      [900_000, third],
    ]);
  });

  it('are in the order of time, in whatever order they came', () => {
    const late = { ...records, name: 'Late' };
    data.add({ ...late, timestamp: 120_000, value: 2 });
    data.add({ ...late, timestamp: 0, value: 1 });
    expect([...data.points(late, { period: 60, statistic: 'Sum' })]).toEqual([
      [0, 1],
      [120_000, 2],
    ]);
  });

  it('are those of exactly its dimensions', () => {
    const ofAll = { ...records, dimensions: {} };
    expect(data.points(ofAll, { period: 300, statistic: 'Sum' })).toEqual(new Map());
  });

  it('cannot be aggregated by a statistic that is not known', () => {
    expect(() => data.points(records, { period: 300, statistic: 'p99' })).toThrow(
      "unknown statistic 'p99'",
    );
  });
});

it('all metrics are listed once, in order', () => {
  data.add({ ...records, name: 'Bytes', timestamp: 0, value: 1 });
  expect(data.metrics()).toEqual([{ ...records, name: 'Bytes' }, records]);
});
