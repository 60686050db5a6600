import { describe, expect, it } from 'vitest';
import { delaysOf } from '../../peers/delay.ts';
import { parsePeakMemory, parseProcessStat } from '../../peers/process-tree.ts';
import { rateUntil } from '../../peers/throughput.ts';

describe('delaysOf', () => {
  const times = Array.from({ length: 300 }, (_, i) => 1_000_000 + i);
  const span = { from: 100, to: 200 };

  it('measures from a record to its object, for the measured records only', () => {
    // The first 100 waited an hour, the measured ones 1 to 100 ms.
    const storedAt = new Map(
      times.map((time, i) => [i, time + (i < 100 ? 3_600_000 : i - 99)] as const),
    );
    expect(delaysOf(times, storedAt, span)).toEqual({
      ...{ records: 100, notStored: 0, p50: 50, p99: 99, most: 100 },
    });
  });

  it('counts records that were not stored, and leaves them out of the percentiles', () => {
    const storedAt = new Map([[150, times[150] ?? 0]]);
    expect(delaysOf(times, storedAt, span)).toEqual({
      ...{ records: 100, notStored: 99, p50: 0, p99: 0, most: 0 },
    });
  });
});

describe('rateUntil', () => {
  const begun = 1_000_000;
  /** 100 records a second for 9 seconds, and the last 100 a minute later. */
  const counts = Array.from({ length: 10 }, (_, i) => ({
    storedAt: begun + (i === 9 ? 69_000 : (i + 1) * 1000),
    records: 100,
  }));

  it('leaves out the time that the last records wait', () => {
    expect(rateUntil(counts, begun, 0.9)).toBe(100);
    expect(rateUntil(counts, begun, 1)).toBeCloseTo(1000 / 69);
  });

  it('orders objects by time, not as they are listed', () => {
    expect(rateUntil(counts.toReversed(), begun, 0.5)).toBe(100);
  });

  it('is NaN if nothing was stored', () => {
    expect(rateUntil([], begun, 0.95)).toBeNaN();
  });
});

describe('parseProcessStat', () => {
  /** As Linux writes it: utime 250, stime 50, cutime 1000, cstime 200 ticks. */
  const statOf = (name: string) =>
    `4242 (${name}) S 17 4242 4242 0 -1 4194304 1 2 3 4 250 50 1000 200 20 0 12 0 999 5 6\n`;

  it.each(['node', 'tmux: server', 'a) R 1 (b', ''])('reads a process named %j', (name) => {
    expect(parseProcessStat(statOf(name))).toEqual({
      ...{ pid: 4242, parent: 17, cpuSeconds: 3, reapedSeconds: 12 },
    });
  });

  it.each(['', 'nothing', '12 (node)'])('refuses %j', (text) => {
    expect(() => parseProcessStat(text)).toThrow(SyntaxError);
  });
});

describe('parsePeakMemory', () => {
  it('reads the peak in bytes', () => {
    const text = 'Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n';
    expect(parsePeakMemory(text)).toBe(2 * 2 ** 20);
  });

  it('is 0 for a process that has ended', () => {
    expect(parsePeakMemory('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
  });
});
