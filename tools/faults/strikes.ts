import type { Time } from './cell.ts';
import type { Random } from './random.ts';

/** The most strikes in one scenario, so that it ends. */
const MOST_STRIKES = 12;
/** The most strikes that last as long as a function's timeout. */
const MOST_LONG_STRIKES = 1;
const RANDOM_SHARE = 0.35;

/** One try of a call. */
export interface Try {
  /** The same for all tries of one call. */
  readonly identity: string;
  /** Whether this is the call for the last offsets. */
  readonly isLast: boolean;
}

/** Decides which calls of a scenario fail, and counts them. */
export class Strikes {
  /** The number of faults injected so far. */
  count = 0;
  readonly #time: Time;
  readonly #random: Random;
  readonly #most: number;
  readonly #tries = new Map<string, number>();

  /** @param isLong whether a fault lasts as long as a function's timeout */
  constructor(time: Time, random: Random, isLong = false) {
    this.#time = time;
    this.#random = random;
    this.#most = isLong ? MOST_LONG_STRIKES : MOST_STRIKES;
  }

  /** Whether this try fails; a failure is counted. */
  strike({ identity, isLast }: Try): boolean {
    const tries = this.#tries.get(identity) ?? 0;
    this.#tries.set(identity, tries + 1);
    const isStruck = this.count < this.#most && this.#isMeant(tries, isLast);
    if (isStruck) this.count += 1;
    return isStruck;
  }

  #isMeant(tries: number, isLast: boolean): boolean {
    switch (this.#time) {
      case 'first':
        return this.count === 0;
      case 'last':
        return isLast && this.count === 0;
      case 'each':
        return tries % 2 === 0;
      case 'random':
        // At least one fault in every scenario.
        return this.#random.chance(RANDOM_SHARE) || (isLast && this.count === 0);
    }
  }
}
