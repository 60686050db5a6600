import { ArchiverError, toArchiverError } from '../errors.ts';
import type { CallOptions, ObjectStore, StorableObject } from '../ports.ts';
import { conflictKey } from './object-key.ts';

/** The outcome of storing an object. */
export interface StoreOutcome {
  /** The key that it is stored at: its own, or the marked key in case of a key conflict. */
  readonly key: string;
  /** `already stored` if an earlier try had stored the same body. */
  readonly status: 'stored' | 'already stored';
  /** Whether its own key holds a different body, so that it is stored at a marked key. */
  readonly keyConflict: boolean;
}

/** An object with the SHA-256 of its uncompressed body, hexadecimal. */
export type DigestedObject = StorableObject & { readonly sha256: string };

/**
 * Stores an object exactly once in any number of tries, and overwrites nothing.
 *
 * If the key already holds the same body, an earlier try of the same batch run stored it: a success. A
 * different body stays (the topic was deleted and created again, or a setting changed between two tries), and
 * this one is stored at a key marked with its own digest.
 *
 * @throws {ArchiverError} as thrown by the store, or `STORE_WRITE_FAILED` if the marked key is taken as well
 */
export async function storeObject(
  store: ObjectStore,
  object: DigestedObject,
  options: CallOptions,
): Promise<StoreOutcome> {
  const status = await createOrFind(store, object, options);
  if (status !== 'other body') return { key: object.key, status, keyConflict: false };

  const marked = { ...object, key: conflictKey(object.key, object.sha256) };
  const markedStatus = await createOrFind(store, marked, options);
  if (markedStatus !== 'other body') {
    return { key: marked.key, status: markedStatus, keyConflict: true };
  }
  throw new ArchiverError('STORE_WRITE_FAILED', `'${marked.key}' holds a different body`);
}

async function createOrFind(
  store: ObjectStore,
  object: DigestedObject,
  options: CallOptions,
): Promise<StoreOutcome['status'] | 'other body'> {
  if ((await store.create(object, options)) === 'created') return 'stored';
  try {
    return await compare(store, object, options);
  } catch (error) {
    if (toArchiverError(error).retryable) throw error;
    // The object may have been deleted after the put found it. S3 says 404 then, or 403 to a role that may not list
    // the bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    if ((await store.create(object, options)) === 'created') return 'stored';
    return compare(store, object, options);
  }
}

async function compare(
  store: ObjectStore,
  { key, sha256 }: DigestedObject,
  options: CallOptions,
): Promise<'already stored' | 'other body'> {
  return (await store.readSha256(key, options)) === sha256 ? 'already stored' : 'other body';
}
