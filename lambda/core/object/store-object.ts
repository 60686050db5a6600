import { ArchiverError } from '../errors.ts';
import type { CallOptions, ObjectStore, StorableObject } from '../ports.ts';
import { conflictKey } from './object-key.ts';

/** How an object came to be stored. */
export interface StoreOutcome {
  /** Where it is: its own key, or the marked one of a key conflict. */
  readonly key: string;
  /** `already stored` when an earlier try had put the same body there. */
  readonly status: 'stored' | 'already stored';
  /** Whether its own key holds another body, so that it lies under a marked key. */
  readonly keyConflict: boolean;
}

/** An object with the SHA-256 of its uncompressed body, hexadecimal. */
export type DigestedObject = StorableObject & { readonly sha256: string };

/**
 * Stores an object so that any number of tries leave it there once, and nothing is overwritten.
 *
 * A key that is taken by the same body is an earlier try of the same batch run: success. Another body
 * there (the topic was deleted and created again, a setting changed between two tries) stays, and
 * this one goes to a key marked with its own digest.
 *
 * @throws {ArchiverError} what the store throws
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
  throw new ArchiverError('STORE_WRITE_FAILED', `'${marked.key}' is taken by another body`);
}

async function createOrFind(
  store: ObjectStore,
  object: DigestedObject,
  options: CallOptions,
): Promise<StoreOutcome['status'] | 'other body'> {
  if ((await store.create(object, options)) === 'created') return 'stored';
  const stored = await store.readSha256(object.key, options);
  return stored === object.sha256 ? 'already stored' : 'other body';
}
