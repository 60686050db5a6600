import { ManualClock, turn } from '../mapping/manual-clock.ts';
import { noon } from './source-records.ts';

/** Lets everything that can go on without time passing do so. */
export const settle = turn;

/** A clock that stands at noon until it is told to go on. */
export class FakeClock extends ManualClock {
  constructor() {
    super(noon);
  }

  /** Milliseconds that have passed. */
  get passed(): number {
    return this.now() - noon;
  }

  /** Lets so many milliseconds pass, and all happen that happens in them. */
  advance(milliseconds: number): Promise<void> {
    return this.advanceTo(this.now() + milliseconds);
  }

  /** Lets time pass until a promise is settled. */
  async advanceUntil(promise: Promise<unknown>): Promise<void> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    await settle();
    for (let next = this.nextWake; next !== undefined && !settled; next = this.nextWake) {
      await this.advanceTo(next);
    }
    await promise;
  }
}
