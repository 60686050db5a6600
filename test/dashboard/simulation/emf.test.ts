import { expect, it } from 'vitest';
import type { Sample } from '../../../dashboard/metrics/metric-data.ts';
import { MetricLog, samplesOf } from '../../../dashboard/simulation/emf.ts';

const line = JSON.stringify({
  _aws: {
    Timestamp: 1_000,
    CloudWatchMetrics: [
      {
        Namespace: 'Own',
        Dimensions: [['service', 'topic'], ['service']],
        Metrics: [{ Name: 'Records', Unit: 'Count' }, { Name: 'Bytes' }],
      },
    ],
  },
  ...{ service: 'Stack', topic: 'örders', Records: [3, 4], Bytes: 7 },
});

const own = { namespace: 'Own', timestamp: 1_000 };
const samples = [{ service: 'Stack', topic: 'örders' }, { service: 'Stack' }].flatMap(
  (dimensions) => [
    { ...own, name: 'Records', dimensions, value: 3 },
    { ...own, name: 'Records', dimensions, value: 4 },
    { ...own, name: 'Bytes', dimensions, value: 7 },
  ],
);

it('a line of embedded metrics says each value by each set of dimensions', () => {
  expect(samplesOf(line)).toEqual(samples);
});

it('another line says none', () => {
  expect(samplesOf('{"message":"batch archived"}')).toEqual([]);
  expect(samplesOf('(node:1) Warning: x')).toEqual([]);
});

it('a log takes them however its lines are cut', () => {
  const taken: Sample[] = [];
  const log = new MetricLog((sample) => taken.push(sample));
  for (const byte of Buffer.from(`text\n${line}\n`)) log.write(Buffer.of(byte));
  expect(taken).toEqual(samples);
  expect(log.lines).toBe(2);
});
