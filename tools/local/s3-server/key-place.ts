/**
 * Where a bucket's objects are stored on disk.
 *
 * An object is a plain file at its key if a file system can hold it there. The file of any other key
 * is in one folder beside them, named by the key's SHA-256, so that no key can escape its bucket.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import path from 'node:path';

/** The folder of the server's own files, next to the buckets; no bucket name begins with a dot. */
export const SERVER_FOLDER = '.s3';

/** The folder, in each bucket, of objects whose key cannot be a path. */
export const HASHED_FOLDER = '.keys-by-hash';

/** Bytes of a file's name that most file systems allow. */
export const MAX_NAME_BYTES = 255;
/** Some file systems allow 1,024 bytes in a path, including the bucket's. */
const MAX_PATH_BYTES = 800;

// The same on every system, so that a folder can be moved between systems: what Windows cannot
// store is hashed on Linux too.
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

/** The path of a key below its bucket's folder, separated by `/`, if the key can be a path. */
export function plainPlace(key: string): string | undefined {
  const names = key.split('/');
  const isPlain =
    Buffer.byteLength(key) <= MAX_PATH_BYTES &&
    names[0]?.toLowerCase() !== HASHED_FOLDER &&
    names.every(isPlainName);
  return isPlain ? key : undefined;
}

/** The path below its bucket's folder of a key that cannot be stored at its own path. */
export function hashedPlace(key: string): string {
  return `${HASHED_FOLDER}/${hashOf(key)}`;
}

/** The path of a key's record below its bucket's folder of records. */
export function recordPlace(key: string): string {
  const hash = hashOf(key);
  return path.join(hash.slice(0, 2), `${hash}.json`);
}

/**
 * Whether S3 accepts this bucket name; such a name is also safe as a folder name.
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
