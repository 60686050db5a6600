import type { StreamKind } from './cell.ts';
import type { Random } from './random.ts';

/** Of the faults that an invocation's own tries would get over, so many outlast them. */
const LASTING_SHARE = 0.25;

/** Faults that go on for a while, for every try of a call. */
export class LastingFaults {
  readonly #random: Random;
  readonly #milliseconds: number;
  readonly #ends = new Map<string, number>();

  /** @param milliseconds that one goes on: longer than an invocation tries */
  constructor(random: Random, milliseconds: number) {
    this.#random = random;
    this.#milliseconds = milliseconds;
  }

  /** Whether the call is struck by one that began before. */
  strikes(identity: string): boolean {
    return Date.now() < (this.#ends.get(identity) ?? 0);
  }

  /** Has a fault that just struck go on, or not. */
  mayBegin(identity: string, kind: StreamKind): void {
    const lasts = kind === 'hang' || this.#random.chance(LASTING_SHARE);
    if (lasts && isTransient(kind)) this.#ends.set(identity, Date.now() + this.#milliseconds);
  }
}

const transient: readonly StreamKind[] = ['hang', 'throttle', 'error', 'reset', 'reject'];

function isTransient(kind: StreamKind): boolean {
  return transient.includes(kind);
}
