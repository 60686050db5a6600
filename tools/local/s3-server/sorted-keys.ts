/**
 * The keys of a bucket in S3's order.
 *
 * @module
 */

/** UTF-16 sorts code points above U+FFFF (surrogates) before U+E000 to U+FFFF, UTF-8 after them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * Compares keys by their UTF-8 bytes, as listings are ordered; JavaScript's own order differs.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A sorted set of keys. */
export class SortedKeys {
  readonly #keys: string[] = [];

  /** Adds a key, unless the set contains it. */
  add(key: string): void {
    const position = this.#positionOf(key);
    if (this.#keys[position] !== key) this.#keys.splice(position, 0, key);
  }

  /** Removes a key, if the set contains it. */
  delete(key: string): void {
    const position = this.#positionOf(key);
    if (this.#keys[position] === key) this.#keys.splice(position, 1);
  }

  /** The first key that does not sort before `from`. */
  ceiling(from: string): string | undefined {
    return this.#keys[this.#positionOf(from)];
  }

  #positionOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
