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

  it('counts the time from when an object was added first', () => {
    const confirmed = new ConfirmedObjects();
    confirmed.add(object, outcome, 0);
    confirmed.add(object, outcome, CONFIRMED_MS - 1);
    expect(confirmed.find(object, CONFIRMED_MS - 1)).toEqual(found);
    expect(confirmed.find(object, CONFIRMED_MS)).toBeUndefined();
    confirmed.add(object, outcome, CONFIRMED_MS);
    expect(confirmed.find(object, CONFIRMED_MS)).toEqual(found);
  });

  it('forgets an object', () => {
    const confirmed = new ConfirmedObjects();
    confirmed.add(object, outcome, 0);
    confirmed.forget(object);
    expect(confirmed.find(object, 0)).toBeUndefined();
  });

  it('holds 20,000 objects, and forgets the one that was added first', () => {
    const confirmed = new ConfirmedObjects();
    for (let n = 0; n <= 20_000; n++) confirmed.add({ key: `${n}`, sha256: 'aa' }, outcome, 0);
    expect(confirmed.find({ key: '0', sha256: 'aa' }, 0)).toBeUndefined();
    expect(confirmed.find({ key: '1', sha256: 'aa' }, 0)).toEqual(found);
    expect(confirmed.find({ key: '20000', sha256: 'aa' }, 0)).toEqual(found);
  });
});
