import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { summariseBatch } from '../../lambda/delivery-summary.ts';
import { mskEvent, mskRecord, noon } from '../helpers/kafka-events.ts';

/** A summary of records with these timestamps, each in a partition of its own. */
function summaryOf(...timestamps: readonly (number | null)[]) {
  const records = timestamps.map((timestamp, partition) => mskRecord({ partition, timestamp }));
  return summariseBatch(parseBatch(mskEvent(records)), noon);
}

describe('summariseBatch', () => {
  it('takes the age from the earliest valid timestamp of any partition', () => {
    expect(summaryOf(noon, noon - 60_000, noon - 1000).oldestRecordAge).toBe(60_000);
    expect(summaryOf(null, -1, noon - 1000, 0).oldestRecordAge).toBe(1000);
  });

  it("has age 0 if the producer's clock is ahead", () => {
    expect(summaryOf(noon + 1000).oldestRecordAge).toBe(0);
  });

  it('has no age without a valid timestamp, or without records', () => {
    expect(summaryOf(null, -1).oldestRecordAge).toBeUndefined();
    expect(summaryOf().oldestRecordAge).toBeUndefined();
  });

  it('counts the records whose timestamp names no folder', () => {
    expect(summaryOf(null, -1, noon).invalidTimestamps).toBe(2);
  });

  it('names the first 1,000 topic-partitions, and counts the others', () => {
    const all = summaryOf(...Array.from({ length: 1002 }, () => noon));
    expect(all.runs).toHaveLength(1000);
    expect(all.runs.at(-1)?.partition).toBe(999);
    expect(all).toMatchObject({ moreRuns: 2, records: 1002 });
    expect(summaryOf(noon)).not.toHaveProperty('moreRuns');
  });
});
