import { beforeEach, describe, expect, it } from 'vitest';
import { MetricData } from '../../../dashboard/metrics/metric-data.ts';
import { AwsMetrics } from '../../../dashboard/simulation/aws-metrics.ts';
import { MemoryTopic } from '../../../tools/local/mapping/memory-topic.ts';
import type { InvokeOutcome } from '../../../tools/local/mapping/retry-policy.ts';
import { Queue } from '../../../tools/local/sqs-server/queue.ts';
import { sourceRecord } from '../../../tools/local/test/source-records.ts';

let data: MetricData;
let metrics: AwsMetrics;

beforeEach(() => {
  data = new MetricData();
  metrics = new AwsMetrics(data, () => 90_000);
});

/** The sum and the number of the values of each metric but durations, by its name. */
const measured = () =>
  Object.fromEntries(
    data.metrics().flatMap((metric) => {
      const aggregate = (statistic: string) =>
        data.points(metric, { period: 60, statistic }).get(60_000);
      if (metric.name === 'Duration') return [[metric.name, [aggregate('SampleCount')]]];
      return [[metric.name, [aggregate('Sum'), aggregate('SampleCount')]]];
    }),
  );

describe('of a function', () => {
  it('each invocation is counted, and whether it failed or was throttled', async () => {
    const outcomes: InvokeOutcome[] = [
      { kind: 'returned', payload: 'null' },
      { kind: 'throttled' },
      { kind: 'failed', errorType: 'Error' },
    ];
    const given = [...outcomes];
    const invoke = metrics.watchFunction('archive', async () => {
      const [outcome] = given.splice(0, 1);
      if (outcome === undefined) throw new TypeError('one invocation too many');
      return outcome;
    });
    const seen = [await invoke('a'), await invoke('b'), await invoke('c')];
    expect(seen).toEqual(outcomes);
    expect(measured()).toEqual({
      ...{ Invocations: [2, 2], Errors: [1, 2], Throttles: [1, 3], Duration: [2] },
    });
    expect(data.metrics()[0]).toMatchObject({
      ...{ namespace: 'AWS/Lambda', dimensions: { FunctionName: 'archive' } },
    });
  });

  it('the lag of a topic is that of all its partitions', async () => {
    const topics = ['orders', 'clicks'].map(
      (topic) => new MemoryTopic({ topic, partitions: 2, maxBufferedBytes: 1e6 }),
    );
    for (const partition of [0, 1, 1]) await topics[0]?.produce(sourceRecord({ partition }));
    metrics.lag('archive', topics);
    expect(measured()).toEqual({ OffsetLag: [3, 2] });
  });

  it('a batch that was dropped is counted', () => {
    metrics.dropped('archive');
    expect(measured()).toEqual({ DestinationDeliveryFailures: [1, 1] });
  });
});

it('of a queue, messages are counted by where they are, with the age of the oldest', () => {
  let now = 0;
  const queue = new Queue({ name: 'work' }, () => now);
  metrics.queue('work', queue);
  expect(data.metrics().map(({ name }) => name)).not.toContain('ApproximateAgeOfOldestMessage');
  for (const body of ['a', 'b', 'c']) queue.send({ body });
  queue.send({ body: 'later', delaySeconds: 60 });
  queue.receive(1);
  now = 20_000;
  metrics.queue('work', queue);
  expect(measured()).toEqual({
    ApproximateAgeOfOldestMessage: [20, 1],
    ApproximateNumberOfMessagesDelayed: [1, 2],
    ApproximateNumberOfMessagesNotVisible: [1, 2],
    ApproximateNumberOfMessagesVisible: [2, 2],
  });
});
