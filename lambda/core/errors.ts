/** Every code an {@link ArchiverError} can carry. */
export const errorCodes = [
  /** What invoked the function is not a Kafka event, or breaks the shape AWS documents. */
  'INVALID_EVENT',
  /** An environment variable is missing or out of range. */
  'INVALID_SETTINGS',
  /** `lambda/enrich.ts` threw, or returned what cannot be metadata. */
  'ENRICH_FAILED',
  /** S3 refused or did not take an object. */
  'STORE_WRITE_FAILED',
  /** Firehose refused or did not take records. */
  'STREAM_WRITE_FAILED',
  /** The deadline before the function's timeout came first. */
  'STORE_ABORTED',
  /** A message of the replay queue points to nothing in the failed-batch bucket. */
  'INVALID_MESSAGE',
  /** There is no object where a message of the replay queue points to. */
  'FAILED_BATCH_NOT_FOUND',
  /** What S3 gives for a failed batch is not JSON. */
  'FAILED_BATCH_UNREADABLE',
  /** The object is JSON, or too large to be, but no entry of an on-failure destination. */
  'NOT_A_FAILED_BATCH',
  /** The failed batch names offsets only, as where a record is over the payload limit. */
  'NO_PAYLOAD',
  /** The failed batch has records, but not all of those that it names; the others are stored. */
  'INCOMPLETE_PAYLOAD',
  /** S3 refused or did not give a failed batch. */
  'LOAD_FAILED',
  /** The records of a failed batch are stored, but it could not be marked as replayed. */
  'MARK_FAILED',
  /** SQS did not take a message. */
  'QUEUE_FAILED',
  /** SNS did not take a notification. */
  'NOTIFY_FAILED',
  /** The trial cluster refused or did not take what the trial function asked for. */
  'KAFKA_FAILED',
  /** A defect of ours, or a limit of the runtime. */
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
 * Every failure this project raises at run time. The message names topics, partitions, offsets and
 * settings, never a payload, a record key or a header value.
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
 * The error as an {@link ArchiverError}. Of one that is none only the name and the place in the code
 * are kept: its text may quote what it stumbled over.
 */
export function toArchiverError(error: unknown): ArchiverError {
  if (error instanceof ArchiverError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const unexpected = new ArchiverError('UNEXPECTED', `unexpected ${name}`);
  const told = `${name}: ${error instanceof Error ? error.message : ''}`;
  if (error instanceof Error && error.stack?.startsWith(told)) {
    unexpected.stack = `${unexpected.name}: ${unexpected.message}${error.stack.slice(told.length)}`;
  }
  return unexpected;
}
