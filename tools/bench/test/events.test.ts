import { describe, expect, it } from 'vitest';
import { type DataSet, dataSets, fullEvent } from '../events.ts';

/** The values of a full event. */
function valuesOf(data: DataSet): string[] {
  const event: { records: Record<string, { value: string }[]> } = JSON.parse(
    fullEvent({ valueBytes: 10_000, partitions: 2, data }),
  );
  return Object.values(event.records)
    .flat()
    .map(({ value }) => Buffer.from(value, 'base64').toString());
}

describe.each(dataSets)('the data set %s', (data) => {
  const values = valuesOf(data);

  it('fills an event with values of about the size', () => {
    const average = values.reduce((sum, { length }) => sum + length, 0) / values.length;
    expect(average).toBeGreaterThan(9_000);
    expect(average).toBeLessThan(11_000);
    expect(values.length).toBeGreaterThan(400);
  });

  it('has values that are JSON without a name twice in an object', () => {
    for (const value of values) expect(JSON.stringify(JSON.parse(value)).length).toBe(value.length);
  });
});
