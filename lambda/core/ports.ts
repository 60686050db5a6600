import type { Buffer } from 'node:buffer';
import type { ArchiverError } from './errors.ts';
import type { FailedBatchSummary } from './failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from './failed-batch/replay-message.ts';
import type { Batch, BatchRun } from './record/kafka-event.ts';

/** An object on its way to the store, with all its metadata. */
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

/** The former name of {@link CallOptions}, until the command line and the tools use the new one. */
export type StoreOptions = CallOptions;

/** Where objects are kept. */
export interface ObjectStore {
  /**
   * Creates an object unless its key is taken; never overwrites.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`: the object may be there or not
   */
  create(object: StorableObject, options: CallOptions): Promise<'created' | 'exists'>;
  /**
   * The SHA-256 that the object at a key was stored with; undefined where it carries none.
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

/** Who delivers a batch, and what is known of it besides its records. */
export interface DeliveryJob extends CallOptions {
  readonly requestId: string;
  readonly functionVersion: string;
  /** Where a batch that is replayed comes from, by the names of `objectMetadataNames`. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/** Records that were not delivered, and why. */
export interface DeliveryFailure {
  readonly run: BatchRun;
  readonly error: ArchiverError;
}

/** How a batch was delivered. */
export interface DeliveryResult {
  readonly summary: BatchSummary;
  /** Empty where every record of the batch is stored for good. */
  readonly failures: readonly DeliveryFailure[];
}

/** The way of a batch to where it is archived: the same for archive and replay. */
export interface Delivery {
  /**
   * Delivers a batch, so that any number of tries leave each record there at least once, and say so
   * only when all are there.
   *
   * @throws {ArchiverError} where nothing of the batch was delivered, since it cannot be planned
   */
  deliver(batch: Batch, job: DeliveryJob): Promise<DeliveryResult>;
}

/** An entry of the failed-batch bucket. */
export interface LoadedEntry {
  readonly text: string;
  /** To the very object that was read, where the bucket has versions. */
  readonly pointer: FailedBatchPointer;
}

/** Where failed batches are kept. */
export interface FailedBatchStore {
  /**
   * The entry of a failed batch.
   *
   * @throws {ArchiverError} `FAILED_BATCH_NOT_FOUND`, `NOT_A_FAILED_BATCH` (too large), `LOAD_FAILED` or
   * `STORE_ABORTED`
   */
  load(pointer: FailedBatchPointer, options: CallOptions): Promise<LoadedEntry>;
  /**
   * Marks a failed batch as replayed: from then on it may expire.
   *
   * @throws {ArchiverError} `MARK_FAILED` or `STORE_ABORTED`: it may be marked or not
   */
  markReplayed(pointer: FailedBatchPointer, mark: ReplayMark, options: CallOptions): Promise<void>;
}

/** A failed batch as a listing shows it. */
export interface FailedBatchEntry extends FailedBatchPointer {
  /** Epoch milliseconds: when it was kept, and so when it had failed. */
  readonly failedAt: number;
  readonly bytes: number;
}

/** That a failed batch was replayed: when, and into how many objects. */
export interface ReplayMark {
  /** ISO 8601. */
  readonly at: string;
  readonly objects: number;
}

/** What can be asked of the bucket of failed batches. */
export interface FailedBatchListing {
  /**
   * A page of its entries, by key.
   *
   * @param place.after key after which the page begins; undefined for the first
   * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`, as all of these; where S3 refuses, too
   */
  list(
    place: { readonly prefix: string; readonly after: string | undefined },
    options: CallOptions,
  ): Promise<{ readonly entries: readonly FailedBatchEntry[]; readonly next: string | undefined }>;
  /** Whether it was replayed; undefined where it was not, or is gone. */
  mark(pointer: FailedBatchPointer, options: CallOptions): Promise<ReplayMark | undefined>;
  /** What it says of itself; undefined where it is no failed batch, or is gone. */
  summary(
    pointer: FailedBatchPointer,
    options: CallOptions,
  ): Promise<FailedBatchSummary | undefined>;
}

/** A message that will not be tried again, and why. */
export interface DeadLetter {
  /** The message, as it came. */
  readonly body: string;
  /** By the names of `deadLetterAttributes`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The queue of failed batches to be replayed, and that of those that are given up. */
export interface ReplayQueue {
  /**
   * Has a message that was received come again after so many seconds.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: it comes again after the queue's own time
   */
  delay(receiptHandle: string, seconds: number, options: CallOptions): Promise<void>;
  /**
   * Gives a message up. It is still to be deleted.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: it may be there or not
   */
  sendDeadLetter(letter: DeadLetter, options: CallOptions): Promise<void>;
}

/** A message for people, with what machines filter it by. */
export interface Notification {
  /** ASCII in one line, less than 100 characters. */
  readonly subject: string;
  readonly body: string;
  /** By the names of `notificationAttributes`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The way to those who are told of alarms. Nothing handed to it holds a payload, a record key or a header value. */
export interface Notifier {
  /**
   * Sends a notification.
   *
   * @throws {ArchiverError} `NOTIFY_FAILED` or `STORE_ABORTED`: it may be sent or not
   */
  notify(notification: Notification, options: CallOptions): Promise<void>;
}

/** Where failed batches that are to be replayed again are sent. */
export interface ReplayRequests {
  /**
   * Puts failed batches on the replay queue.
   *
   * @throws {ArchiverError} `QUEUE_FAILED`: some may be on it
   */
  enqueue(pointers: readonly FailedBatchPointer[], options: CallOptions): Promise<void>;
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
  /** Of the delivery stream, as the next: undefined without one. */
  readonly streamRecords?: number;
  readonly streamRejections?: number;
  readonly encodeMilliseconds: number;
  readonly storeMilliseconds: number;
  /**
   * Milliseconds from the earliest valid timestamp to the invocation, 0 where that is in the future;
   * undefined where no record has one.
   */
  readonly oldestRecordAge: number | undefined;
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

/** Told of each object that is stored. */
export type ObjectTelemetry = Pick<Telemetry, 'objectStored'>;

/** Logs and metrics of the archive function. Nothing handed to it holds a payload, a record key or a header value. */
export interface Telemetry {
  objectStored(summary: ObjectSummary): void;
  /** Once an invocation that planned its objects; `failures` name those that are not stored. */
  batchDone(summary: BatchSummary, failures: readonly ArchiverError[]): void;
  /** Once an invocation whose batch could not be planned. */
  batchRefused(requestId: string, error: ArchiverError): void;
}

/** A failed batch that was replayed: its one log line and its metrics. */
export interface ReplaySummary extends BatchSummary {
  readonly failedBatch: string;
  readonly condition: string;
  /** Times that its message was received, this one included. */
  readonly tries: number;
}

/** A message whose failed batch was not replayed. */
export interface ReplayFailure {
  readonly requestId: string;
  readonly messageId: string;
  readonly tries: number;
  readonly error: ArchiverError;
  /** As far as they are known. */
  readonly failedBatch: string | undefined;
  readonly condition: string | undefined;
  readonly offsets: string | undefined;
}

/** Logs and metrics of the replay function. Nothing handed to it holds a payload, a record key or a header value. */
export interface ReplayTelemetry extends ObjectTelemetry {
  batchReplayed(summary: ReplaySummary): void;
  /** It comes again, after so many seconds; undefined where that is the queue's own time. */
  batchDelayed(failure: ReplayFailure, seconds: number | undefined): void;
  /** It is in the dead-letter queue. */
  batchDied(failure: ReplayFailure): void;
  /** Nobody was told that it is in the dead-letter queue, except by this. */
  notificationFailed(failure: ReplayFailure, error: ArchiverError): void;
  /** A message that points to nothing, such as S3's test event. */
  messageIgnored(requestId: string, messageId: string): void;
  /** What a command came to; see `ReplayCommandResult`. */
  commandDone(requestId: string, result: Readonly<Record<string, unknown>>): void;
}
