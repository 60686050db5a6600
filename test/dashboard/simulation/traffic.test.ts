import { describe, expect, it } from 'vitest';
import { oversizeRecord, Traffic } from '../../../dashboard/simulation/traffic.ts';
import { MAX_PAYLOAD_BYTES } from '../../../lambda/contract.ts';

const MINUTE = 60_000;
const topic = {
  ...{ topic: 'orders', partitions: 2, recordsPerMinute: 60, valueBytes: 300 },
  peaks: [{ from: 30, to: 31, factor: 3 }],
};

/** How many records there are in each of these minutes. */
const countsOf = (minutes: readonly number[]) => {
  const traffic = new Traffic(topic, 0);
  return minutes.map((minute) => traffic.between(minute * MINUTE, (minute + 1) * MINUTE).length);
};

describe('the records of a topic', () => {
  it('are as many as it has on average, a quarter more and less once an hour, and more in a peak', () => {
    expect(countsOf([0, 15, 30, 31, 45])).toEqual([60, 75, 180, 58, 45]);
  });

  it('come at even distances, from one partition after the other', () => {
    const records = new Traffic(topic, 0).between(0, 4000);
    expect(records.map(({ partition, timestamp }) => [partition, timestamp])).toEqual([
      [0, 0],
      [1, 1000],
      [0, 2000],
      [1, 3000],
    ]);
  });

  it('are none too few where a step has parts of one', () => {
    const traffic = new Traffic({ ...topic, recordsPerMinute: 6 }, 0);
    const steps = Array.from({ length: 12 }, (_, step) =>
      traffic.between(step * 5000, (step + 1) * 5000),
    );
    expect(steps.flat()).toHaveLength(6);
  });

  it('are the same in every run', () => {
    const run = () => new Traffic(topic, 0).between(0, 5000).map(({ value }) => String(value));
    expect(run()).toEqual(run());
    expect(new Set(run()).size).toBe(5);
    for (const value of run()) expect(Math.abs(value.length - 300)).toBeLessThan(100);
  });
});

it('a record that is too large is so by its value alone', () => {
  expect(oversizeRecord(7)).toMatchObject({ partition: 0, timestamp: 7 });
  expect(oversizeRecord(7).value?.length).toBe(MAX_PAYLOAD_BYTES);
});
