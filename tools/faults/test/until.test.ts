import { describe, expect, it } from 'vitest';
import { until } from '../world.ts';

const never = () => false;

describe('waiting for a scenario', () => {
  it('ends without success once no step was made for long enough', async () => {
    expect(await until(never, { everyMs: 1, withinMs: 0, steps: () => 7 })).toBe(false);
    expect(await until(never, { everyMs: 1, withinMs: 0 })).toBe(false);
  });

  it('continues for as long as steps are made, however slow the machine is', async () => {
    let steps = 0;
    const isDone = () => steps > 50;
    const next = () => {
      steps += 1;
      return steps;
    };
    // Without a step, the first poll would be the last.
    expect(await until(isDone, { everyMs: 1, withinMs: 0, steps: next })).toBe(true);
  });
});
