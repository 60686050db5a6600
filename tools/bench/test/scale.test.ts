import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../lib/settings/settings-schema.ts';
import { total } from '../cost/cost.ts';
import { cpuMsOf, fitEffort, leastSquares, logBytesOf } from '../scale/effort.ts';
import { limits } from '../scale/limits.ts';
import { measured } from '../scale/measured.ts';
import {
  recordsWorth,
  type ScaleInputs,
  scaleLoad,
  topicBounds,
  trafficBounds,
  usesOf,
} from '../scale/model.ts';

/** A core of its own, and round numbers. */
const inputs: ScaleInputs = {
  ...{ valueBytes: 1000, eventBytes: 1500, lineBytes: 1400, recordsThatFit: 4000 },
  effort: {
    cpuMs: { invocation: 2, record: 0.05, object: 1 },
    logBytes: { invocation: 1000, object: 100 },
  },
  ...{ memoryMiB: 1769, maxParallelPuts: 16, putSeconds: 0.1 },
  resources: { stack: 30, topic: 1 },
  metrics: { stack: 2, topic: 10 },
};
const plan = {
  ...{ recordsPerSecond: 4000, topics: 1, recordsPerBatch: 1000, partitionsPerBatch: 1 },
};

describe('the effort of a batch', () => {
  const effort = {
    cpuMs: { invocation: 3, record: 0.04, object: 2 },
    logBytes: { invocation: 1500, object: 80 },
  };
  const batches = [
    ...[1, 100, 4000].map((records) => ({ records, objects: 1 })),
    ...[100, 1000].map((records) => ({ records, objects: 10 })),
  ].map(({ records, objects }) => ({
    ...{ records, objects },
    cpuMs: cpuMsOf(effort, records, objects),
    logBytes: logBytesOf(effort, objects),
  }));

  it('is found again in batches that it makes', () => {
    const { cpuMs, logBytes } = fitEffort(batches);
    expect(cpuMs.invocation).toBeCloseTo(3, 6);
    expect(cpuMs.record).toBeCloseTo(0.04, 6);
    expect(cpuMs.object).toBeCloseTo(2, 6);
    expect(logBytes.invocation).toBeCloseTo(1500, 3);
    expect(logBytes.object).toBeCloseTo(80, 3);
  });

  it('weighs small batches as much as large ones', () => {
    // A tenth too much and a tenth too little; by absolute errors it would be 0.9.
    const [factor = 0] = leastSquares([[1], [1000]], [1.1, 900]);
    expect(factor).toBeCloseTo(0.9802, 4);
  });

  it('cannot be told from batches that are all alike', () => {
    expect(() => fitEffort(batches.slice(0, 1))).toThrow(RangeError);
  });

  it('that was measured is within a third of the model', () => {
    const model = fitEffort(measured.batches);
    const errors = measured.batches.map(
      ({ cpuMs, objects, records }) => cpuMsOf(model, records, objects) / cpuMs,
    );
    expect(Math.min(...errors)).toBeGreaterThan(2 / 3);
    expect(Math.max(...errors)).toBeLessThan(4 / 3);
  });
});

describe('the load of a plan', () => {
  it('follows from records in a batch', () => {
    const load = scaleLoad(inputs, plan);
    // Each second four batches of 53 ms of a core and 100 ms of waiting.
    expect(load.invocationsPerSecond).toBe(4);
    expect(load.cpuSeconds).toBeCloseTo(0.053, 9);
    expect(load.seconds).toBeCloseTo(0.153, 9);
    expect(load.concurrency).toBeCloseTo(4 * 0.153, 9);
    expect(load.putsPerSecond).toBe(4);
    expect(load.putsPerGb).toBeCloseTo(1000, 6);
    expect(load.invocationsPerMonth).toBe(4 * 30 * 86_400);
    expect(load.gbSecondsPerMonth).toBeCloseTo(4 * 0.153 * (1769 / 1024) * 30 * 86_400, 3);
    expect(load.dollarsPerTerabyte['S3, PUTs']).toBeCloseTo(5, 9);
    expect(load.dollarsPerTerabyte['CloudWatch, logs']).toBeCloseTo(1.1 * 0.5, 9);
  });

  it('has no more records in a batch than fit, and no more objects than records', () => {
    expect(scaleLoad(inputs, { ...plan, recordsPerBatch: 10_000 }).recordsPerBatch).toBe(4000);
    const few = { ...plan, recordsPerBatch: 7, partitionsPerBatch: 100 };
    expect(scaleLoad(inputs, few).objectsPerBatch).toBe(7);
  });

  it('waits for puts sixteen at a time', () => {
    const { cpuSeconds, seconds } = scaleLoad(inputs, { ...plan, partitionsPerBatch: 33 });
    expect(seconds - cpuSeconds).toBeCloseTo(0.3, 9);
  });

  it('takes longer with less than a core', () => {
    const half = scaleLoad({ ...inputs, memoryMiB: 884.5 }, plan);
    expect(half.seconds).toBeCloseTo(0.206, 9);
  });

  it('needs pollers for its bytes and for its invocations at a time', () => {
    // 52.4 MB a second, ten times what a poller carries, and two and a half what a unit does.
    const bytes = { ...plan, recordsPerSecond: 52_428, recordsPerBatch: 4000 };
    expect(scaleLoad(inputs, bytes)).toMatchObject({ pollers: 10, units: 3, unitsGrouped: 3 });
    // 412 at a time, 5 of each poller.
    const many = { ...plan, recordsPerBatch: 1 };
    expect(scaleLoad(inputs, many)).toMatchObject({ pollers: 83, units: 9, unitsGrouped: 9 });
    // A poller of each topic; in groups, a unit of ten.
    const topics = { ...plan, topics: 40 };
    expect(scaleLoad(inputs, topics)).toMatchObject({ pollers: 40, units: 40, unitsGrouped: 4 });
  });

  it('costs units by the hour in provisioned mode', () => {
    const { dollarsPerTerabyte, dollarsProvisioned } = scaleLoad(inputs, plan);
    // 4 MB a second: 69.4 hours a terabyte.
    expect(total(dollarsProvisioned) - total(dollarsPerTerabyte)).toBeCloseTo(69.44 * 0.185, 2);
  });

  it('has metrics of each topic', () => {
    expect(scaleLoad(inputs, { ...plan, topics: 5 }).metricDollarsPerMonth).toBeCloseTo(15.6, 9);
  });
});

describe('limits', () => {
  it('are used in part, the tightest first', () => {
    const [tightest, ...others] = usesOf(inputs, { ...plan, recordsPerBatch: 1 });
    expect(tightest).toEqual({ name: 'puts', used: 4000, share: 4000 / 3500 });
    for (const { share } of others) expect(share).toBeLessThan(1);
  });

  it('allow so much traffic', () => {
    const bounds = trafficBounds(inputs, { ...plan, recordsPerBatch: 1 });
    expect(bounds[0]).toEqual({ name: 'puts', most: 3500 });
    expect(bounds).toContainEqual({ name: 'concurrency', most: Math.floor(1000 / 0.10305) });
    expect(bounds).toContainEqual({ name: 'invocations', most: 10_000 });
  });

  it('allow so many topics', () => {
    expect(topicBounds(inputs, plan)).toEqual([
      { name: 'topics', most: 50 },
      { name: 'mappingsOfGroup', most: 100 },
      { name: 'resources', most: 470 },
      { name: 'connections', most: 1500 },
    ]);
  });

  it('of the project are those that the settings have', () => {
    const topicsOf = (count: number) => Array.from({ length: count }, (_, i) => `topic-${i}`);
    const { topics } = settingsSchema.shape;
    expect(topics.safeParse(topicsOf(limits.topics.most)).success).toBe(true);
    expect(topics.safeParse(topicsOf(limits.topics.most + 1)).success).toBe(false);
  });
});

describe('objects of one’s own', () => {
  it('are worth it from so many records in a batch on', () => {
    const records = recordsWorth(inputs, plan, 50) ?? 0;
    const costs = (recordsPerBatch: number) =>
      total(scaleLoad(inputs, { ...plan, recordsPerBatch }).dollarsPerTerabyte);
    expect(costs(records)).toBeLessThanOrEqual(50);
    expect(costs(records - 1)).toBeGreaterThan(50);
  });

  it('are not, where no batch is large enough', () => {
    expect(recordsWorth(inputs, plan, 0.01)).toBeUndefined();
  });
});
