import { describe, expect, it } from 'vitest';
import {
  DemoCounts,
  type DemoFigures,
  demoTable,
  hashedObjectsSentence,
  isKept,
  objectsSentence,
  type ReplayFigures,
  verdictLines,
} from '../../demo/report.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';

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

describe('the sentence on objects', () => {
  it.each([
    ['batch', 'day', 'batch and day'],
    ['batch', 'none', 'batch'],
    ['partition', 'hour', 'batch, partition and hour'],
    ['partition', 'none', 'batch and partition'],
  ] as const)('names what shares one, for %s and %s', (objectOf, timeFolder, records) => {
    expect(objectsSentence({ objectOf, timeFolder })).toBe(
      `Each object holds the records of one ${records}; its name gives the offsets of each partition.`,
    );
  });

  it.each([
    [1, '1 object'],
    [2000, '2,000 objects'],
  ])('says where %i with long names are', (hashedObjects, objects) => {
    expect(hashedObjectsSentence({ hashedObjects }, 'demo-out/archive')).toBe(
      `Names of more than 255 bytes cannot be files: look for ${objects} in demo-out/archive/.keys-by-hash/, named by the SHA-256 of the key.`,
    );
  });
});

describe('progress', () => {
  it('shows what is produced, archived and invoked', () => {
    const counts = countsOf([4000, 10, success], [500, 10, success]);
    counts.produced = 1_234_567;
    expect(counts.progress(1_230_067)).toBe(
      'produced 1,234,567 · archived 4,500 · lag 1,230,067 · invocations 2',
    );
  });

  it('shows failures with the last error', () => {
    const counts = countsOf([5, 1, { kind: 'throttled' }], [5, 1, timeout], [5, 1, success]);
    expect(counts.progress(0)).toBe(
      'produced 0 · archived 5 · lag 0 · invocations 3 · failed 2 (Sandbox.Timedout)',
    );
    expect(countsOf([5, 1, timeout], [5, 1, { kind: 'throttled' }]).progress(0)).toMatch(
      /failed 2 \(throttled\)$/,
    );
  });

  it('shows the problem with a broker until it is over', () => {
    const counts = new DemoCounts();
    counts.trouble = 'fetching records: connect ECONNREFUSED';
    expect(counts.progress(0)).toMatch(/ · fetching records: connect ECONNREFUSED$/);
    counts.observe({ type: 'committed', offsets: new Map([[0, 1]]) });
    expect(counts.progress(0)).toMatch(/ · invocations 0$/);
    counts.observe({ type: 'commit failed' });
    expect(counts.progress(0)).toMatch(/ · a commit failed and will be retried$/);
  });
});

describe('table', () => {
  it('has a line per figure', () => {
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

  it('has no ratio of sizes if a record is not stored', () => {
    const counts = countsOf([3000, 400, success]);
    counts.bytesIn = 4_321_000;
    counts.produced = 3001;
    expect(demoTable(counts, figures)).toContain('\n  bytes stored   500,000, zstd\n');
  });

  it('shows failed batches and replays', () => {
    const counts = countsOf([900, 400, success]);
    const replay: ReplayFigures = {
      counts: { all: 1000, waiting: 0, replayed: 1000, dead: 0 },
      ...{ slowestMs: 4249, records: 1900, replayedRecords: 1000, replayedObjects: 1200 },
    };
    expect(demoTable(counts, { ...figures, replay }).split('\n')).toEqual(
      expect.arrayContaining([
        '  records        1,900 (1,000 by replay)',
        '  failed batches 1,000, all replayed (slowest after 4.2 s)',
        '  objects        1,234 (1,200 by replay)',
        '  records/s      950',
      ]),
    );
  });

  it.each([
    [{ all: 0, waiting: 0, replayed: 0, dead: 0 }, 'none'],
    [
      { all: 4, waiting: 1, replayed: 2, dead: 1 },
      '4: replayed 2 (slowest after 1.0 s), waiting 1, dead 1',
    ],
    [{ all: 1, waiting: 0, replayed: 0, dead: 1 }, '1: replayed 0, waiting 0, dead 1'],
  ])('shows the state of failed batches: %j', (counts, figure) => {
    const nothing = { records: 0, replayedRecords: 0, replayedObjects: 0 };
    const replay = { counts, slowestMs: 1000, ...nothing };
    expect(demoTable(new DemoCounts(), { ...figures, replay })).toContain(
      `\n  failed batches ${figure}\n`,
    );
  });

  it('shows the lines of a stream, without the share of replays', () => {
    const stream = {
      ...{ taken: 1900, stored: 1900, failed: 0, dropped: 0, waiting: 0, objects: 3, records: 12 },
    };
    const replay = {
      counts: { all: 2, waiting: 0, replayed: 2, dead: 0 },
      ...{ slowestMs: 1000, records: 1900 },
    };
    const counts = countsOf([900, 400, success]);
    const rows = demoTable(counts, { ...figures, replay, stream }).split('\n');
    expect(rows).toEqual(
      expect.arrayContaining([
        '  records        1,900',
        '  stream         1,900 lines in 12 records',
        '  objects        1,234',
      ]),
    );
    const faulty = { ...stream, failed: 1000, dropped: 2 };
    expect(demoTable(counts, { ...figures, stream: faulty })).toContain(
      '\n  stream         1,900 lines in 12 records (errors 1,000, dropped 2)\n',
    );
  });

  it('shows zeros if nothing happened', () => {
    const nothing = { ...figures, bytesStored: 0, coldStarts: 0, functionMiB: 0 };
    const table = demoTable(new DemoCounts(), nothing);
    expect(table).toContain('  records/s      0\n');
    expect(table).toContain('p50 0, p90 0, p99 0, max 0');
    expect(table).toContain('  bytes stored   0, zstd\n');
    expect(table).toContain('function unknown of 1,024 MiB');
  });
});

describe('verdict', () => {
  const clean = {
    ...{ expected: 5, exact: 5, missing: 0, repeated: 0, duplicates: 0, altered: 0, unknown: 0 },
  };
  const faulty = {
    ...{ expected: 9, exact: 6, missing: 1, repeated: 2, duplicates: 7, altered: 3, unknown: 4 },
  };

  it('is one line for one topic', () => {
    expect(verdictLines(new Map([['orders', clean]]))).toEqual([
      'every offset stored exactly once: 5 of 5',
    ]);
  });

  it('has a line per topic with its faults', () => {
    expect(verdictLines(new Map(Object.entries({ orders: clean, payments: faulty })))).toEqual([
      "topic 'orders': 5 of 5",
      "topic 'payments': 6 of 9 (missing 1, repeated 2, altered 3, unknown 4)",
      'every offset stored exactly once: 11 of 14',
      'missing 1, repeated 2, altered 3, unknown 4',
    ]);
  });
});

describe('the verdict of a run with a stream', () => {
  const verdict = {
    ...{ expected: 5, exact: 3, missing: 0, repeated: 2, duplicates: 3, altered: 0, unknown: 0 },
  };
  const linesOf = (parts: Partial<typeof verdict>) =>
    verdictLines(new Map([['orders', { ...verdict, ...parts }]]), 'at least once');

  it('counts duplicates without treating them as faults', () => {
    expect(linesOf({})).toEqual(['every offset stored at least once: 5 of 5, 3 duplicates']);
    expect(isKept('at least once', verdict)).toBe(true);
    expect(isKept('exactly once', verdict)).toBe(false);
  });

  it.each([
    [{ missing: 1, altered: 1 }, 3, 'missing 1, repeated 2, altered 1, unknown 0'],
    [{ unknown: 1 }, 5, 'missing 0, repeated 2, altered 0, unknown 1'],
  ])('lists the faults: %j', (parts, stored, faults) => {
    expect(linesOf(parts)).toEqual([
      `every offset stored at least once: ${stored} of 5, 3 duplicates`,
      faults,
    ]);
    expect(isKept('at least once', { ...verdict, ...parts })).toBe(false);
  });
});
