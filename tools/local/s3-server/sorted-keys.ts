/**
 * The keys of a bucket in S3's order.
 *
 * @module
 */

/** Keys a block holds before it is split: large enough for few blocks, small enough to splice. */
const MAX_BLOCK_KEYS = 1024;

/** UTF-16 has code points above U+FFFF (surrogates) before U+E000 to U+FFFF, UTF-8 after them. */
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

/** The first position whose item is not less than `key`, by the key each item has. */
function lowerBound<T>(items: readonly T[], key: string, keyOf: (item: T) => string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && compareKeys(keyOf(item), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const itself = (key: string): string => key;
const lastOf = (block: readonly string[]): string => block.at(-1) ?? '';

/** A sorted set of keys in blocks, so that adding or finding one of many does not move them all. */
export class SortedKeys {
  readonly #blocks: string[][] = [];

  /** Adds a key; one that is there already stays once. */
  add(key: string): void {
    const index = Math.min(lowerBound(this.#blocks, key, lastOf), this.#blocks.length - 1);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    const position = lowerBound(block, key, itself);
    if (block[position] === key) return;
    block.splice(position, 0, key);
    if (block.length > MAX_BLOCK_KEYS) {
      this.#blocks.splice(index + 1, 0, block.splice(block.length >>> 1));
    }
  }

  /** Takes a key away, if it is there. */
  delete(key: string): void {
    const index = lowerBound(this.#blocks, key, lastOf);
    const block = this.#blocks[index];
    const position = block === undefined ? -1 : block.indexOf(key);
    if (block === undefined || position === -1) return;
    block.splice(position, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** The first key that is not before `from`. */
  ceiling(from: string): string | undefined {
    const block = this.#blocks[lowerBound(this.#blocks, from, lastOf)];
    return block?.[lowerBound(block, from, itself)];
  }
}
