import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  flag,
  isSubscriber,
  jsonObject,
  nameList,
  show,
  wholeNumber,
} from '../../../lib/settings/setting-forms.ts';

describe('show', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['text', "'text'"],
    ['two\nlines "quoted"', `'two\\nlines "quoted"'`],
    [5, '5'],
    [{ a: [1] }, '{"a":[1]}'],
    ['x'.repeat(200), `'${'x'.repeat(119)}… (202 characters)`],
  ])('prints %j as %s', (value, shown) => {
    expect(show(value)).toBe(shown);
  });
});

it('a whole number is a number, or its canonical text', () => {
  const form = wholeNumber({ min: -5, max: 50 });
  expect([0, '0', -5, '-5', 50, '50'].map((value) => form.parse(value))).toEqual([
    0, 0, -5, -5, 50, 50,
  ]);
  const others = ['-0', '007', '5.0', '5 ', ' 5', '٥', '', '10k', '1e2', '0x10', '+5'];
  for (const value of [...others, 5.5, Number.NaN, false, true, null, [5]]) {
    expect(form.safeParse(value).success).toBe(false);
  }
});

it('a flag is true or false, or either as text', () => {
  expect([true, 'true', false, 'false'].map((value) => flag().parse(value))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  for (const value of ['True', 'yes', 1, 0, '', null]) {
    expect(flag().safeParse(value).success).toBe(false);
  }
});

it('a list of names is a list, or text with commas', () => {
  const form = nameList({ of: z.string().min(1), noun: 'name', max: 2 });
  expect(form.parse(' a ,b')).toEqual(['a', 'b']);
  expect(form.parse(['a', 'b'])).toEqual(['a', 'b']);
  for (const value of ['', '  ', 'a,', 'a,,b', 'a,a', 'a,b,c', [], [''], {}]) {
    expect(form.safeParse(value).success).toBe(false);
  }
});

it('an object is an object, or its JSON text', () => {
  const form = jsonObject(z.strictObject({ a: z.number() }));
  expect(form.parse({ a: 1 })).toEqual({ a: 1 });
  expect(form.parse('{"a":1}')).toEqual({ a: 1 });
  for (const value of ['a=1', '{"a":"1"}', '{"a":1,"__proto__":2}', '[]', 'null', null]) {
    expect(form.safeParse(value).success).toBe(false);
  }
});

describe('a subscriber', () => {
  it.each([
    'on-call@example.com',
    'first.last+kafka@mail.example.co.uk',
    'https://example.com',
    'https://example.com:8443/hooks/a?team=b,c',
  ])('may be %s', (value) => {
    expect(isSubscriber(value)).toBe(true);
  });

  it.each([
    '',
    'on-call',
    'on-call@example',
    '@example.com',
    'a b@example.com',
    'a@b@example.com',
    'mailto:on-call@example.com',
    `${'a'.repeat(65)}@example.com`,
    'http://example.com',
    'https://',
    'https://example.com/a b',
    'https://user:password@example.com',
    'https://user@example.com',
    '+491701234567',
  ])('is not %j', (value) => {
    expect(isSubscriber(value)).toBe(false);
  });
});
