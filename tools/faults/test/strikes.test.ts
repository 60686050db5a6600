import { describe, expect, it } from 'vitest';
import type { Time } from '../cell.ts';
import { Random } from '../random.ts';
import { Strikes } from '../strikes.ts';

/** Marks each try that is struck with `x`. A try is the name of its call, with `!` for the last call. */
function struck(strikes: Strikes, tries: string): string {
  return tries
    .split(' ')
    .map((name) => strikes.strike({ identity: name, isLast: name.endsWith('!') }))
    .map((isStruck) => (isStruck ? 'x' : '.'))
    .join('');
}

const newStrikes = (time: Time, isLong?: boolean) => new Strikes(time, new Random(1), isLong);

describe('strikes', () => {
  it.each<[Time, string, string]>([
    ['first', 'a a b a c! c!', 'x.....'],
    ['first', 'c! a', 'x.'],
    ['last', 'a b a c! c! a c!', '...x...'],
    ['last', 'a b a', '...'],
    ['last', 'c! d!', 'x.'],
    ['each', 'a a a a', 'x.x.'],
    ['each', 'a b a b a c! b c! c!', 'xx..xxx.x'],
  ])('at time %s, for the tries %s, are %s', (time, tries, hits) => {
    const strikes = newStrikes(time);
    expect(struck(strikes, tries)).toBe(hits);
    expect(strikes.count).toBe(hits.replaceAll('.', '').length);
  });

  it('at random times hit about a third, by the seed', () => {
    const calls = Array.from({ length: 12 }, (_, i) => `c${i}`).join(' ');
    const hitsOf = (seed: number) => struck(new Strikes('random', new Random(seed), false), calls);
    expect(hitsOf(1)).toBe(hitsOf(1));
    const counts = Array.from(
      { length: 100 },
      (_, seed) => hitsOf(seed).replaceAll('.', '').length,
    );
    const share = counts.reduce((sum, count) => sum + count) / 1200;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.4);
    expect(new Set(Array.from({ length: 100 }, (_, seed) => hitsOf(seed))).size).toBeGreaterThan(
      80,
    );
  });

  it('at random times hit at least once, at the latest on the last call', () => {
    for (let seed = 0; seed < 100; seed++) {
      const strikes = new Strikes('random', new Random(seed));
      struck(strikes, 'a b!');
      expect(strikes.count).toBeGreaterThanOrEqual(1);
    }
  });

  it.each<[Time, boolean, number]>([
    ['first', false, 1],
    ['last', false, 1],
    ['each', false, 12],
    ['random', false, 12],
    ['first', true, 1],
    ['last', true, 1],
    ['each', true, 1],
    ['random', true, 1],
  ])('at time %s, long: %s, hit at most %i times', (time, isLong, most) => {
    const strikes = newStrikes(time, isLong);
    struck(strikes, Array.from({ length: 200 }, (_, i) => `c${i}!`).join(' '));
    expect(strikes.count).toBe(most);
  });
});

describe('random numbers', () => {
  it('are those that earlier runs drew for the seed', () => {
    const random = new Random(0);
    expect([random.next(), random.next(), random.next()]).toEqual([
      0.26642920868471265, 0.0003297457005828619, 0.2232720274478197,
    ]);
  });
});
