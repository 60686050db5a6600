import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MergeTarget, mergeObjects } from '../merge/merge.ts';
import { writeHour } from '../merge/objects.ts';
import { FIRST_OFFSET, TOPIC } from '../merge/orders.ts';
import { ParquetFile } from '../merge/parquet.ts';
import { ReadingOrder, type Source } from '../merge/reading-order.ts';
import { sourcesIn } from '../merge/sources.ts';
import { verifyFile } from '../merge/verify.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'merge-test-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const merge = (target: MergeTarget) =>
  mergeObjects(sourcesIn(root), target, {
    topic: TOPIC,
    read: ({ key }) => gunzipSync(readFileSync(join(root, key))),
    bufferBytes: 50_000,
  });

describe('a merge', () => {
  it('writes every record once, a conflicting one besides, and holds one object beyond its buffer', async () => {
    const hour = writeHour(root, 0.0005, 3, 100_000);
    const file = join(root, 'merged.parquet');
    const parquet = new ParquetFile(file);
    const counts = merge(parquet);
    parquet.finish();
    await verifyFile(file, hour);
    expect(counts).toMatchObject({
      lines: 3 * hour.recordsPerPartition + hour.duplicates + hour.conflicts,
      duplicates: hour.duplicates,
      conflicts: 1,
      lineBytes: hour.lineBytes,
    });
    expect(counts.mostBuffered).toBeLessThan(50_000 + 110_000);
  });

  it('is refused by the verification if a row is missing', async () => {
    const hour = writeHour(root, 0.0005, 3, 100_000);
    const file = join(root, 'merged.parquet');
    const parquet = new ParquetFile(file);
    merge({
      writeGroup: (partition, lines) =>
        parquet.writeGroup(
          partition,
          lines.filter(({ offset }) => partition !== 2 || offset !== FIRST_OFFSET + 7),
        ),
    });
    parquet.finish();
    await expect(verifyFile(file, hour)).rejects.toThrow(
      `partition 2: offset ${FIRST_OFFSET + 8}, not ${FIRST_OFFSET + 7}`,
    );
  });
});

describe('the reading order', () => {
  const source = (...runs: [partition: number, first: number, last: number][]): Source => ({
    key: runs.join('_'),
    runs: runs.map(([partition, first, last]) => ({
      ...{ partition, first, last, offsets: last - first + 1 },
    })),
  });

  it('reads an object when it is next for all its partitions, and knows what cannot follow', () => {
    const [early, both, late] = [
      source([1, 0, 9]),
      source([0, 0, 9], [1, 10, 19]),
      source([0, 10, 19]),
    ] as const;
    const order = new ReadingOrder([late, both, early]);
    expect(order.next()).toBe(early);
    expect([order.frontier(0), order.frontier(1)]).toEqual([0, 10]);
    expect(order.next()).toBe(both);
    expect([order.frontier(0), order.frontier(1)]).toEqual([10, Number.POSITIVE_INFINITY]);
    expect(order.next()).toBe(late);
    expect(order.next()).toBeUndefined();
  });

  it('reads objects whose ranges are crossed', () => {
    const [a, b] = [source([0, 0, 9], [1, 10, 19]), source([0, 5, 14], [1, 5, 14])] as const;
    const order = new ReadingOrder([a, b]);
    expect([order.next(), order.next(), order.next()]).toEqual([a, b, undefined]);
  });
});
