import { type Spread, spreadOf } from '../common/sample.ts';
import type { Start } from './starts.ts';

/** The budgets of a cold start. */
export interface Budgets {
  /** Start to first PUT ÷ an empty process. */
  readonly ratio: number;
  readonly bundleBytes: number;
}

/** Starts and the empty processes they took turns with, in milliseconds: two lists of the same length. */
export interface Rounds {
  readonly starts: readonly Start[];
  readonly nothing: readonly number[];
}

/** The verdict on the rounds. */
export interface ColdVerdict {
  /** The ratio over all pairs. */
  readonly ratio: Spread;
  /** `cold ratio=… bundle=…` */
  readonly line: string;
  readonly isWithinBudgets: boolean;
}

/** Start to first PUT ÷ an empty process, for each pair. */
export function ratiosOf({ nothing, starts }: Rounds): number[] {
  return starts.map(({ answered }, i) => answered / (nothing[i] ?? Number.NaN));
}

/** Compares starts and the size of the bundle with the budgets. The median ratio counts, rounded as it is printed. */
export function coldVerdict(rounds: Rounds, bundleBytes: number, budgets: Budgets): ColdVerdict {
  const ratio = spreadOf(ratiosOf(rounds));
  const shown = ratio.median.toFixed(2);
  return {
    ratio,
    line: `cold ratio=${shown} bundle=${bundleBytes}`,
    isWithinBudgets: Number(shown) <= budgets.ratio && bundleBytes <= budgets.bundleBytes,
  };
}
