import { ManualClock, turn } from '../mapping/manual-clock.ts';
import { noon } from './source-records.ts';

/** Lets everything proceed that does not depend on time. */
export const settle = turn;

/** A clock that stands at noon until it is advanced. */
export class FakeClock extends ManualClock {
  constructor() {
    super(noon);
  }

  /** Milliseconds since noon. */
  get passed(): number {
    return this.now() - noon;
  }

  /** Advances by a number of milliseconds. */
  advance(milliseconds: number): Promise<void> {
    return this.advanceTo(this.now() + milliseconds);
  }

  /** Advances until a promise is settled. */
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
