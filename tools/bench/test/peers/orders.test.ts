import { describe, expect, it } from 'vitest';
import { orderRecord, orders, PARTITIONS, sequenceOf } from '../../peers/orders.ts';

describe('orderRecord', () => {
  it('is the same in every run, with a key and two headers', () => {
    const { headers, key, value } = orderRecord(7, 1000, 1);
    const again = orderRecord(7, 1000, 2);
    expect([again.key, again.value, again.headers]).toEqual([key, value, headers]);
    expect(key).not.toBeNull();
    expect(headers.map(({ name }) => name)).toEqual(['trace-id', 'content-type']);
  });

  it.each([100, 1000])('is JSON of about %d bytes that says its place', (bytes) => {
    const values = Array.from({ length: 500 }, (_, i) =>
      String(orderRecord(i * 991, bytes, 0).value),
    );
    const mean = values.reduce((sum, { length }) => sum + length, 0) / values.length;
    expect(mean / bytes).toBeGreaterThan(0.95);
    expect(mean / bytes).toBeLessThan(1.05);
    expect(values.map(sequenceOf)).toEqual(values.map((_, i) => i * 991));
    for (const value of values) expect(JSON.stringify(JSON.parse(value))).toBe(value);
  });
});

describe('orders', () => {
  it('go to the partitions in turn', async () => {
    const partitions: number[] = [];
    for await (const { partition } of orders(30, 100, 0)) partitions.push(partition);
    expect(partitions).toEqual(Array.from({ length: 30 }, (_, i) => i % PARTITIONS));
  });
});

describe('sequenceOf', () => {
  it('is not a number for what is no order', () => {
    expect(sequenceOf('{"order":1}')).toBeNaN();
  });
});
