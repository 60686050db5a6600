import { expect, it } from 'vitest';
import {
  hourRecordKey,
  hourRecordsPrefix,
  ledgerKey,
  resetsPrefix,
} from '../../../../lambda/core/audit/derived-keys.ts';

it('derived data lies below the object prefix of its archive, by kind and topic', () => {
  const place = { objectPrefix: 'shop/', topic: 'orders' };
  expect(ledgerKey(place)).toBe('audit/shop/topic=orders/ledger.json');
  expect(resetsPrefix(place)).toBe('audit/shop/topic=orders/resets/');
  expect(hourRecordKey(place, '2026-11-23', '09')).toBe(
    'hours/shop/topic=orders/dt=2026-11-23/hour=09.json',
  );
  expect(hourRecordsPrefix({ ...place, objectPrefix: '' })).toBe('hours/topic=orders/');
});
