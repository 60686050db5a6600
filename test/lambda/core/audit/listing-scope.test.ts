import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../../lambda/core/audit/ledger.ts';
import {
  isListed,
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
const days = (...dates: readonly string[]) => ({
  ...{ isFull: false, prefixes: dates.map((date) => `shop/topic=orders/dt=${date}/`) },
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

  it('is otherwise the days since the last audit, with a margin, and tomorrow', () => {
    expect(listingScope(recent, settings)).toEqual(days('2026-11-24', '2026-11-25'));
    expect(listingScope(recent, { ...settings, timeFolder: 'day', marginHours: 12 })).toEqual(
      days('2026-11-23', '2026-11-24', '2026-11-25'),
    );
    const old = ledgerOf('2026-11-22T05:00:00Z', '2026-11-20T11:00:00Z');
    expect(listingScope(old, settings)).toEqual(
      days('2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25'),
    );
    // An audit by a clock that was ahead.
    const ahead = ledgerOf('2026-11-28T05:00:00Z', '2026-11-20T11:00:00Z');
    expect(listingScope(ahead, settings)).toEqual(days('2026-11-24', '2026-11-25'));
  });

  it('is everything without time folders', () => {
    expect(listingScope(recent, { ...settings, timeFolder: 'none' })).toEqual(everything);
  });

  it('leaves out folders that records name', () => {
    const late = Date.parse('2026-03-01T09:30:00Z');
    const folders = (['hour', 'day', 'none'] as const).map((timeFolder) =>
      recordFolder(late, { ...settings, timeFolder }),
    );
    expect(folders).toEqual([
      ...['shop/topic=orders/dt=2026-03-01/hour=09/', 'shop/topic=orders/dt=2026-03-01/'],
      'shop/topic=orders/',
    ]);
    expect(recordFolder(-1, settings)).toBe('shop/topic=orders/dt=1970-01-01/hour=00/');
    const scope = listingScope(recent, settings);
    expect(folders.map((folder) => isListed(folder, scope))).toEqual([false, false, false]);
    expect(folders.map((folder) => isListed(folder, everything))).toEqual([true, true, true]);
    expect(isListed(recordFolder(settings.now, settings), scope)).toBe(true);
  });
});
