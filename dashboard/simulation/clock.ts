import { closeSync, openSync, writeSync } from 'node:fs';
import { ManualClock, turn } from '../../tools/local/mapping/manual-clock.ts';

/**
 * Time that passes only when told to, and never while a function works. It is also kept in a file, for
 * the processes of the functions.
 */
export class SimulatedClock extends ManualClock {
  readonly #file: number;
  readonly #work = new Set<Promise<unknown>>();

  /**
   * @param start epoch milliseconds
   * @param file its path; always 13 digits of epoch milliseconds
   */
  constructor(start: number, file: string) {
    super(start);
    this.#file = openSync(file, 'w');
    this.setTime(start);
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

  override async settle(): Promise<void> {
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

  /** Writes as long a text as was there, so that whoever reads never sees half of it. */
  protected override setTime(now: number): void {
    super.setTime(now);
    writeSync(this.#file, String(now).padStart(13, '0'), 0);
  }
}
