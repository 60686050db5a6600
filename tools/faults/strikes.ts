import type { Time } from './cell.ts';
import type { Random } from './random.ts';

/** Strikes that one scenario has at most, so that it ends. */
const MOST_STRIKES = 12;
/** Of those that take as long as a function's timeout. */
const MOST_LONG_STRIKES = 1;
const RANDOM_SHARE = 0.35;

/** One try of a call. */
export interface Try {
  /** The same for another try of the same call. */
  readonly identity: string;
  /** Whether it is the last call of its kind: that of the last offsets. */
  readonly isLast: boolean;
}

/** Decides which calls of a scenario are struck, and counts them. */
export class Strikes {
  /** Faults injected so far. */
  count = 0;
  readonly #time: Time;
  readonly #random: Random;
  readonly #most: number;
  readonly #tries = new Map<string, number>();

  constructor(time: Time, random: Random, isLong = false) {
    this.#time = time;
    this.#random = random;
    this.#most = isLong ? MOST_LONG_STRIKES : MOST_STRIKES;
  }

  /** Whether this try is struck; counted if so. */
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
        // One at least, so that no scenario is without a fault.
        return this.#random.chance(RANDOM_SHARE) || (isLast && this.count === 0);
    }
  }
}
