/**
 * Where on disk the objects of a bucket are.
 *
 * An object is a plain file at its key wherever a file system can hold it there. Any other key has
 * its file in one folder beside them, named by the key's SHA-256, so that no key leaves its bucket.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import path from 'node:path';

/** The folder of the server's own files, beside the buckets; no bucket name begins with a dot. */
export const SERVER_FOLDER = '.s3';

/** The folder, in each bucket, of objects whose key is no path. */
export const HASHED_FOLDER = '.keys-by-hash';

/** Most file systems hold 255 bytes in a name; some 1024 in a whole path, the bucket's included. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 800;

// The same on every system, so that a folder can be moved between them: what Windows cannot hold
// is hashed on Linux too.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they may occur in object keys
const UNSAFE_CHARACTER = /[\u0000-\u001f\\:*?"<>|]/;
const UNSAFE_END = /[. ]$/;
const DEVICE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

function isPlainName(name: string): boolean {
  return (
    name !== '' &&
    Buffer.byteLength(name) <= MAX_NAME_BYTES &&
    !UNSAFE_CHARACTER.test(name) &&
    !UNSAFE_END.test(name) &&
    !DEVICE_NAME.test(name)
  );
}

function hashOf(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** The path of a key below its bucket's folder, with `/`, if it can be the key itself. */
export function plainPlace(key: string): string | undefined {
  const names = key.split('/');
  const isPlain =
    Buffer.byteLength(key) <= MAX_PATH_BYTES &&
    names[0]?.toLowerCase() !== HASHED_FOLDER &&
    names.every(isPlainName);
  return isPlain ? key : undefined;
}

/** The path below its bucket's folder of a key that cannot be, or be at, its own path. */
export function hashedPlace(key: string): string {
  return `${HASHED_FOLDER}/${hashOf(key)}`;
}

/** The path of a key's record below its bucket's folder of records. */
export function recordPlace(key: string): string {
  const hash = hashOf(key);
  return path.join(hash.slice(0, 2), `${hash}.json`);
}

/**
 * Whether S3 takes this name for a bucket; such a name is also safe as a folder's.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(?:xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}
