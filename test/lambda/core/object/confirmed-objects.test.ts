import { describe, expect, it } from 'vitest';
import {
  CONFIRMED_MS,
  ConfirmedObjects,
} from '../../../../lambda/core/object/confirmed-objects.ts';

const object = { key: 'a', sha256: 'aa' };
const outcome = { key: 'a~aa', status: 'stored', keyConflict: true } as const;
const found = { ...outcome, status: 'already stored' };

describe('ConfirmedObjects', () => {
  it('finds the object that was added, by key and digest', () => {
    const confirmed = new ConfirmedObjects();
    confirmed.add(object, outcome, 0);
    expect(confirmed.find(object, 1)).toEqual(found);
    expect(confirmed.find({ ...object, sha256: 'bb' }, 1)).toBeUndefined();
    expect(confirmed.find({ ...object, key: 'b' }, 1)).toBeUndefined();
  });

  it('counts the time from the last try', () => {
    const confirmed = new ConfirmedObjects();
    confirmed.add(object, outcome, 0);
    expect(confirmed.find(object, CONFIRMED_MS)).toBeUndefined();
    confirmed.add(object, outcome, CONFIRMED_MS - 1);
    expect(confirmed.find(object, 2 * CONFIRMED_MS - 2)).toEqual(found);
    expect(confirmed.find(object, 2 * CONFIRMED_MS - 1)).toBeUndefined();
  });

  it('forgets an object', () => {
    const confirmed = new ConfirmedObjects();
    confirmed.add(object, outcome, 0);
    confirmed.forget(object);
    expect(confirmed.find(object, 0)).toBeUndefined();
  });

  it('holds 20,000 objects, and others in their place once they are forgotten or expired', () => {
    const confirmed = new ConfirmedObjects();
    const nth = (n: number) => ({ key: `${n}`, sha256: 'aa' });
    for (let n = 0; n <= 20_000; n++) confirmed.add(nth(n), outcome, n === 0 ? 0 : 1);
    expect(confirmed.find(nth(0), 1)).toEqual(found);
    expect(confirmed.find(nth(19_999), 1)).toEqual(found);
    expect(confirmed.find(nth(20_000), 1)).toBeUndefined();
    // An object that it holds already takes no room.
    confirmed.add(nth(1), outcome, 1);
    expect(confirmed.find(nth(1), 1)).toEqual(found);
    confirmed.forget(nth(2));
    confirmed.add(nth(20_000), outcome, 1);
    expect(confirmed.find(nth(20_000), 1)).toEqual(found);
    // The first one has expired.
    confirmed.add(nth(20_001), outcome, CONFIRMED_MS);
    expect(confirmed.find(nth(20_001), CONFIRMED_MS)).toEqual(found);
    expect(confirmed.find(nth(3), CONFIRMED_MS)).toEqual(found);
  });
});
