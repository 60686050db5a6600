import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Columns } from '../merge/columns.ts';
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

describe('columns', () => {
  const fields = (value: string, encoding: string) =>
    `"value":${value},"value_encoding":"${encoding}","metadata":{"source":"a"}`;
  const line = (key: string, headers: string, end: string) => {
    const run = Buffer.from(
      `{"topic":"t","partition":0,"offset":1,"timestamp":null,"timestamp_type":null,"key":${key},"headers":[${headers}],${end}}`,
    );
    return { offset: 1, run, start: 0, end: run.length };
  };
  const text = (cell: unknown) =>
    cell instanceof Uint8Array ? Buffer.from(cell).toString() : cell;

  it('hold what stands in lines with escapes, without a key, with marks in a value, and with other headers', () => {
    const columns = new Columns();
    const headers =
      '{"name":"a\\"","value":"\\\\","encoding":"utf8"},{"name":"b","value":null,"encoding":"null"}';
    const inner = '{"a":"],","value":[{"value_encoding":"x"}],"value":1}';
    columns.push(line('"\\"k","key_encoding":"utf8"', headers, fields(inner, 'json')));
    columns.push(line('null,"key_encoding":"null"', '', fields('"AA=="', 'base64')));
    columns.push(line('null,"key_encoding":"null"', '', fields('"\\u0000é"', 'utf8')));
    columns.push(line('null,"key_encoding":"null"', '', fields('null', 'null')));
    expect(columns.keys.map(text)).toEqual(['"k', null, null, null]);
    expect(columns.keyEncodings).toEqual(['utf8', 'null', 'null', 'null']);
    expect(columns.values.map(text)).toEqual([inner, 'AA==', '\0é', null]);
    expect(columns.valueEncodings).toEqual(['json', 'base64', 'utf8', 'null']);
    expect(columns.metadata).toEqual(new Array(4).fill('{"source":"a"}'));
    expect(columns.timestamps).toEqual([null, null, null, null]);
    expect(columns.headers.slice(0, 2)).toEqual([
      [
        { name: 'a"', value: '\\', encoding: 'utf8' },
        { name: 'b', value: null, encoding: 'null' },
      ],
      [],
    ]);
  });

  it('are refused for a line with other fields', () => {
    const other = line('"k","other":1', '', fields('1', 'json'));
    expect(() => new Columns().push(other)).toThrow('not a record line');
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
