import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_CALL_BYTES,
  MAX_CALL_CHUNKS,
  MAX_CHUNK_BYTES,
  MAX_CHUNK_LINES,
  packLines,
  toCalls,
} from '../../../../lambda/core/stream/chunks.ts';

/** Lines of the given lengths in bytes, including the line break. */
const linesOf = (...lengths: number[]): Buffer =>
  Buffer.from(lengths.map((length) => `${'x'.repeat(length - 1)}\n`).join(''));

describe('packLines', () => {
  it('packs as many whole lines into a chunk as fit', () => {
    expect(packLines(linesOf(4, 4, 4), 8)).toEqual({
      chunks: [
        { start: 0, end: 8 },
        { start: 8, end: 12 },
      ],
      oversize: [],
    });
  });

  it('fills a chunk to its last byte and no further', () => {
    expect(packLines(linesOf(10), 10)).toEqual({ chunks: [{ start: 0, end: 10 }], oversize: [] });
    expect(packLines(linesOf(11), 10)).toEqual({ chunks: [], oversize: [{ start: 0, end: 11 }] });
  });

  it('leaves out a line that is too long and continues after it', () => {
    expect(packLines(linesOf(4, 20, 4), 10)).toEqual({
      chunks: [
        { start: 0, end: 4 },
        { start: 24, end: 28 },
      ],
      oversize: [{ start: 4, end: 24 }],
    });
  });

  it('packs at most 500 lines into a chunk: Firehose deaggregates no more', () => {
    expect(packLines(linesOf(...Array.from({ length: 1001 }, () => 4)))).toEqual({
      chunks: [
        { start: 0, end: 4 * MAX_CHUNK_LINES },
        { start: 4 * MAX_CHUNK_LINES, end: 8 * MAX_CHUNK_LINES },
        { start: 8 * MAX_CHUNK_LINES, end: 8 * MAX_CHUNK_LINES + 4 },
      ],
      oversize: [],
    });
  });

  it('makes no chunk from no lines', () => {
    expect(packLines(Buffer.alloc(0))).toEqual({ chunks: [], oversize: [] });
  });

  it('keeps to the limit of Firehose by default', () => {
    const { chunks, oversize } = packLines(linesOf(MAX_CHUNK_BYTES));
    expect([chunks.length, oversize.length]).toEqual([1, 0]);
    expect(packLines(linesOf(MAX_CHUNK_BYTES + 1)).oversize).toHaveLength(1);
  });

  it('puts every byte into exactly one range of whole lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (lengths, limit) => {
          const lines = linesOf(...lengths);
          const { chunks, oversize } = packLines(lines, limit);
          const all = [...chunks, ...oversize].sort((a, b) => a.start - b.start);
          let at = 0;
          for (const { start, end } of all) {
            expect(start).toBe(at);
            expect(lines[end - 1]).toBe(10);
            at = end;
          }
          expect(at).toBe(lines.length);
          for (const { start, end } of chunks) expect(end - start).toBeLessThanOrEqual(limit);
          for (const { start, end } of oversize) expect(end - start).toBeGreaterThan(limit);
          // No neighbouring chunks would have fitted into one.
          for (const [index, { start, end }] of chunks.entries()) {
            const next = chunks[index + 1];
            if (next?.start !== end) continue;
            const lineEnd = lines.indexOf(10, end) + 1;
            expect(lineEnd - start).toBeGreaterThan(limit);
          }
        },
      ),
    );
  });
});

describe('toCalls', () => {
  const chunks = (count: number, bytes: number) => Array.from({ length: count }, () => ({ bytes }));

  it('puts at most 500 chunks into a call', () => {
    expect(toCalls(chunks(1001, 10)).map(({ length }) => length)).toEqual([
      MAX_CALL_CHUNKS,
      MAX_CALL_CHUNKS,
      1,
    ]);
  });

  it('fills a call with 4 MiB, to the last byte', () => {
    const quarter = MAX_CALL_BYTES / 4;
    expect(toCalls(chunks(5, quarter)).map(({ length }) => length)).toEqual([4, 1]);
    expect(toCalls([...chunks(4, quarter), { bytes: 1 }]).map(({ length }) => length)).toEqual([
      4, 1,
    ]);
  });

  it('makes no call from no chunks', () => {
    expect(toCalls([])).toEqual([]);
  });
});
