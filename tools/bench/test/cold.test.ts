import { describe, expect, it } from 'vitest';
import { coldVerdict } from '../cold/verdict.ts';

const budgets = { ratio: 3.5, bundleBytes: 500_000 };
const rounds = (answered: readonly number[]) => ({
  starts: answered.map((each) => ({ initialised: each / 2, answered: each })),
  nothing: answered.map(() => 40),
});

describe('a cold start', () => {
  it('is compared with an empty process, pair by pair', () => {
    const { isWithinBudgets, line, ratio } = coldVerdict(rounds([120, 100, 140]), 486_891, budgets);
    expect(line).toBe('cold ratio=3.00 bundle=486891');
    expect(ratio).toEqual({ median: 3, low: 2.5, high: 3.5 });
    expect(isWithinBudgets).toBe(true);
  });

  it('has a budget for time and one for bytes', () => {
    expect(coldVerdict(rounds([140]), 500_000, budgets).isWithinBudgets).toBe(true);
    expect(coldVerdict(rounds([141]), 500_000, budgets).isWithinBudgets).toBe(false);
    expect(coldVerdict(rounds([120]), 500_001, budgets).isWithinBudgets).toBe(false);
  });

  it('is over budget if nothing was measured', () => {
    expect(coldVerdict(rounds([]), 1, budgets).isWithinBudgets).toBe(false);
  });
});
