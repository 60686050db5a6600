import { describe, expect, it } from 'vitest';
import { delaysOf } from '../../peers/delay.ts';

describe('delaysOf', () => {
  const times = Array.from({ length: 300 }, (_, i) => 1_000_000 + i);
  const span = { from: 100, to: 200 };

  it('is from the time of a record to that of its object, for the measured records alone', () => {
    // The first 100 waited an hour, those measured 1 to 100 ms.
    const storedAt = new Map(
      times.map((time, i) => [i, time + (i < 100 ? 3_600_000 : i - 99)] as const),
    );
    expect(delaysOf(times, storedAt, span)).toEqual({
      ...{ records: 100, notStored: 0, p50: 50, p99: 99, most: 100 },
    });
  });

  it('tells of those that were not stored, and takes them for no delay', () => {
    const storedAt = new Map([[150, times[150] ?? 0]]);
    expect(delaysOf(times, storedAt, span)).toEqual({
      ...{ records: 100, notStored: 99, p50: 0, p99: 0, most: 0 },
    });
  });
});
