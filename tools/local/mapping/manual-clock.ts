import type { EmulatorClock } from './clock.ts';

interface Sleeper {
  /** Epoch milliseconds. */
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** Lets everything proceed that waits only for promises. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until it is advanced; sleepers wake in the order of time. */
export class ManualClock implements EmulatorClock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start epoch milliseconds */
  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { wakesAt: this.#now + milliseconds, wake };
      signal.addEventListener('abort', wake);
      this.#sleepers.add(sleeper);
    });
  }

  /** Advances to a time, waking every sleeper on the way. */
  async advanceTo(until: number): Promise<void> {
    await this.settle();
    for (let next = this.#next(); next && next.wakesAt <= until; next = this.#next()) {
      this.setTime(next.wakesAt);
      next.wake();
      await this.settle();
    }
    this.setTime(until);
  }

  /** Resolves when nothing can proceed without advancing the clock. */
  settle(): Promise<void> {
    return turn();
  }

  /** Epoch milliseconds at which the next sleeper wakes; undefined if there is none. */
  protected get nextWake(): number | undefined {
    return this.#next()?.wakesAt;
  }

  /** Sets the time, which must not go back. */
  protected setTime(now: number): void {
    this.#now = now;
  }

  #next(): Sleeper | undefined {
    return [...this.#sleepers].reduce<Sleeper | undefined>(
      (first, sleeper) => (first && first.wakesAt <= sleeper.wakesAt ? first : sleeper),
      undefined,
    );
  }
}
