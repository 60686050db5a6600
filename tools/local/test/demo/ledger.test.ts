import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isComplete, isExact, Ledger, total, type Verdict } from '../../demo/ledger.ts';
import type { ArchivedRecord } from '../../demo/read-back.ts';

const [key, value] = [Buffer.from('k'), Buffer.from('v')];

function record(parts: Partial<ArchivedRecord> = {}): ArchivedRecord {
  return { topic: 'orders', partition: 0, offset: 0, timestamp: 1, key, value, ...parts };
}

/** Records of two topics with two partitions each, at these offsets. */
function recordsAt(offsets: readonly number[]): ArchivedRecord[] {
  return ['orders', 'payments'].flatMap((topic) =>
    [0, 1].flatMap((partition) => offsets.map((offset) => record({ topic, partition, offset }))),
  );
}

function ledgerOf(records: readonly ArchivedRecord[]): Ledger {
  const ledger = new Ledger();
  for (const each of records) ledger.expect(each);
  return ledger;
}

/** The verdict on all topics. */
function verdictOf(ledger: Ledger): Verdict {
  return total(ledger.verdicts().values());
}

const clean: Verdict = {
  expected: 20,
  exact: 20,
  missing: 0,
  repeated: 0,
  duplicates: 0,
  altered: 0,
  unknown: 0,
};
const half = { ...clean, expected: 10, exact: 10 };

/** Offsets of a topic: from 0, from a later offset, with some gaps, with only gaps. */
const logs = [
  [0, 1, 2, 3, 4],
  [7, 8, 3_000_000_000, 3_000_000_001, 9_007_199_254_740_990],
];

describe.each(logs)('verdict on offsets %i, %i, %i, %i, %i', (...offsets) => {
  const records = recordsAt(offsets);
  const one = record({ topic: 'payments', partition: 1, offset: offsets[3] ?? 0 });
  const others = records.filter(
    ({ topic, partition, offset }) =>
      topic !== one.topic || partition !== one.partition || offset !== one.offset,
  );

  it('is exact if each record is read back once, in any order', () => {
    const ledger = ledgerOf(records);
    for (const each of records.toReversed()) ledger.readBack(each);
    expect(ledger.verdicts()).toEqual(new Map(Object.entries({ orders: half, payments: half })));
    expect(verdictOf(ledger)).toEqual(clean);
    expect(isExact(verdictOf(ledger))).toBe(true);
  });

  it.each<[string, readonly Partial<ArchivedRecord>[], Partial<Verdict>]>([
    ['is missing', [], { exact: 19, missing: 1 }],
    ['is repeated', [{}, {}], { exact: 19, repeated: 1, duplicates: 1 }],
    [
      'is repeated more often than a byte counts',
      Array.from({ length: 257 }, () => ({})),
      { exact: 19, repeated: 1, duplicates: 256 },
    ],
    ['has another value', [{ value: Buffer.from('w') }], { exact: 19, altered: 1 }],
    ['has another key', [{ key: Buffer.from('l') }], { exact: 19, altered: 1 }],
    ['has another timestamp', [{ timestamp: 2 }], { exact: 19, altered: 1 }],
    [
      'has key and value taken for each other',
      [{ key: value, value: key }],
      { exact: 19, altered: 1 },
    ],
    [
      'has a key that goes on into its value',
      [{ key: Buffer.from('kv'), value: Buffer.of() }],
      { exact: 19, altered: 1 },
    ],
    [
      'is repeated and altered',
      [{}, { value: null }, {}],
      { exact: 19, repeated: 1, duplicates: 1, altered: 1 },
    ],
    [
      'has the offset of another life of its topic, which is no duplicate',
      [{}, { timestamp: 2, value: Buffer.from('w') }],
      { exact: 19, altered: 1 },
    ],
  ])('detects a record that %s', (_, readings, verdict) => {
    const ledger = ledgerOf(records);
    for (const each of others) ledger.readBack(each);
    for (const reading of readings) ledger.readBack({ ...one, ...reading });
    expect(verdictOf(ledger)).toEqual({ ...clean, ...verdict });
    expect(isExact(verdictOf(ledger))).toBe(false);
    const { altered, missing } = verdictOf(ledger);
    expect(isComplete(verdictOf(ledger))).toBe(altered + missing === 0);
    expect(ledger.verdicts().get('orders')).toEqual(half);
  });

  it.each<[string, Partial<ArchivedRecord>]>([
    ['offset: after the last', { offset: (offsets[4] ?? 0) + 1 }],
    ['offset: in a gap, or before the first', { offset: 5 }],
    ['offset: a fraction', { offset: (offsets[0] ?? 0) + 0.5 }],
    ['offset: below 0', { offset: -1 }],
    ['offset: no number', { offset: Number.NaN }],
    ['partition', { partition: 2, offset: offsets[0] ?? 0 }],
    ['topic', { topic: 'refunds', offset: offsets[0] ?? 0 }],
  ])('detects a record of an unknown %s', (_, parts) => {
    const ledger = ledgerOf(records);
    for (const each of [...records, record(parts)]) ledger.readBack(each);
    expect(verdictOf(ledger)).toEqual({ ...clean, unknown: 1 });
    expect(isExact(verdictOf(ledger))).toBe(false);
    expect(isComplete(verdictOf(ledger))).toBe(false);
    expect(ledger.verdicts().get(parts.topic ?? 'orders')).toMatchObject({ unknown: 1 });
  });
});

describe('verdict', () => {
  it.each([
    ['key', { key: null }, { key: Buffer.of() }],
    ['key', { key: Buffer.of() }, { key: null }],
    ['value', { value: null }, { value: Buffer.of() }],
    ['value', { value: Buffer.of() }, { value: null }],
  ])('distinguishes a null %s from an empty one', (_, expected, read) => {
    const ledger = ledgerOf([record(expected)]);
    ledger.readBack(record(read));
    expect(verdictOf(ledger)).toMatchObject({ exact: 0, altered: 1 });
  });

  it('is not exact without records', () => {
    expect(isExact(verdictOf(new Ledger()))).toBe(false);
    expect(isComplete(verdictOf(new Ledger()))).toBe(false);
  });

  it('is right for any offsets', () => {
    const offsets = fc.uniqueArray(fc.nat(60), { minLength: 1 });
    fc.assert(
      fc.property(offsets, offsets, (had, read) => {
        const sorted = had.toSorted((a, b) => a - b);
        const ledger = ledgerOf(sorted.map((offset) => record({ offset })));
        for (const offset of read) ledger.readBack(record({ offset }));
        const exact = had.filter((offset) => read.includes(offset)).length;
        expect(verdictOf(ledger)).toEqual({
          ...clean,
          expected: had.length,
          exact,
          missing: had.length - exact,
          unknown: read.length - exact,
        });
      }),
    );
  });
});

describe('an offset that is not after the previous one', () => {
  it.each([3, 2, 0])('is refused: %i', (offset) => {
    const ledger = ledgerOf([record({ offset: 1 }), record({ offset: 3 })]);
    expect(() => ledger.expect(record({ offset }))).toThrow(`offset ${offset} after 3`);
  });
});
