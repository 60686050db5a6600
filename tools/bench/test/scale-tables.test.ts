import { expect, it } from 'vitest';
import { fitEffort } from '../scale/effort.ts';
import { measured } from '../scale/measured.ts';
import type { ScaleInputs } from '../scale/model.ts';
import {
  boundsTable,
  effortTable,
  figure,
  growth,
  memoryTable,
  partitionsTable,
  recordsCostTable,
  recordsTable,
  topicsTable,
  trafficTable,
  windowTable,
} from '../scale/tables.ts';

const inputs: ScaleInputs = {
  ...{ valueBytes: 1000, eventBytes: 1500, lineBytes: 1400, recordsThatFit: 4000 },
  effort: fitEffort(measured.batches),
  ...{ memoryMiB: 1024, maxParallelPuts: 16, putSeconds: 0.1 },
  ...{ resources: measured.resources, metrics: { stack: 2, topic: 11 } },
};
const plan = {
  ...{ recordsPerSecond: 5000, topics: 1, recordsPerBatch: 10_000, partitionsPerBatch: 1 },
};
const rowsOf = (table: string) => table.split('\n').slice(2);

it('figures have the digits that count', () => {
  expect([0.012345, 1.5, 123.4, 1234.5, 12_960.4e6].map(figure)).toEqual([
    ...['0.0123', '1.5', '123', '1,235', '12,960,000,000'],
  ]);
});

it('tables have a row for each number', () => {
  const { partitions, rates, records, topics, traffic } = growth;
  expect(rowsOf(recordsTable(inputs, plan))).toHaveLength(records.length);
  expect(rowsOf(recordsCostTable(inputs, plan))).toHaveLength(records.length);
  expect(rowsOf(topicsTable(inputs, plan, 300))).toHaveLength(topics.length);
  expect(rowsOf(trafficTable(inputs, plan))).toHaveLength(traffic.length);
  expect(rowsOf(windowTable(inputs, plan))).toHaveLength(rates.length);
  // No more partitions in a batch than records.
  const pairs = (partitions.length * (partitions.length + 1)) / 2;
  expect(rowsOf(partitionsTable(inputs, plan))).toHaveLength(pairs);
  expect(rowsOf(effortTable(measured.batches, inputs.effort))).toHaveLength(
    measured.batches.length,
  );
});

it('a batch of 4,000 records costs as much as one of 10,000, of which no more fit', () => {
  const [fits, tooMany] = rowsOf(recordsCostTable(inputs, plan)).slice(-2);
  expect(tooMany?.replace('10,000', ' 4,000')).toBe(fits);
});

it('memory costs by the second of waiting, and no more speed beyond a whole core', () => {
  const cells = rowsOf(memoryTable(inputs, plan)).map((row) => row.split('|').map(Number));
  expect(cells).toHaveLength(growth.memoryMiB.length);
  const seconds = cells.map((row) => row[2] ?? 0);
  expect(seconds[0]).toBeGreaterThan(seconds[1] ?? 0);
  expect(seconds[2]).toBe(seconds[3]);
  const gbSeconds = cells.map((row) => row[3] ?? 0);
  expect(gbSeconds).toEqual([...gbSeconds].sort((a, b) => a - b));
});

it('limits are listed with what they allow, those of traffic first', () => {
  const rows = rowsOf(boundsTable(inputs, { ...plan, recordsPerBatch: 1 }));
  expect(rows[0]).toMatch(/^\| puts .* 3,500 records\/s +\|$/);
  expect(rows.at(-1)).toMatch(/topics +\|$/);
});
