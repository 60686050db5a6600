import { createHash, type Hash } from 'node:crypto';
import type { ListedObject } from '../object/archive-source.ts';
import type { DerivedPlace } from './derived-keys.ts';
import { type HourPeriod, periodOfKey } from './hour-period.ts';

/** The objects of an hour, as an hour record names them. */
export interface HourSources {
  readonly objects: number;
  /** SHA-256, hexadecimal, of a line for each object in the order of the keys: key, tab, bytes, line feed. */
  readonly digest: string;
}

/** Returns the sources that objects are, in any order. */
export function sourcesOf(objects: readonly ListedObject[]): HourSources {
  const hash = createHash('sha256');
  for (const each of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))) add(hash, each);
  return { objects: objects.length, digest: hash.digest('hex') };
}

function add(hash: Hash, { bytes, key }: ListedObject): void {
  hash.update(`${key}\t${bytes}\n`);
}

/**
 * The hours that a listing has objects of, with a digest of each. Objects are to be added in the order of their keys:
 * then the digests are those of {@link sourcesOf}, and memory follows the number of hours.
 */
export class ListedHours {
  readonly #place: DerivedPlace;
  readonly #hours = new Map<string, { readonly period: HourPeriod; sources: HourSources }>();
  #current: { readonly period: HourPeriod; readonly hash: Hash; objects: number } | undefined;

  constructor(place: DerivedPlace) {
    this.#place = place;
  }

  /** Adds an object of the topic. Objects outside time folders are ignored. */
  add(object: ListedObject): void {
    const period = periodOfKey(object.key, this.#place);
    if (period === undefined) return;
    if (
      this.#current === undefined ||
      nameOfPeriod(this.#current.period) !== nameOfPeriod(period)
    ) {
      this.#end();
      this.#current = { period, hash: createHash('sha256'), objects: 0 };
    }
    this.#current.objects += 1;
    add(this.#current.hash, object);
  }

  /** Returns the hours with objects, in the order in which they were added. */
  periods(): readonly HourPeriod[] {
    this.#end();
    return [...this.#hours.values()].map(({ period }) => period);
  }

  /** Returns what was listed of an hour; undefined if nothing was. */
  sources(period: HourPeriod): HourSources | undefined {
    this.#end();
    return this.#hours.get(nameOfPeriod(period))?.sources;
  }

  #end(): void {
    if (this.#current === undefined) return;
    const { hash, objects, period } = this.#current;
    this.#hours.set(nameOfPeriod(period), {
      period,
      sources: { objects, digest: hash.digest('hex') },
    });
    this.#current = undefined;
  }
}

/** Identifies a period of a topic: `2026-11-23/09`. */
export function nameOfPeriod({ dt, hour }: HourPeriod): string {
  return `${dt}/${hour}`;
}
