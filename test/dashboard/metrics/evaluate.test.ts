import { describe, expect, it } from 'vitest';
import { evaluate, type Series } from '../../../dashboard/metrics/evaluate.ts';
import { MetricData } from '../../../dashboard/metrics/metric-data.ts';
import { messageOf } from '../message-of.ts';

const data = new MetricData();
const add = (name: string, topic: string, values: readonly (number | undefined)[]) => {
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const dimensions = { service: 'Stack', topic };
    data.add({ namespace: 'Own', name, dimensions, timestamp: index * 300_000, value });
  }
};
add('Records', 'orders', [1, 2, undefined, 4]);
add('Records', 'clicks', [10, undefined, undefined, 40]);
add('Objects', 'orders', [5]);
const others: Record<string, string>[] = [
  { service: 'Other', topic: 'orders' },
  { service: 'Stack' },
];
for (const dimensions of others) {
  data.add({ namespace: 'Own', name: 'Records', dimensions, timestamp: 0, value: 1000 });
}

/** A series with a value every five minutes, but for those that are undefined. */
const seriesOf = (...values: readonly (number | undefined)[]): Series => ({
  points: new Map(
    values.flatMap((value, index) => (value === undefined ? [] : [[index * 300_000, value]])),
  ),
});

const named = new Map([
  ['lag', seriesOf(5, 20, 30, undefined, 25)],
  ['archive', seriesOf(1500, 0)],
  ['other', seriesOf(undefined, 2, 2)],
]);
const surroundings = { data, period: 300, series: named };

/** The points of what comes of an expression, with the number of their period. */
const pointsOf = (expression: string) =>
  evaluate(expression, surroundings).map(({ points }) =>
    [...points].map(([at, value]) => [at / 300_000, value]),
  );

const search = (names: string) => `SEARCH('{Own,service,topic} service="Stack" (${names})', 'Sum')`;

describe('an expression', () => {
  it.each([
    [
      'archive / 1000 * 1.5',
      [
        [0, 2.25],
        [1, 0],
      ],
    ],
    [
      'archive - 500 + 1',
      [
        [0, 1001],
        [1, -499],
      ],
    ],
    [
      '2 * (archive + 1)',
      [
        [0, 3002],
        [1, 2],
      ],
    ],
    [
      'lag > 20',
      [
        [0, 0],
        [1, 0],
        [2, 1],
        [4, 1],
      ],
    ],
    [
      'lag >= 20 AND lag < 30',
      [
        [0, 0],
        [1, 1],
        [2, 0],
        [4, 1],
      ],
    ],
    [
      'lag == 5 OR lag != 20',
      [
        [0, 1],
        [1, 0],
        [2, 1],
        [4, 1],
      ],
    ],
    [
      'lag * other',
      [
        [1, 40],
        [2, 60],
      ],
    ],
    [
      'DIFF(lag)',
      [
        [1, 15],
        [2, 10],
        [4, -5],
      ],
    ],
    [
      'IF(lag > 10 AND DIFF(lag) > 0, 1, 0)',
      [
        [1, 1],
        [2, 1],
        [4, 0],
      ],
    ],
    [
      'IF(lag > 10, lag, 0 - 1)',
      [
        [0, -1],
        [1, 20],
        [2, 30],
        [4, 25],
      ],
    ],
    [
      `SUM(${search('MetricName="Records"')})`,
      [
        [0, 11],
        [1, 2],
        [3, 44],
      ],
    ],
    [
      `SUM(${search('MetricName="Records" OR MetricName="Objects"')})`,
      [
        [0, 16],
        [1, 2],
        [3, 44],
      ],
    ],
    [`SUM(${search('MetricName="Nothing"')})`, []],
  ])('%s', (expression, points) => {
    expect(pointsOf(expression)).toEqual([points]);
  });

  it('that searches comes to a series for each metric of the schema, with its dimensions', () => {
    const found = evaluate(search('MetricName="Records"'), surroundings);
    expect(found.map(({ metric, points }) => [metric?.dimensions.topic, points.get(0)])).toEqual([
      ['clicks', 10],
      ['orders', 1],
    ]);
  });

  it.each([
    ['FILL(lag, 0)', "unknown function 'FILL'"],
    ['lagg + 1', "no metric 'lagg'"],
    ['lag +', 'its end is unexpected'],
    ['lag lag', "'lag' is unexpected"],
    [') + 1', "')' is unexpected"],
    ['(lag', 'its end is unexpected'],
    ['lag ^ 2', "' ^ 2' is unknown"],
    ['DIFF(lag, 1)', 'DIFF takes 1, got 2'],
    ['SUM(lag)', 'SUM takes a search'],
    ['1 + 2', 'a series is wanted, got 3'],
    [`${search('MetricName="Records"')} * 2`, 'a series is wanted, got several series'],
    ["SEARCH('{Own,service} x', 'Sum')", 'unknown form of search: {Own,service} x'],
    ["SEARCH('{Own} (MetricName=\"A\")', 'p99')", "unknown statistic 'p99'"],
    ['SEARCH(\'{Own} (MetricName="A")\', 5)', 'SEARCH takes two texts'],
  ])('that is not known is refused, and named: %s', (expression, why) => {
    const message = messageOf(() => evaluate(expression, surroundings));
    expect(message).toContain(why);
    expect(message).toContain(`expression ${expression}`);
  });
});
