import type { Buffer } from 'node:buffer';
import type { UncoveredFolder } from './catalog/uncovered-folders.ts';
import type { ArchiverError } from './errors.ts';
import type { FailedBatchSummary } from './failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from './failed-batch/replay-message.ts';
import type { Batch } from './record/kafka-event.ts';
import type { RunPart } from './record/run-part.ts';

/** An object to store, with all its metadata. */
export interface StorableObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** By the names of `objectMetadataNames`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How long a call of a service may take. */
export interface CallOptions {
  /** Rejects the call when it aborts. */
  readonly signal: AbortSignal;
  /** Milliseconds after which an attempt counts as lost and the call is retried. */
  readonly attemptTimeout: number;
}

/** The store of archived objects. */
export interface ObjectStore {
  /**
   * Creates an object unless its key exists; never overwrites one.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`: the object may or may not be stored
   */
  create(object: StorableObject, options: CallOptions): Promise<'created' | 'exists'>;
  /**
   * Returns the SHA-256 in an object's metadata, or undefined if there is none.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`
   */
  readSha256(key: string, options: CallOptions): Promise<string | undefined>;
}

/** A delivery stream, which writes objects from the chunks that it accepts. */
export interface ChunkStream {
  /**
   * Puts chunks of whole lines, at most 500 chunks and 4 MiB. Returns for each chunk, in order, the code
   * with which it was rejected, or `undefined` if the stream accepted it.
   *
   * @throws {ArchiverError} `STREAM_WRITE_FAILED` or `STORE_ABORTED`: each chunk may or may not be in the stream
   */
  put(
    chunks: readonly Uint8Array[],
    options: CallOptions,
  ): Promise<readonly (string | undefined)[]>;
}

/** The invocation that delivers a batch, the limits of its calls, and the batch's origin. */
export interface DeliveryJob extends CallOptions {
  readonly requestId: string;
  readonly functionVersion: string;
  /** Metadata about the failed batch that is replayed, by the names of `objectMetadataNames`. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/** Records that were not delivered together, and the reason. */
export interface DeliveryFailure {
  /**
   * What to send again: the records that were not delivered and those that form the same keys with them. Not empty;
   * failures of one group have the same elements.
   */
  readonly runs: readonly RunPart[];
  readonly error: ArchiverError;
}

/** The result of delivering a batch. */
export interface DeliveryResult {
  readonly summary: BatchSummary;
  /** Empty if every record of the batch is stored durably. */
  readonly failures: readonly DeliveryFailure[];
}

/** Delivers batches to the archive, for the archive and the replay function alike. */
export interface Delivery {
  /**
   * Delivers each record of a batch at least once, in any number of tries. It reports success only once all
   * records are delivered.
   *
   * @throws {ArchiverError} if the batch cannot be planned; then nothing of it was delivered
   */
  deliver(batch: Batch, job: DeliveryJob): Promise<DeliveryResult>;
}

/** An entry of the failed-batch bucket. */
export interface LoadedEntry {
  readonly text: string;
  /** Points to the version that was read, if the bucket is versioned. */
  readonly pointer: FailedBatchPointer;
}

/** The store of failed batches. */
export interface FailedBatchStore {
  /**
   * Loads the entry of a failed batch.
   *
   * @throws {ArchiverError} `FAILED_BATCH_NOT_FOUND`, `NOT_A_FAILED_BATCH` (too large), `LOAD_FAILED` or
   * `STORE_ABORTED`
   */
  load(pointer: FailedBatchPointer, options: CallOptions): Promise<LoadedEntry>;
  /**
   * Marks a failed batch as replayed, or as dismissed if the mark has no number of objects. Either lets it expire.
   *
   * @throws {ArchiverError} `MARK_FAILED` or `STORE_ABORTED`: it may or may not be marked
   */
  markReplayed(pointer: FailedBatchPointer, mark: ReplayMark, options: CallOptions): Promise<void>;
}

/** A failed batch in a listing. */
export interface FailedBatchEntry extends FailedBatchPointer {
  /** Epoch milliseconds: when it was written, and therefore when it had failed. */
  readonly failedAt: number;
  readonly bytes: number;
}

/** The mark of a failed batch that needs no replay any more. */
export interface ReplayMark {
  /** ISO 8601: when it was replayed or dismissed; empty if someone set the tag without a time. */
  readonly at: string;
  /**
   * Number of objects that hold its records: 0 if a delivery stream took all of them. Undefined if the failed batch was
   * dismissed instead of replayed.
   */
  readonly objects: number | undefined;
}

/** Reads the failed-batch bucket. */
export interface FailedBatchListing {
  /**
   * Returns a page of entries in the order of their keys.
   *
   * @param place.after key after which the page begins; undefined for the first page
   * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`, like the methods below; also if S3 refuses
   */
  list(
    place: { readonly prefix: string; readonly after: string | undefined },
    options: CallOptions,
  ): Promise<{ readonly entries: readonly FailedBatchEntry[]; readonly next: string | undefined }>;
  /** Returns the mark of an entry; undefined if it has none, or does not exist. */
  mark(pointer: FailedBatchPointer, options: CallOptions): Promise<ReplayMark | undefined>;
  /** Returns the summary of an entry; undefined if it is not a failed batch, or does not exist. */
  summary(
    pointer: FailedBatchPointer,
    options: CallOptions,
  ): Promise<FailedBatchSummary | undefined>;
}

/** A message that is not retried any more, and the reason. */
export interface DeadLetter {
  /** Body of the message, unchanged. */
  readonly body: string;
  /** By the names of `deadLetterAttributes`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The replay queue and its dead-letter queue. */
export interface ReplayQueue {
  /**
   * Hides a received message for the given number of seconds, after which SQS redelivers it.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: SQS redelivers it after the queue's visibility timeout
   */
  delay(receiptHandle: string, seconds: number, options: CallOptions): Promise<void>;
  /**
   * Sends a dead letter to the dead-letter queue. The caller deletes the message from the replay queue.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: the dead letter may or may not be in the queue
   */
  sendDeadLetter(letter: DeadLetter, options: CallOptions): Promise<void>;
}

/** A message for people, with attributes for filter policies. */
export interface Notification {
  /** One line of ASCII with less than 100 characters. */
  readonly subject: string;
  readonly body: string;
  /** By the names of `notificationAttributes`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Publishes notifications to the alarm topic. They never contain a payload, a record key or a header value. */
export interface Notifier {
  /**
   * Publishes a notification.
   *
   * @throws {ArchiverError} `NOTIFY_FAILED` or `STORE_ABORTED`: it may or may not be published
   */
  notify(notification: Notification, options: CallOptions): Promise<void>;
}

/** Requests replays of failed batches. */
export interface ReplayRequests {
  /**
   * Puts failed batches on the replay queue.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: some of them may be on the queue
   */
  enqueue(pointers: readonly FailedBatchPointer[], options: CallOptions): Promise<void>;
}

/** What to list of the archive bucket. */
export interface FolderQuery {
  /** Empty, a folder, or the beginning of the names of folders in one. */
  readonly prefix: string;
  /** Leaves out every name up to this one. */
  readonly startAfter?: string;
  /** The `next` of the page before. */
  readonly continuation?: string;
}

/** One page of the names that begin with a prefix, each up to its next `/`. */
export interface FolderPage {
  /** Whole prefixes that end with `/`, in the order of their bytes. */
  readonly folders: readonly string[];
  /** Whether the page has objects beside the folders. */
  readonly hasObjects: boolean;
  /** Where the next page continues; undefined at the end. */
  readonly next: string | undefined;
}

/** Lists folders of the archive bucket. */
export interface FolderListing {
  /** @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED` */
  list(query: FolderQuery, options: CallOptions): Promise<FolderPage>;
}

/** The result of a check of the catalog, for its log line and its metric. */
export interface CatalogCheckSummary {
  readonly requestId: string;
  /** Folders of topics and dates that were looked at. */
  readonly folders: number;
  /** Whether every folder was looked at. */
  readonly isComplete: boolean;
  /** Folders that no table covers. */
  readonly uncovered: readonly UncoveredFolder[];
}

/** Logs and metrics of the catalog check. No argument contains the name of an object. */
export interface CatalogTelemetry {
  catalogChecked(summary: CatalogCheckSummary): void;
  catalogNotChecked(requestId: string, error: ArchiverError): void;
}

/** Provides the time. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Returns a signal that aborts after the given number of milliseconds. */
  timeout(milliseconds: number): AbortSignal;
}

/** The records of one topic-partition in an invocation. */
export interface RunSummary {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: number;
}

/** The figures of one invocation, for its log line and its metrics. */
export interface BatchSummary {
  readonly requestId: string;
  /** Undefined for a batch without records. */
  readonly topic: string | undefined;
  /** The first of them, so that the log line stays far below what CloudWatch Logs accepts. */
  readonly runs: readonly RunSummary[];
  /** How many more there are; undefined if there are none. */
  readonly moreRuns?: number;
  readonly records: number;
  readonly bytesIn: number;
  readonly bytesStored: number;
  readonly objects: number;
  readonly alreadyStored: number;
  readonly keyConflicts: number;
  readonly invalidTimestamps: number;
  readonly failedObjects: number;
  /** Chunks that the delivery stream accepted; undefined without a stream, like the next. */
  readonly streamRecords?: number;
  readonly streamRejections?: number;
  readonly encodeMilliseconds: number;
  readonly storeMilliseconds: number;
  /**
   * Milliseconds from the earliest valid timestamp to the invocation, 0 if that timestamp is in the future;
   * undefined if no record has a valid one.
   */
  readonly oldestRecordAge: number | undefined;
}

/** One stored object, for the log at level debug. */
export interface ObjectSummary {
  readonly requestId: string;
  readonly key: string;
  readonly records: number;
  readonly bytes: number;
  readonly outcome: 'stored' | 'already stored';
  readonly keyConflict: boolean;
}

/** The telemetry of stored objects. */
export type ObjectTelemetry = Pick<Telemetry, 'objectStored'>;

/** Logs and metrics of the archive function. No argument contains a payload, a record key or a header value. */
export interface Telemetry {
  objectStored(summary: ObjectSummary): void;
  /** Called once for each invocation that plans its batch; `failures` name what is not stored. */
  batchDone(summary: BatchSummary, failures: readonly ArchiverError[]): void;
  /** Called once for each invocation whose batch cannot be planned. */
  batchRefused(requestId: string, error: ArchiverError): void;
}

/** The figures of a replayed failed batch, for its log line and its metrics. */
export interface ReplaySummary extends BatchSummary {
  readonly failedBatch: string;
  readonly condition: string;
  /** How often its message was received, including this time. */
  readonly tries: number;
}

/** A message whose failed batch could not be replayed. */
export interface ReplayFailure {
  readonly requestId: string;
  readonly messageId: string;
  readonly tries: number;
  readonly error: ArchiverError;
  /** Key of the failed batch; undefined if it is not known, like the next two. */
  readonly failedBatch: string | undefined;
  readonly condition: string | undefined;
  readonly offsets: string | undefined;
}

/** Logs and metrics of the replay function. No argument contains a payload, a record key or a header value. */
export interface ReplayTelemetry extends ObjectTelemetry {
  batchReplayed(summary: ReplaySummary): void;
  /** SQS redelivers the message after `seconds`; if undefined, after the queue's visibility timeout. */
  batchDelayed(failure: ReplayFailure, seconds: number | undefined): void;
  /** The message is in the dead-letter queue. */
  batchDied(failure: ReplayFailure): void;
  /** The notification of a dead letter could not be published. */
  notificationFailed(failure: ReplayFailure, error: ArchiverError): void;
  /** The message points to no failed batch, such as S3's test event. */
  messageIgnored(requestId: string, messageId: string): void;
  /** A command has ended; for the result see `ReplayCommandResult`. */
  commandDone(requestId: string, result: Readonly<Record<string, unknown>>): void;
}
