import { closeSync, openSync, writeSync } from 'node:fs';
import type { EmulatorClock } from '../../emulator/event-source-mapping.ts';

interface Sleeper {
  /** Epoch milliseconds. */
  readonly wakesAt: number;
  readonly wake: () => void;
}

/**
 * Time that passes only when told to, and never while a function works. It is also kept in a file, for
 * the processes of the functions.
 */
export class SimulatedClock implements EmulatorClock {
  #now: number;
  readonly #file: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #work = new Set<Promise<unknown>>();

  /**
   * @param start epoch milliseconds
   * @param file its path; always 13 digits of epoch milliseconds
   */
  constructor(start: number, file: string) {
    this.#now = start;
    this.#file = openSync(file, 'w');
    this.#tell();
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

  /** Has time stand still until something is done. */
  async hold<Result>(work: Promise<Result>): Promise<Result> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /** Lets time pass until a moment, and all happen that happens until then; who sleeps wakes in the order of time. */
  async advance(until: number): Promise<void> {
    await this.settle();
    for (let next = this.#next(); next && next.wakesAt <= until; next = this.#next()) {
      this.#now = next.wakesAt;
      this.#tell();
      next.wake();
      await this.settle();
    }
    this.#now = until;
    this.#tell();
  }

  /** Resolves when nothing goes on any more without time passing. */
  async settle(): Promise<void> {
    await turn();
    while (this.#work.size > 0) {
      await Promise.race(this.#work).catch(() => undefined);
      await turn();
    }
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }

  #next(): Sleeper | undefined {
    return [...this.#sleepers].reduce<Sleeper | undefined>(
      (first, sleeper) => (first && first.wakesAt <= sleeper.wakesAt ? first : sleeper),
      undefined,
    );
  }

  /** As long as what was there, so that whoever reads never sees half of it. */
  #tell(): void {
    writeSync(this.#file, String(this.#now).padStart(13, '0'), 0);
  }
}

/** Lets all go on that waits for promises alone. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
