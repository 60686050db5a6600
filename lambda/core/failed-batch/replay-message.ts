import { ArchiverError } from '../errors.ts';

/** Where a failed batch is. */
export interface FailedBatchPointer {
  readonly bucket: string;
  readonly key: string;
  /** Of a versioned bucket: the very object that was announced. @default - the current one */
  readonly versionId?: string | undefined;
}

/**
 * Reads a message of the replay queue: an S3 event, as S3 sends it or {@link toReplayMessage} makes it.
 * S3 sends a test event without records when the notification is set up; it points to nothing.
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

/** The message for a failed batch that is to be replayed. */
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
    throw invalid('a record of it names no bucket and key');
  }
  const { versionId } = object;
  return {
    bucket: bucket.name,
    key: decodeKey(object.key),
    ...(typeof versionId === 'string' && { versionId }),
  };
}

/** Keys are encoded as in a form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
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
    // No cause: the parser's own words quote what it stumbled over.
    throw invalid('it is not JSON');
  }
}

function invalid(problem: string): ArchiverError {
  return new ArchiverError('INVALID_MESSAGE', `not a message of the replay queue: ${problem}`);
}
