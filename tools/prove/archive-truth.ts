import { placeOf } from './facts.ts';
import { type MemoryBucket, placesIn } from './memory-bucket.ts';

/** How much of the objects an audit reads. */
export type Reading = 'as-needed' | 'all';

/** What a key says, read by a parser of its own. */
export interface KeyClaims {
  readonly places: ReadonlySet<string>;
  /** Whether it says that it holds every offset of its runs, and no other object has a part of them. */
  readonly isWhole: boolean;
}

/** Reads a key of format 2. */
export function claimsOf(key: string): KeyClaims {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const places = new Set<string>();
  for (const [, partition, first, last] of name.matchAll(/p(\d+)\.(\d+)-(\d+)/g)) {
    for (let offset = Number(first); offset <= Number(last); offset += 1) {
      places.add(placeOf(Number(partition), offset));
    }
  }
  return { places, isWhole: !/\d+x\d+|\.\d+of\d+/.test(name) };
}

/**
 * The places that the objects of a bucket hold: those of their lines that are where the key says. An audit that reads
 * bodies only as needed has to believe the keys that claim to be whole.
 */
export function storedPlaces({ objects }: MemoryBucket, reading: Reading): Set<string> {
  const stored = new Set<string>();
  for (const object of objects.values()) {
    const { isWhole, places } = claimsOf(object.key);
    const isBelieved = isWhole && reading === 'as-needed';
    const held = isBelieved ? places : placesIn(object);
    for (const place of held) if (places.has(place)) stored.add(place);
  }
  return stored;
}

/** The outermost offsets of a partition that keys name. */
export interface NamedOffsets {
  readonly first: number;
  readonly last: number;
}

/** The outermost offsets that the keys of a bucket name, by partition. */
export function namedOffsets({ objects }: MemoryBucket): ReadonlyMap<number, NamedOffsets> {
  const named = new Map<number, NamedOffsets>();
  for (const key of objects.keys()) {
    for (const place of claimsOf(key).places) {
      const [partition, offset] = place.split(':').map(Number) as [number, number];
      const { first, last } = named.get(partition) ?? { first: offset, last: offset };
      named.set(partition, { first: Math.min(first, offset), last: Math.max(last, offset) });
    }
  }
  return named;
}
