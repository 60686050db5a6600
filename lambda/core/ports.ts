import type { Buffer } from 'node:buffer';
import type { ArchiverError } from './errors.ts';

/** An object on its way to the store, with all its metadata. */
export interface StorableObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** By the names of `objectMetadataNames`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How long a call to the store may take. */
export interface StoreOptions {
  /** Ends the call, with a rejection, when it aborts. */
  readonly signal: AbortSignal;
  /** Milliseconds after which one attempt counts as lost and another is made. */
  readonly attemptTimeout: number;
}

/** Where objects are kept. */
export interface ObjectStore {
  /**
   * Creates an object unless its key is taken; never overwrites.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`: the object may be there or not
   */
  create(object: StorableObject, options: StoreOptions): Promise<'created' | 'exists'>;
  /**
   * The SHA-256 that the object at a key was stored with; undefined where it carries none.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`
   */
  readSha256(key: string, options: StoreOptions): Promise<string | undefined>;
}

/** Time, as an argument. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** A signal that aborts after so many milliseconds. */
  timeout(milliseconds: number): AbortSignal;
}

/** What an invocation archived of one topic-partition. */
export interface RunSummary {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: number;
}

/** What an invocation did: its one log line and its metrics. */
export interface BatchSummary {
  readonly requestId: string;
  /** Undefined for a batch without records. */
  readonly topic: string | undefined;
  readonly runs: readonly RunSummary[];
  readonly records: number;
  readonly bytesIn: number;
  readonly bytesStored: number;
  readonly objects: number;
  readonly alreadyStored: number;
  readonly keyConflicts: number;
  readonly invalidTimestamps: number;
  readonly failedObjects: number;
  readonly encodeMilliseconds: number;
  readonly storeMilliseconds: number;
}

/** One stored object, for the log at debug. */
export interface ObjectSummary {
  readonly requestId: string;
  readonly key: string;
  readonly records: number;
  readonly bytes: number;
  readonly outcome: 'stored' | 'already stored';
  readonly keyConflict: boolean;
}

/** Logs and metrics. Nothing handed to it holds a payload, a record key or a header value. */
export interface Telemetry {
  objectStored(summary: ObjectSummary): void;
  /** Once an invocation that planned its objects; `failures` name those that are not stored. */
  batchDone(summary: BatchSummary, failures: readonly ArchiverError[]): void;
  /** Once an invocation whose batch could not be planned. */
  batchRefused(requestId: string, error: ArchiverError): void;
}
