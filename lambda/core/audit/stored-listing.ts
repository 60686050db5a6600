import { type OffsetRange, OffsetRanges } from '../object/offset-ranges.ts';
import { type ParsedObjectKey, parseObjectKey } from '../object/parse-object-key.ts';

/**
 * The offsets that the objects of a listing hold. A stand-in with whole bodies read where keys are not dense.
 */
export class StoredListing {
  readonly #stored = new Map<number, OffsetRanges>();
  readonly #spans = new Map<number, OffsetRanges>();
  readonly #batches = new Map<
    string,
    { readonly object: ParsedObjectKey; readonly keys: string[] }
  >();
  readonly #unread: string[] = [];
  readonly #duplicates = new Map<number, number>();

  /** Adds an object of the listing. */
  add(key: string, readsAll = false): void {
    const object = parseObjectKey(key);
    if (object === undefined || object.conflict !== undefined || readsAll) {
      this.#unread.push(key);
      return;
    }
    const name = `${object.format} ${object.count} ${object.runs.map((run) => Object.values(run))}`;
    const batch = this.#batches.get(name) ?? { object, keys: [] };
    batch.keys.push(key);
    this.#batches.set(name, batch);
  }

  /** Returns the keys of objects that do not say which offsets they hold. */
  unread(): readonly string[] {
    const keys = [...this.#unread];
    for (const { keys: own, object } of this.#batches.values()) {
      const isDense = object.runs.every(({ first, last, offsets }) => offsets === last - first + 1);
      if (own.length === object.count) {
        for (const run of object.runs) setOf(this.#spans, run.partition).add(run);
      }
      if (isDense && own.length === object.count) {
        for (const run of object.runs) this.addRange(run.partition, run);
      } else keys.push(...own);
    }
    return keys;
  }

  /** Adds offsets that a body holds. */
  addRange(partition: number, range: OffsetRange): void {
    const shared = setOf(this.#stored, partition).add(range);
    const size = shared.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    this.#duplicates.set(partition, (this.#duplicates.get(partition) ?? 0) + size);
  }

  partitions(): readonly number[] {
    return [...this.#stored.keys()].sort((a, b) => a - b);
  }

  stored(partition: number): OffsetRanges {
    return this.#stored.get(partition) ?? new OffsetRanges();
  }

  /** From the first to the last record of complete batches. */
  spans(partition: number): OffsetRanges {
    return this.#spans.get(partition) ?? new OffsetRanges();
  }

  duplicates(partition: number): number {
    return this.#duplicates.get(partition) ?? 0;
  }
}

function setOf(sets: Map<number, OffsetRanges>, partition: number): OffsetRanges {
  const set = sets.get(partition) ?? new OffsetRanges();
  sets.set(partition, set);
  return set;
}
