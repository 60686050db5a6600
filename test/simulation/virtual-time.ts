import { FIRST_HOUR } from './topic.ts';

/** Longer than a process remembers a bucket, and processes outlive their schedules: see process-pool.ts. */
const DAY = 24 * 3_600_000;

/** Time that only steps move: no timer is ever waited for. Each begins a day after the one before. */
export class VirtualTime {
  static #next = FIRST_HOUR;
  /** Epoch milliseconds. */
  now = VirtualTime.#next;

  constructor() {
    VirtualTime.#next += DAY;
  }

  /** One step's worth of time passes. */
  tick(): void {
    this.now += 1_000;
  }

  /** Time passes until a moment, unless it has come. Who else waits for one may notice late. */
  reach(moment: number): void {
    this.now = Math.max(this.now, moment);
  }
}

/** Lets all code run on until it waits for a step: promises are all that it can wait for. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
