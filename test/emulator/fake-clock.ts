import type { EmulatorClock } from '../../emulator/event-source-mapping.ts';
import { noon } from './source-records.ts';

/** Lets everything that can go on without time passing do so. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** Time that passes only when told to; who sleeps wakes in the order of time. */
export class FakeClock implements EmulatorClock {
  readonly #started = noon;
  #now = noon;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  /** Milliseconds that have passed. */
  get passed(): number {
    return this.#now - this.#started;
  }

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

  /** Lets time pass, and all happen that happens in it. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settle();
    for (let next = this.#next(); next && next.wakesAt <= until; next = this.#next()) {
      this.#now = next.wakesAt;
      next.wake();
      await settle();
    }
    this.#now = until;
  }

  /** Lets time pass until a promise is settled. */
  async advanceUntil(promise: Promise<unknown>): Promise<void> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    await settle();
    for (let next = this.#next(); next && !settled; next = this.#next()) {
      await this.advance(next.wakesAt - this.#now);
    }
    await promise;
  }

  #next(): Sleeper | undefined {
    return [...this.#sleepers].reduce<Sleeper | undefined>(
      (first, sleeper) => (first && first.wakesAt <= sleeper.wakesAt ? first : sleeper),
      undefined,
    );
  }
}
