import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../../lambda/core/audit/ledger.ts';
import {
  listingScope,
  recordFolder,
  type ScopeSettings,
} from '../../../../lambda/core/audit/listing-scope.ts';

const settings: ScopeSettings = {
  ...{ objectPrefix: 'shop/', topic: 'orders', timeFolder: 'hour' },
  ...{ now: Date.parse('2026-11-24T12:00:00Z'), fullListingDays: 7, marginHours: 6 },
};

const ledgerOf = (auditedAt: string, fullyListedAt: string | undefined): Ledger => ({
  ...{ format: 1, topic: 'orders', topicId: undefined, auditedAt, fullyListedAt, partitions: [] },
});

const recent = ledgerOf('2026-11-24T11:00:00Z', '2026-11-20T11:00:00Z');
const everything = { isFull: true, prefixes: ['shop/topic=orders/'] };
const folders = (...names: readonly string[]) => ({
  ...{ isFull: false, prefixes: names.map((name) => `shop/topic=orders/dt=${name}/`) },
});

describe('the scope of a listing', () => {
  it('is everything in the first audit and every few days', () => {
    expect(listingScope(undefined, settings)).toEqual(everything);
    expect(listingScope(ledgerOf(recent.auditedAt, undefined), settings)).toEqual(everything);
    const weekOld = ledgerOf(recent.auditedAt, '2026-11-17T12:00:00Z');
    expect(listingScope(weekOld, settings)).toEqual(everything);
    const younger = ledgerOf(recent.auditedAt, '2026-11-17T12:00:01Z');
    expect(listingScope(younger, settings).isFull).toBe(false);
    expect(listingScope(younger, { ...settings, fullListingDays: 1 }).isFull).toBe(true);
  });

  it('is otherwise the hours since the last audit, with a margin, and the next one', () => {
    expect(listingScope(recent, { ...settings, marginHours: 2 })).toEqual(
      folders(
        ...['2026-11-24/hour=09', '2026-11-24/hour=10', '2026-11-24/hour=11'],
        ...['2026-11-24/hour=12', '2026-11-24/hour=13'],
      ),
    );
    const old = ledgerOf('2026-11-22T05:59:59Z', '2026-11-20T11:00:00Z');
    const { prefixes } = listingScope(old, settings);
    expect(prefixes).toHaveLength(1 + 24 + 24 + 14);
    expect(prefixes[0]).toBe('shop/topic=orders/dt=2026-11-21/hour=23/');
    // An audit by a clock that was ahead.
    const ahead = ledgerOf('2026-11-28T05:00:00Z', '2026-11-20T11:00:00Z');
    expect(listingScope(ahead, { ...settings, marginHours: 0 })).toEqual(
      folders('2026-11-24/hour=12', '2026-11-24/hour=13'),
    );
  });

  it('is otherwise the days since the last audit, where folders are days', () => {
    expect(listingScope(recent, { ...settings, timeFolder: 'day', marginHours: 12 })).toEqual(
      folders('2026-11-23', '2026-11-24', '2026-11-25'),
    );
  });

  it('is everything without time folders', () => {
    expect(listingScope(recent, { ...settings, timeFolder: 'none' })).toEqual(everything);
  });

  it('leaves out folders that records name', () => {
    const late = Date.parse('2026-03-01T09:30:00Z');
    const named = (['hour', 'day', 'none'] as const).map((timeFolder) =>
      recordFolder(late, { ...settings, timeFolder }),
    );
    expect(named).toEqual([
      ...['shop/topic=orders/dt=2026-03-01/hour=09/', 'shop/topic=orders/dt=2026-03-01/'],
      'shop/topic=orders/',
    ]);
    expect(recordFolder(-1, settings)).toBe('shop/topic=orders/dt=1970-01-01/hour=00/');
  });
});
