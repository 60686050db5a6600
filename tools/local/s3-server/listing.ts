/**
 * Which keys and common prefixes a page of a listing holds.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 *
 * @module
 */

import { compareKeys, type SortedKeys } from './sorted-keys.ts';

/** A request for one page. */
export interface ListingRequest {
  readonly prefix: string;
  /** Empty if there is none. */
  readonly delimiter: string;
  readonly maxKeys: number;
  /** The smallest key, or start of a key, that may be listed. */
  readonly from: string;
}

/** One page. */
export interface ListingPage {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Start of the next page; absent on the last page. */
  readonly next?: string;
}

/** The smallest text that sorts after `key` in byte order. */
export function afterKey(key: string): string {
  return `${key}\0`;
}

/** The smallest text that sorts after everything that begins with `prefix`. */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      // U+D800 to U+DFFF are surrogates: the next character after U+D7FF is U+E000.
      points.push(last === 0xd7ff ? 0xe000 : last + 1);
      return String.fromCodePoint(...points);
    }
  }
  return undefined;
}

function commonPrefixOf(key: string, request: ListingRequest): string | undefined {
  if (request.delimiter === '') return undefined;
  const end = key.indexOf(request.delimiter, request.prefix.length);
  return end === -1 ? undefined : key.slice(0, end + request.delimiter.length);
}

/** Lists one page. Its cost depends on the page only, not on how many keys a common prefix covers. */
export function listPage(sorted: SortedKeys, request: ListingRequest): ListingPage {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  const { prefix, from } = request;
  let next: string | undefined = compareKeys(from, prefix) > 0 ? from : prefix;
  // S3 returns a page limited to 0 keys as complete.
  while (next !== undefined && request.maxKeys > 0) {
    const key = sorted.ceiling(next);
    if (key === undefined || !key.startsWith(prefix)) break;
    if (keys.length + commonPrefixes.length === request.maxKeys) {
      return { keys, commonPrefixes, next };
    }
    const common = commonPrefixOf(key, request);
    if (common === undefined) keys.push(key);
    else commonPrefixes.push(common);
    next = common === undefined ? afterKey(key) : afterPrefix(common);
  }
  return { keys, commonPrefixes };
}
