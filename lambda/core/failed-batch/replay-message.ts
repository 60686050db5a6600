import { ArchiverError } from '../errors.ts';

/** The location of a failed batch. */
export interface FailedBatchPointer {
  readonly bucket: string;
  readonly key: string;
  /** Version of the object in a versioned bucket. @default - the current version */
  readonly versionId?: string | undefined;
}

/**
 * Parses a message of the replay queue: an S3 event, sent by S3 or made by {@link toReplayMessage}. The test
 * event that S3 sends when the notification is set up has no records and gives no pointers.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 *
 * @throws {ArchiverError} `INVALID_MESSAGE`
 */
export function parseReplayMessage(body: string): readonly FailedBatchPointer[] {
  const message = parseJson(body);
  if (message?.Event === 's3:TestEvent') return [];
  const records: unknown = message?.Records;
  if (!Array.isArray(records) || records.length === 0) throw invalid('it is not an S3 event');
  return records.map(toPointer);
}

/** Returns the message that requests the replay of a failed batch. */
export function toReplayMessage({ bucket, key, versionId }: FailedBatchPointer): string {
  const object = { key: encodeURIComponent(key), ...(versionId !== undefined && { versionId }) };
  return JSON.stringify({
    Records: [{ eventSource: 'replay', s3: { bucket: { name: bucket }, object } }],
  });
}

interface EventRecord {
  readonly s3?: {
    readonly bucket?: { readonly name?: unknown };
    readonly object?: { readonly key?: unknown; readonly versionId?: unknown };
  };
}

function toPointer(record: EventRecord | null): FailedBatchPointer {
  const { bucket, object } = record?.s3 ?? {};
  if (typeof bucket?.name !== 'string' || typeof object?.key !== 'string') {
    throw invalid('one of its records names no bucket and key');
  }
  const { versionId } = object;
  return {
    bucket: bucket.name,
    key: decodeKey(object.key),
    ...(typeof versionId === 'string' && { versionId }),
  };
}

/** Keys are form-encoded: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw invalid('its key is not URL-encoded');
  }
}

function parseJson(body: string): { readonly Event?: unknown; readonly Records?: unknown } | null {
  try {
    return JSON.parse(body);
  } catch {
    // Without a cause: the parser's message quotes the text.
    throw invalid('it is not JSON');
  }
}

function invalid(problem: string): ArchiverError {
  return new ArchiverError('INVALID_MESSAGE', `not a message of the replay queue: ${problem}`);
}
