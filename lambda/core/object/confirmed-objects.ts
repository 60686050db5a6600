import type { StoreOutcome } from './store-object.ts';

/**
 * Milliseconds for which an object counts as confirmed: more than the hour that may pass between two tries of a
 * failed batch (`backoff.ts`) and the quarter of an hour that each may last.
 */
export const CONFIRMED_MS = 2 * 3_600_000;

/** Maximum of objects: those of two batches whose records each fall into a folder of their own. */
const MOST_OBJECTS = 20_000;

/** What identifies an object: its key, and the SHA-256 of its uncompressed body, hexadecimal. */
interface ObjectIdentity {
  readonly key: string;
  readonly sha256: string;
}

interface Confirmed {
  readonly sha256: string;
  readonly outcome: StoreOutcome;
  /** Epoch milliseconds. */
  readonly until: number;
}

/**
 * The objects of failed batches that this execution environment knows to be stored.
 *
 * A batch is acknowledged once every object of it is confirmed in one invocation, and to confirm a stored object takes
 * longer than to store a new one. A batch with more objects than one invocation has time for would thus never end.
 * With this memory, a retry continues where the last try in this environment stopped. An object that is deleted
 * between two tries counts as stored, as it does if it is deleted right after a single try.
 */
export class ConfirmedObjects {
  /** By key, the ones that expire first in front. */
  readonly #objects = new Map<string, Confirmed>();

  /**
   * Returns how an object was stored; undefined if that is not known.
   *
   * @param now epoch milliseconds
   */
  find({ key, sha256 }: ObjectIdentity, now: number): StoreOutcome | undefined {
    const confirmed = this.#objects.get(key);
    const isValid = confirmed?.sha256 === sha256 && confirmed.until > now;
    return isValid ? { ...confirmed.outcome, status: 'already stored' } : undefined;
  }

  /**
   * Notes that an object is stored, for {@link CONFIRMED_MS} from now: a batch may need many tries. Once there is no
   * room, it notes no others until some are forgotten or expire. If new ones took the place of old ones, several large
   * batches could prevent each other from ever being complete.
   *
   * @param now epoch milliseconds
   */
  add({ key, sha256 }: ObjectIdentity, outcome: StoreOutcome, now: number): void {
    this.#objects.delete(key);
    for (const [oldest, { until }] of this.#objects) {
      if (this.#objects.size < MOST_OBJECTS || until > now) break;
      this.#objects.delete(oldest);
    }
    if (this.#objects.size >= MOST_OBJECTS) return;
    this.#objects.set(key, { sha256, outcome, until: now + CONFIRMED_MS });
  }

  /** Forgets an object, because its batch is complete. */
  forget({ key }: Pick<ObjectIdentity, 'key'>): void {
    this.#objects.delete(key);
  }
}
