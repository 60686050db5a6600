/** Every code an {@link ArchiverError} can carry. */
export const errorCodes = [
  /** The event is not a Kafka event, or does not have the shape that AWS documents. */
  'INVALID_EVENT',
  /** An environment variable is missing or invalid. */
  'INVALID_SETTINGS',
  /** `lambda/enrich.ts` threw, or returned fields that cannot be metadata. */
  'ENRICH_FAILED',
  /** A line is no record line of this project. */
  'NOT_A_RECORD_LINE',
  /** S3 refused or failed to store an object. */
  'STORE_WRITE_FAILED',
  /** Firehose refused or failed to accept chunks. */
  'STREAM_WRITE_FAILED',
  /** The deadline ahead of the function's timeout passed before the call ended. */
  'STORE_ABORTED',
  /** A message of the replay queue does not point into the failed-batch bucket. */
  'INVALID_MESSAGE',
  /** The object that a message of the replay queue points to does not exist. */
  'FAILED_BATCH_NOT_FOUND',
  /** The object of a failed batch is not JSON. */
  'FAILED_BATCH_UNREADABLE',
  /** The object is not an entry of an on-failure destination, or is too large or too deeply nested to be one. */
  'NOT_A_FAILED_BATCH',
  /** The failed batch names offsets only, as when a record exceeds the payload limit. */
  'NO_PAYLOAD',
  /** The failed batch does not hold all records that it names; those that it holds are stored. */
  'INCOMPLETE_PAYLOAD',
  /** S3 refused or failed to return a failed batch, or a page of the archive's folders. */
  'LOAD_FAILED',
  /** A failed batch could not be marked as replayed, although its records are stored, or as dismissed. */
  'MARK_FAILED',
  /** SQS refused or failed to handle a message. */
  'QUEUE_FAILED',
  /** SNS refused or failed to publish a notification. */
  'NOTIFY_FAILED',
  /** A Kafka cluster could not be reached, or refused a request. */
  'KAFKA_FAILED',
  /** A defect in this project, or a limit of the runtime. */
  'UNEXPECTED',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Options of an {@link ArchiverError}. */
export interface ArchiverErrorOptions {
  /** Whether the same input may succeed later. @default false */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * Every failure that this project raises at run time. The message may name topics, partitions, offsets and
 * settings, but never quotes a payload, a record key or a header value.
 */
export class ArchiverError extends Error {
  override readonly name = 'ArchiverError';
  readonly code: ErrorCode;
  /** Whether the same input may succeed later. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ArchiverErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/**
 * Returns the error itself if it is an {@link ArchiverError}, and otherwise an `UNEXPECTED` one. Of a foreign
 * error only the name and the stack frames are kept, because its message may quote the data that caused it.
 */
export function toArchiverError(error: unknown): ArchiverError {
  if (error instanceof ArchiverError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const unexpected = new ArchiverError('UNEXPECTED', `unexpected ${name}`);
  const heading = `${name}: ${error instanceof Error ? error.message : ''}`;
  if (error instanceof Error && error.stack?.startsWith(heading)) {
    unexpected.stack = `${unexpected.name}: ${unexpected.message}${error.stack.slice(heading.length)}`;
  }
  return unexpected;
}
