import { type Spread, spreadOf } from '../common/sample.ts';
import type { Start } from './starts.ts';

/** What a start may take at most. */
export interface Budgets {
  /** Start to first put ÷ an empty process. */
  readonly ratio: number;
  readonly bundleBytes: number;
}

/** Starts in turns with empty processes: two lists of the same length, milliseconds. */
export interface Rounds {
  readonly starts: readonly Start[];
  readonly nothing: readonly number[];
}

/** What the rounds come to. */
export interface ColdVerdict {
  /** Of each pair. */
  readonly ratio: Spread;
  /** `cold ratio=… bundle=…` */
  readonly line: string;
  readonly isWithinBudgets: boolean;
}

/** Start to first put ÷ an empty process, of each pair. */
export function ratiosOf({ nothing, starts }: Rounds): number[] {
  return starts.map(({ answered }, i) => answered / (nothing[i] ?? Number.NaN));
}

/** Holds starts and the bundle's size against the budgets; the median of the ratio counts, as it is shown. */
export function coldVerdict(rounds: Rounds, bundleBytes: number, budgets: Budgets): ColdVerdict {
  const ratio = spreadOf(ratiosOf(rounds));
  const shown = ratio.median.toFixed(2);
  return {
    ratio,
    line: `cold ratio=${shown} bundle=${bundleBytes}`,
    isWithinBudgets: Number(shown) <= budgets.ratio && bundleBytes <= budgets.bundleBytes,
  };
}
