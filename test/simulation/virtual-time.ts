import { FIRST_HOUR } from './topic.ts';

/** Time that only steps move: no timer is ever waited for. */
export class VirtualTime {
  /** Epoch milliseconds. */
  now = FIRST_HOUR;

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
