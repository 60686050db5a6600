import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../dashboard/simulation/clock.ts';
import { turn } from '../../../tools/local/mapping/manual-clock.ts';

const start = Date.UTC(2026, 10, 24, 9);
const never = new AbortController().signal;

let folder: string;
let clock: SimulatedClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clock-'));
  clock = new SimulatedClock(start, join(folder, 'clock'));
});

afterEach(() => {
  clock.close();
  rmSync(folder, { recursive: true, force: true });
});

const inFile = () => readFileSync(join(folder, 'clock'), 'utf8');

describe('a simulated clock', () => {
  it('goes on when told to, also in its file', async () => {
    expect([clock.now(), inFile()]).toEqual([start, String(start)]);
    await clock.advanceTo(start + 5000);
    expect([clock.now(), inFile()]).toEqual([start + 5000, String(start + 5000)]);
  });

  it('wakes who sleeps in the order of time, at their time', async () => {
    const woken: string[] = [];
    const sleep = async (name: string, milliseconds: number) => {
      await clock.sleep(milliseconds, never);
      woken.push(`${name} ${clock.now() - start}`);
    };
    const first = sleep('first', 2000).then(() => sleep('again', 500));
    const all = [sleep('second', 3000), first, sleep('late', 9000)];
    await clock.advanceTo(start + 5000);
    expect(woken).toEqual(['first 2000', 'again 2500', 'second 3000']);
    await clock.advanceTo(start + 9000);
    await Promise.all(all);
    expect(woken).toHaveLength(4);
  });

  it('wakes who is not to sleep any more', async () => {
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, stop.signal);
    stop.abort();
    await sleeping;
    await clock.sleep(1000, stop.signal);
    expect(clock.now()).toBe(start);
  });

  it('stands still while something is done, and for what follows at once', async () => {
    const work = Promise.withResolvers<string>();
    const seen: number[] = [];
    const working = clock.hold(work.promise).then(() => seen.push(clock.now() - start));
    const advancing = clock.advanceTo(start + 1000).then(() => seen.push(clock.now() - start));
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(seen).toEqual([]);
    work.resolve('done');
    await Promise.all([working, advancing]);
    expect(seen).toEqual([0, 1000]);
  });

  it('goes on when what was done has failed', async () => {
    const work = Promise.withResolvers<never>();
    const working = clock.hold(work.promise).catch(() => 'failed');
    const advancing = clock.advanceTo(start + 1000);
    work.reject(new Error('no'));
    await advancing;
    expect([await working, clock.now()]).toEqual(['failed', start + 1000]);
  });
});
