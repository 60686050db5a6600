import { describe, expect, it } from 'vitest';
import { failBatches } from '../../demo/failing-batches.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';

const success: InvokeOutcome = { kind: 'returned', payload: 'null' };
const crash: InvokeOutcome = { kind: 'failed', errorType: 'Runtime.ExitError' };

/** A function that records the events that reach it. */
function newFunction(rate: number) {
  const reached: string[] = [];
  const invoke = failBatches(rate)(async (event) => {
    reached.push(event);
    return success;
  });
  return { reached, invoke };
}

/** Indexes of the failing ones among consecutive batches. */
async function failingOf(rate: number, batches: number): Promise<number[]> {
  const { invoke } = newFunction(rate);
  const failing: number[] = [];
  for (let i = 0; i < batches; i++) {
    if ((await invoke(`batch ${i}`)).kind === 'failed') failing.push(i);
  }
  return failing;
}

describe('failing batches', () => {
  it.each([
    [0, []],
    [0.001, [0]],
    [0.2, [0, 5, 10, 15]],
    [0.29, [0, 3, 6, 10, 13, 17]],
    [0.5, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]],
    [0.75, [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18]],
    [1, Array.from({ length: 20 }, (_, i) => i)],
  ])('at a rate of %d are the first, and others at even intervals', async (rate, failing) => {
    expect(await failingOf(rate, 20)).toEqual(failing);
  });

  it('fail in every attempt, and never reach the function', async () => {
    const { invoke, reached } = newFunction(0.5);
    const outcomes: InvokeOutcome[] = [];
    for (const event of ['a', 'b', 'a', 'c', 'b', 'a', 'c']) outcomes.push(await invoke(event));
    expect(outcomes).toEqual([crash, success, crash, crash, success, crash, crash]);
    expect(reached).toEqual(['b', 'b']);
  });
});
