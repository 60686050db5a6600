import { describe, expect, it } from 'vitest';
import { count, DemoCounts, type DemoFigures, demoTable } from '../../../emulator/demo/report.ts';
import type { InvokeOutcome } from '../../../emulator/retry-policy.ts';
import { batchRecords } from '../source-records.ts';

const success: InvokeOutcome = { kind: 'returned', payload: 'null' };
const timeout: InvokeOutcome = { kind: 'failed', errorType: 'Sandbox.Timedout' };

function countsOf(...invocations: [records: number, ms: number, outcome: InvokeOutcome][]) {
  const counts = new DemoCounts();
  for (const [records, milliseconds, outcome] of invocations) {
    counts.observe({ type: 'invoked', records, bytes: 100, milliseconds, outcome });
  }
  return counts;
}

const figures: DemoFigures = {
  seconds: 2,
  objects: 1234,
  bytesStored: 500_000,
  compression: 'zstd',
  coldStarts: 3,
  functionMiB: 99.6,
  functionLimitMiB: 1024,
  emulatorMiB: 1500.2,
};

describe('progress', () => {
  it('tells what is produced, archived and invoked', () => {
    const counts = countsOf([4000, 10, success], [500, 10, success]);
    counts.produced = 1_234_567;
    expect(counts.progress()).toBe('produced 1,234,567 · archived 4,500 · invocations 2');
  });

  it('tells failures with the last error', () => {
    const counts = countsOf([5, 1, { kind: 'throttled' }], [5, 1, timeout], [5, 1, success]);
    expect(counts.progress()).toBe(
      'produced 0 · archived 5 · invocations 3 · failed 2 (Sandbox.Timedout)',
    );
    expect(countsOf([5, 1, timeout], [5, 1, { kind: 'throttled' }]).progress()).toMatch(
      /failed 2 \(throttled\)$/,
    );
  });
});

describe('counts', () => {
  it('have failures in a row since the last success', () => {
    const counts = countsOf([1, 1, timeout], [1, 1, success], [1, 1, timeout], [1, 1, timeout]);
    expect(counts).toMatchObject({ failures: 3, failuresInARow: 2, archived: 1 });
  });

  it('leave out commits', () => {
    const counts = new DemoCounts();
    counts.observe({ type: 'committed', offsets: new Map([[0, 1]]) });
    expect(counts).toEqual(new DemoCounts());
  });

  it('have what was given up, by condition', () => {
    const counts = new DemoCounts();
    const discarded = { type: 'discarded', invokes: 1, delivered: false } as const;
    const age = 'RecordAgeExceeded';
    counts.observe({ ...discarded, condition: age, records: batchRecords(1) });
    counts.observe({ ...discarded, condition: age, records: batchRecords(2) });
    expect(counts.discarded).toEqual(new Map([[age, 3]]));
  });
});

describe('table', () => {
  it('has a line for each figure', () => {
    const counts = countsOf([3000, 400, success], [1, 80_000, timeout], [1000, 20.4, success]);
    counts.bytesIn = 4_321_000;
    expect(demoTable(counts, figures)).toBe(
      [
        '  records        4,000',
        '  invocations    3 (failed 1, cold starts 3)',
        '  objects        1,234',
        '  bytes in       4,321,000 of keys and values',
        '  bytes stored   500,000, zstd, 8.6 to 1',
        '  records/s      2,000',
        '  invocation ms  p50 400, p90 80,000, p99 80,000, max 80,000',
        '  peak memory    function 100 of 1,024 MiB, emulator 1,500 MiB',
      ].join('\n'),
    );
  });

  it('has percentiles that are invocations', () => {
    const counts = countsOf(
      ...Array.from({ length: 200 }, (_, i): [number, number, InvokeOutcome] => [
        1,
        (i * 37) % 200,
        success,
      ]),
    );
    expect(demoTable(counts, figures)).toContain('p50 99, p90 179, p99 197, max 199');
  });

  it('has zeros when nothing happened', () => {
    const nothing = { ...figures, bytesStored: 0, coldStarts: 0, functionMiB: 0 };
    const table = demoTable(new DemoCounts(), nothing);
    expect(table).toContain('  records/s      0\n');
    expect(table).toContain('p50 0, p90 0, p99 0, max 0');
    expect(table).toContain('  bytes stored   0, zstd\n');
    expect(table).toContain('function unknown of 1,024 MiB');
  });
});

describe('count', () => {
  it.each([
    [0, '0'],
    [999.5, '1,000'],
    [1_234_567.4, '1,234,567'],
  ])('writes %d as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });
});
