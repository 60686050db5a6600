import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { isExact, Ledger, type Verdict } from '../../../emulator/demo/ledger.ts';

const [key, value] = [Buffer.from('k'), Buffer.from('v')];

/** A ledger of so many records in each of the partitions 0 and 1. */
function ledgerOf(count: number): Ledger {
  const ledger = new Ledger();
  for (const partition of [0, 1]) {
    for (let offset = 0; offset < count; offset++) ledger.produced(partition, offset, key, value);
  }
  return ledger;
}

/** Reads all records back, but one. */
function readAllBut(ledger: Ledger, count: number, partition: number, offset: number): void {
  for (const each of [0, 1]) {
    for (let at = 0; at < count; at++) {
      if (each !== partition || at !== offset) ledger.readBack(each, at, key, value);
    }
  }
}

const clean: Verdict = {
  produced: 10,
  exact: 10,
  missing: 0,
  repeated: 0,
  altered: 0,
  unknown: 0,
};

describe('verdict', () => {
  it('is exact when each record came back once, in whatever order', () => {
    const ledger = ledgerOf(5);
    for (const offset of [4, 0, 3, 1, 2]) {
      ledger.readBack(1, offset, key, value);
      ledger.readBack(0, offset, key, value);
    }
    expect(ledger.verdict()).toEqual(clean);
    expect(isExact(ledger.verdict())).toBe(true);
  });

  it.each<[string, (ledger: Ledger) => void, Partial<Verdict>]>([
    ['is missing', () => undefined, { exact: 9, missing: 1 }],
    [
      'is repeated',
      (ledger) => {
        for (let i = 0; i < 2; i++) ledger.readBack(1, 3, key, value);
      },
      { exact: 9, repeated: 1 },
    ],
    [
      'is repeated more often than a byte counts',
      (ledger) => {
        for (let i = 0; i < 257; i++) ledger.readBack(1, 3, key, value);
      },
      { exact: 9, repeated: 1 },
    ],
    [
      'has another value',
      (ledger) => ledger.readBack(1, 3, key, Buffer.from('w')),
      { exact: 9, altered: 1 },
    ],
    [
      'has another key',
      (ledger) => ledger.readBack(1, 3, Buffer.from('l'), value),
      { exact: 9, altered: 1 },
    ],
    [
      'has key and value taken for each other',
      (ledger) => ledger.readBack(1, 3, value, key),
      { exact: 9, altered: 1 },
    ],
    [
      'has a key that goes on into its value',
      (ledger) => ledger.readBack(1, 3, Buffer.from('kv'), Buffer.of()),
      { exact: 9, altered: 1 },
    ],
    [
      'is repeated and altered',
      (ledger) => {
        ledger.readBack(1, 3, key, null);
        ledger.readBack(1, 3, key, null);
        ledger.readBack(1, 3, key, value);
      },
      { exact: 9, repeated: 1, altered: 1 },
    ],
  ])('tells a record that %s', (_, readBack, verdict) => {
    const ledger = ledgerOf(5);
    readAllBut(ledger, 5, 1, 3);
    readBack(ledger);
    expect(ledger.verdict()).toEqual({ ...clean, ...verdict });
    expect(isExact(ledger.verdict())).toBe(false);
  });

  it.each([
    ['offset', 0, 5],
    ['partition', 2, 0],
    ['offset: a fraction', 0, 0.5],
    ['offset: below 0', 0, -1],
    ['offset: no number', 0, Number.NaN],
  ])('tells a record of an unknown %s', (_, partition, offset) => {
    const ledger = ledgerOf(5);
    readAllBut(ledger, 5, -1, -1);
    ledger.readBack(partition, offset, key, value);
    expect(ledger.verdict()).toEqual({ ...clean, unknown: 1 });
    expect(isExact(ledger.verdict())).toBe(false);
  });

  it.each([
    ['key', [null, value], [Buffer.of(), value]],
    ['key', [Buffer.of(), value], [null, value]],
    ['value', [key, null], [key, Buffer.of()]],
    ['value', [key, Buffer.of()], [key, null]],
  ] as const)('tells a null %s from empty bytes', (_, [key, value], [readKey, readValue]) => {
    const ledger = new Ledger();
    ledger.produced(0, 0, key, value);
    ledger.readBack(0, 0, readKey, readValue);
    expect(ledger.verdict()).toMatchObject({ exact: 0, altered: 1 });
  });

  it('is not exact of nothing', () => {
    expect(isExact(new Ledger().verdict())).toBe(false);
  });

  it('holds for as many records as there are', () => {
    const ledger = new Ledger();
    const valueAt = (offset: number) => Buffer.from(String(offset));
    const count = 5000;
    for (let offset = 0; offset < count; offset++) {
      ledger.produced(0, offset, null, valueAt(offset));
      // What is read before the ledger grows stays read.
      if (offset < 1000) ledger.readBack(0, offset, null, valueAt(offset));
    }
    for (let offset = 1000; offset < count - 1; offset++) {
      ledger.readBack(0, offset, null, valueAt(offset));
    }
    expect(ledger.verdict()).toEqual({ ...clean, produced: count, exact: count - 1, missing: 1 });
    ledger.readBack(0, count - 1, null, valueAt(count - 1));
    expect(isExact(ledger.verdict())).toBe(true);
  });
});
