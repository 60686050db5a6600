import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_CALL_BYTES,
  MAX_CALL_RECORDS,
  MAX_RECORD_LINES,
  MAX_STREAM_RECORD_BYTES,
  packLines,
  toCalls,
} from '../../../../lambda/core/stream/stream-records.ts';

/** Lines of so many bytes, each with its line break. */
const linesOf = (...lengths: number[]): Buffer =>
  Buffer.from(lengths.map((length) => `${'x'.repeat(length - 1)}\n`).join(''));

describe('packing lines', () => {
  it('puts as many whole lines into a record as there is room for', () => {
    expect(packLines(linesOf(4, 4, 4), 8)).toEqual({
      records: [
        { start: 0, end: 8 },
        { start: 8, end: 12 },
      ],
      oversize: [],
    });
  });

  it('fills a record to its last byte, and not further', () => {
    expect(packLines(linesOf(10), 10)).toEqual({ records: [{ start: 0, end: 10 }], oversize: [] });
    expect(packLines(linesOf(11), 10)).toEqual({ records: [], oversize: [{ start: 0, end: 11 }] });
  });

  it('leaves out a line that is too long, and goes on after it', () => {
    expect(packLines(linesOf(4, 20, 4), 10)).toEqual({
      records: [
        { start: 0, end: 4 },
        { start: 24, end: 28 },
      ],
      oversize: [{ start: 4, end: 24 }],
    });
  });

  it('puts 500 lines into a record at most, as Firehose parts no more', () => {
    expect(packLines(linesOf(...Array.from({ length: 1001 }, () => 4)))).toEqual({
      records: [
        { start: 0, end: 4 * MAX_RECORD_LINES },
        { start: 4 * MAX_RECORD_LINES, end: 8 * MAX_RECORD_LINES },
        { start: 8 * MAX_RECORD_LINES, end: 8 * MAX_RECORD_LINES + 4 },
      ],
      oversize: [],
    });
  });

  it('makes nothing of nothing', () => {
    expect(packLines(Buffer.alloc(0))).toEqual({ records: [], oversize: [] });
  });

  it('takes the limit of the service', () => {
    const { records, oversize } = packLines(linesOf(MAX_STREAM_RECORD_BYTES));
    expect([records.length, oversize.length]).toEqual([1, 0]);
    expect(packLines(linesOf(MAX_STREAM_RECORD_BYTES + 1)).oversize).toHaveLength(1);
  });

  it('has every byte once, in whole lines, whatever the lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (lengths, limit) => {
          const lines = linesOf(...lengths);
          const { records, oversize } = packLines(lines, limit);
          const all = [...records, ...oversize].sort((a, b) => a.start - b.start);
          let at = 0;
          for (const { start, end } of all) {
            expect(start).toBe(at);
            expect(lines[end - 1]).toBe(10);
            at = end;
          }
          expect(at).toBe(lines.length);
          for (const { start, end } of records) expect(end - start).toBeLessThanOrEqual(limit);
          for (const { start, end } of oversize) expect(end - start).toBeGreaterThan(limit);
          // No two neighbours would have fitted into one.
          for (const [index, { start, end }] of records.entries()) {
            const next = records[index + 1];
            if (next?.start !== end) continue;
            const lineEnd = lines.indexOf(10, end) + 1;
            expect(lineEnd - start).toBeGreaterThan(limit);
          }
        },
      ),
    );
  });
});

describe('calls', () => {
  const records = (count: number, bytes: number) =>
    Array.from({ length: count }, () => ({ bytes }));

  it('hold 500 records at most', () => {
    expect(toCalls(records(1001, 10)).map(({ length }) => length)).toEqual([
      MAX_CALL_RECORDS,
      MAX_CALL_RECORDS,
      1,
    ]);
  });

  it('hold 4 MiB at most, to the last byte', () => {
    const quarter = MAX_CALL_BYTES / 4;
    expect(toCalls(records(5, quarter)).map(({ length }) => length)).toEqual([4, 1]);
    expect(toCalls([...records(4, quarter), { bytes: 1 }]).map(({ length }) => length)).toEqual([
      4, 1,
    ]);
  });

  it('are none for nothing', () => {
    expect(toCalls([])).toEqual([]);
  });
});
