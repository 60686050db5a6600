import { describe, expect, it } from 'vitest';
import {
  chargedBytes,
  compressionCost,
  fargateService,
  firehoseDelivery,
  mskConnect,
  objectsOf,
  packingWorth,
  pollerUnits,
  s3Delivery,
  s3DeliveryProvisioned,
  total,
  type Workload,
} from '../cost/cost.ts';

/** A terabyte in a million batches, within an hour. */
const workload: Workload = {
  valueBytes: 1000,
  recordsPerBatch: 1000,
  lineBytes: 1280,
  partitionsPerBatch: 2,
  bytesPerSecond: 1e12 / 3600,
};
const effort = { cpuSeconds: 0.5, waitSeconds: 0.5, memoryMiB: 1769, logBytes: 2000 };

describe('the Firehose charge', () => {
  it('rounds each record up to 5 KB', () => {
    expect(chargedBytes(1280, 1280)).toBe(5120);
    expect(chargedBytes(5121, 5121)).toBe(10_240);
    // Four lines fill a step.
    expect(chargedBytes(1280, 5120)).toBe(1280);
    expect(chargedBytes(1280, 1000 * 1024)).toBe(1280);
    // 500 short lines, the most in a chunk, fill 30 steps.
    expect(chargedBytes(300, 1000 * 1024)).toBe((30 * 5120) / 500);
    // A line longer than a chunk is a chunk of its own.
    expect(chargedBytes(6000, 100)).toBe(10_240);
  });

  it('is lower for packed lines, above all for short ones', () => {
    expect(packingWorth(1280, 1000 * 1024)).toBe(4);
    expect(packingWorth(300, 1000 * 1024)).toBeCloseTo(16.67, 2);
    // On its own, a line of just over a step is charged as two.
    expect(packingWorth(5121, 5121 * 100)).toBeCloseTo(1.98, 2);
  });
});

describe('event poller units', () => {
  it('carry the bytes and the pollers', () => {
    const MIB = 1024 * 1024;
    expect(pollerUnits(0, 0)).toBe(1);
    expect(pollerUnits(20 * MIB, 10)).toBe(1);
    expect(pollerUnits(20 * MIB + 1, 10)).toBe(2);
    expect(pollerUnits(MIB, 11)).toBe(2);
  });
});

describe('the cost of a terabyte', () => {
  it('with delivery s3 is function time, invocations, logs and PUTs', () => {
    const cost = s3Delivery(workload, effort);
    expect(cost['Lambda, time']).toBeCloseTo(1e6 * 1 * (1769 / 1024) * 0.0000133334, 6);
    expect(cost['Lambda, invocations']).toBeCloseTo(0.2, 9);
    // One object a batch, and a second one in a twelfth of them, which cross an hour.
    expect(cost['S3, PUTs']).toBeCloseTo(1e6 * (13 / 12) * 0.000005, 9);
    expect(cost['CloudWatch, logs']).toBeCloseTo(2 * 0.5, 9);
    expect(total(cost)).toBeCloseTo(23.034 + 0.2 + 5.417 + 1, 2);
  });

  it('rises with the partitions of a batch only when a key cannot name them all', () => {
    expect(objectsOf(1)).toBeCloseTo(13 / 12, 9);
    expect(objectsOf(12)).toBe(objectsOf(1));
    expect(objectsOf(100)).toBeCloseTo(3 * (13 / 12), 9);
  });

  it('of compression is CPU once and storage each month', () => {
    const batch = { cpuSeconds: 1, bytes: 2 ** 30, months: 3 };
    expect(compressionCost(batch)).toBeCloseTo((1769 / 1024) * 0.0000133334 + 3 * 0.023, 12);
  });

  it('includes longer times with less than one core', () => {
    const half = s3Delivery(workload, { ...effort, memoryMiB: 884.5 });
    expect(half['Lambda, time']).toBeCloseTo(1e6 * 1.5 * (884.5 / 1024) * 0.0000133334, 6);
  });

  it('includes pollers by the hour in provisioned mode', () => {
    const slow = { ...workload, bytesPerSecond: 1e12 / 3600 / 100 };
    // 2.8 MB/s need one unit, for a hundred hours.
    expect(s3DeliveryProvisioned(slow, effort)['Lambda, pollers']).toBeCloseTo(18.5, 9);
    // 278 MB/s need 14 units, for one hour.
    expect(s3DeliveryProvisioned(workload, effort)['Lambda, pollers']).toBeCloseTo(14 * 0.185, 9);
  });

  it('with delivery firehose is mostly lines and folders', () => {
    const use = { chunkBytes: 5120, objectBytes: 64e6, isPartitioned: true };
    const cost = firehoseDelivery(workload, effort, use);
    expect(cost['Firehose, data']).toBeCloseTo(1280 * 0.029, 6);
    expect(cost['Firehose, folders']).toBeCloseTo(1280 * 0.02 + 20_000 * 0.000005 + 0.07, 6);
    expect(cost['S3, PUTs']).toBeCloseTo(20_000 * 0.000005, 9);
    const plain = firehoseDelivery(workload, effort, { ...use, isPartitioned: false });
    expect(plain).not.toHaveProperty('Firehose, folders');
  });

  it('rises with the hours that it takes, where hours are charged', () => {
    const tenHours = { ...workload, bytesPerSecond: workload.bytesPerSecond / 10 };
    expect(mskConnect(tenHours, 2, 1e12)['MSK Connect']).toBeCloseTo(2.2, 9);
    const service = { tasks: 2, cpus: 1, memoryGb: 2 };
    expect(fargateService(tenHours, service, 1e12).Fargate).toBeCloseTo(
      20 * (0.04048 + 2 * 0.004445),
      9,
    );
  });
});
