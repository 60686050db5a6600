import type { Buffer } from 'node:buffer';

/** An object in a listing. */
export interface ListedObject {
  /** Of a folder on this machine: the path below that folder, with `/` between names. */
  readonly key: string;
  /** Compressed size; 0 where the source was opened without sizes. */
  readonly bytes: number;
}

/** The folders and objects directly below a prefix. */
export interface ListedLevel {
  /** Sorted; each is the prefix of its objects, and ends in `/`. */
  readonly folders: readonly string[];
  readonly objects: readonly ListedObject[];
}

/** An object that is read. */
export interface StoredObject {
  /** The bytes as they are stored, which are compressed. Its errors are {@link ArchiverError}s. */
  readonly body: AsyncIterable<Buffer> | Buffer;
  /** Undefined where it is unknown: for files, and for buckets without versioning. */
  readonly versionId: string | undefined;
  /** Object metadata by the names of `objectMetadataNames`; undefined for files, which have none. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/**
 * Where archived objects are: an S3 bucket or a folder. Every method rejects with an {@link ArchiverError}:
 * `LOAD_FAILED`, or `STORE_ABORTED` once the command is stopped.
 */
export interface ArchiveSource {
  /** For messages: the bucket or the folder, in quotes. */
  readonly name: string;
  /** Lists one level, as S3 does with the delimiter `/`. */
  listLevel(prefix: string): Promise<ListedLevel>;
  /** Lists all objects below a prefix, page by page. */
  listAll(prefix: string): AsyncIterable<readonly ListedObject[]>;
  read(key: string): Promise<StoredObject>;
}
