import { describe, expect, it } from 'vitest';
import { parse, problemsOf } from '../settings-fixture.ts';

describe('the storage class', () => {
  it.each(['STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'])(
    'may be %s',
    (storageClass) => {
      expect(parse({ storageClass }).storageClass).toBe(storageClass);
    },
  );

  // The first loses objects with its zone, the others cannot be read at once.
  it.each(['ONEZONE_IA', 'GLACIER', 'DEEP_ARCHIVE', 'standard'])(
    'may not be %s',
    (storageClass) => {
      expect(problemsOf({ storageClass })).toEqual([
        `storageClass must be one of 'STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', got '${storageClass}'`,
      ]);
    },
  );
});

describe('transitions', () => {
  it('go to ever colder classes, in whatever order they are written', () => {
    const archiveTransitions = '{"DEEP_ARCHIVE":365,"STANDARD_IA":30,"GLACIER_IR":60}';
    expect(parse({ archiveTransitions }).archiveTransitions).toEqual([
      { name: 'STANDARD_IA', days: 30 },
      { name: 'GLACIER_IR', days: 60 },
      { name: 'DEEP_ARCHIVE', days: 365 },
    ]);
    expect(parse({ archiveTransitions: { GLACIER_IR: 1 } }).archiveTransitions).toEqual([
      { name: 'GLACIER_IR', days: 1 },
    ]);
  });

  it.each<[object | string, string | RegExp, object?]>([
    ['90', 'be an object, as JSON text such as {"GLACIER_IR":90}, got 90'],
    [
      { ONEZONE_IA: 30 },
      "have STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER and DEEP_ARCHIVE only, got 'ONEZONE_IA'",
    ],
    [
      { STANDARD_IA: 29 },
      'move objects to STANDARD_IA after 30 days or more, with STANDARD from day 0 on, got 29 for STANDARD_IA',
    ],
    [
      { STANDARD_IA: 40, GLACIER_IR: 69 },
      'move objects to GLACIER_IR after 70 days or more, with STANDARD_IA from day 40 on, got 69 for GLACIER_IR',
    ],
    [
      { GLACIER: 90, DEEP_ARCHIVE: 90 },
      'move objects to DEEP_ARCHIVE after 91 days or more, with GLACIER from day 90 on, got 90 for DEEP_ARCHIVE',
    ],
    [
      { GLACIER: 10 },
      'move objects to GLACIER after 30 days or more, with STANDARD_IA from day 0 on, got 10 for GLACIER',
      { storageClass: 'STANDARD_IA' },
    ],
    [
      { INTELLIGENT_TIERING: 90 },
      "have classes colder than storageClass 'GLACIER_IR' only, got 90 for INTELLIGENT_TIERING",
      { storageClass: 'GLACIER_IR' },
    ],
  ])('%j are refused', (archiveTransitions, expected, more = {}) => {
    expect(problemsOf({ archiveTransitions, ...more })).toEqual([
      `archiveTransitions must ${expected}`,
    ]);
  });

  it('take whole days from 1', () => {
    expect(problemsOf({ archiveTransitions: { GLACIER: 0 } })).toEqual([
      'archiveTransitions.GLACIER must be a whole number from 1 to 36500, got 0',
    ]);
  });
});

describe('expiry', () => {
  it('is off, and days where it is set', () => {
    expect(parse().archiveExpirationDays).toBeUndefined();
    expect(parse({ archiveExpirationDays: '365' }).archiveExpirationDays).toBe(365);
  });

  it('comes after the last transition', () => {
    const archiveTransitions = { GLACIER: 90, DEEP_ARCHIVE: 365 };
    expect(problemsOf({ archiveTransitions, archiveExpirationDays: 366 })).toEqual([]);
    expect(problemsOf({ archiveTransitions, archiveExpirationDays: 365 })).toEqual([
      'archiveExpirationDays must be more than 365 with these archiveTransitions, got 365',
    ]);
  });

  it('of what was deleted by hand takes 90 days, or as many as are set', () => {
    expect(parse().noncurrentVersionDays).toBe(90);
    expect(parse({ noncurrentVersionDays: 1 }).noncurrentVersionDays).toBe(1);
    expect(problemsOf({ noncurrentVersionDays: 0 })).toEqual([
      'noncurrentVersionDays must be a whole number from 1 to 36500, got 0',
    ]);
  });
});
