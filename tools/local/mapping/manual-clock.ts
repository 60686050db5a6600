import type { EmulatorClock } from './event-source-mapping.ts';

interface Sleeper {
  /** Epoch milliseconds. */
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** Lets all go on that waits for promises alone. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes only when told to; who sleeps wakes in the order of time. */
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

  /** Lets time pass until a moment, and all happen that happens until then. */
  async advanceTo(until: number): Promise<void> {
    await this.settle();
    for (let next = this.#next(); next && next.wakesAt <= until; next = this.#next()) {
      this.setTime(next.wakesAt);
      next.wake();
      await this.settle();
    }
    this.setTime(until);
  }

  /** Resolves when nothing goes on any more without time passing. */
  settle(): Promise<void> {
    return turn();
  }

  /** When the next sleeper wakes, in epoch milliseconds; undefined where nobody sleeps. */
  protected get nextWake(): number | undefined {
    return this.#next()?.wakesAt;
  }

  /** Sets the time, which is never set back. */
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
