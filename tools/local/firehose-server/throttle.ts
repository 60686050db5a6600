/** What a stream takes in a second, each with a burst of as much. @default - no limit */
export interface StreamRates {
  readonly callsPerSecond?: number;
  readonly recordsPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/**
 * Holds a stream to its rates. Their defaults at AWS depend on the region:
 * https://docs.aws.amazon.com/firehose/latest/dev/limits.html
 *
 * ASSUMED: a call beyond its rate is refused as a whole, and of a call within it the records beyond theirs
 * are rejected one by one, as in https://github.com/boto/boto3/issues/2804; a burst lasts a second.
 */
export class Throttle {
  readonly #calls: Allowance;
  readonly #records: Allowance;
  readonly #bytes: Allowance;

  /** @param now epoch milliseconds */
  constructor(rates: StreamRates, now: () => number) {
    this.#calls = new Allowance(rates.callsPerSecond, now);
    this.#records = new Allowance(rates.recordsPerSecond, now);
    this.#bytes = new Allowance(rates.bytesPerSecond, now);
  }

  /** Whether a call may come; counted if so. */
  takeCall(): boolean {
    return this.#calls.take(1);
  }

  /** Whether a record of so many bytes may come; counted if so. */
  takeRecord(bytes: number): boolean {
    if (!this.#bytes.has(bytes) || !this.#records.take(1)) return false;
    return this.#bytes.take(bytes);
  }
}

class Allowance {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(perSecond: number | undefined, now: () => number) {
    this.#perSecond = perSecond ?? Number.POSITIVE_INFINITY;
    this.#now = now;
    this.#left = this.#perSecond;
    this.#at = now();
  }

  has(amount: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const now = this.#now();
    const gained = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + gained);
    this.#at = now;
    return this.#left >= amount;
  }

  take(amount: number): boolean {
    if (!this.has(amount)) return false;
    this.#left -= amount;
    return true;
  }
}
