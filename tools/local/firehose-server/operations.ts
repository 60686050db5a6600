// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { type Fields, ServiceError } from '../json-server.ts';

/** Number of records in a call. */
const MAX_RECORDS = 500;
/** Bytes of all records of a call, before base64: "4 MB" above. ASSUMED to be MiB. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;
/** Bytes of a record, before base64: https://docs.aws.amazon.com/firehose/latest/APIReference/API_Record.html */
const MAX_RECORD_BYTES = 1_024_000;

/** The service's response to a throttled put: https://github.com/boto/boto3/issues/2804 */
const THROTTLED = {
  ErrorCode: 'ServiceUnavailableException',
  ErrorMessage: 'Slow down.',
} as const;

/**
 * Puts a call's records into a stream, except those that a fault rejects.
 *
 * @throws {ServiceError} if the call exceeds a limit; then no record is put
 */
export function putRecordBatch(
  input: Fields,
  put: (record: Buffer) => void,
  isRejected: (place: number) => boolean,
): object {
  const records = (Array.isArray(input.Records) ? input.Records : []).map(dataOf);
  checkRecords(records);
  const RequestResponses = records.map((record, place) => {
    if (isRejected(place)) return THROTTLED;
    put(record);
    return { RecordId: randomUUID() };
  });
  const FailedPutCount = RequestResponses.filter((each) => 'ErrorCode' in each).length;
  return { FailedPutCount, Encrypted: false, RequestResponses };
}

function dataOf(record: unknown): Buffer {
  const { Data: data } = (record ?? {}) as { readonly Data?: unknown };
  if (typeof data === 'string') return Buffer.from(data, 'base64');
  throw new ServiceError('SerializationException', 'Data is not a blob');
}

/**
 * Refuses a call that exceeds the limits, as a whole. ASSUMED: more than 500 records are refused like
 * a record that is too long. The other codes and messages were seen in the field:
 * https://github.com/osquery/osquery/issues/3568
 */
function checkRecords(records: readonly Buffer[]): void {
  if (records.length < 1) throw invalid('records', 'greater than or equal to 1');
  if (records.length > MAX_RECORDS) {
    throw invalid('records', `less than or equal to ${MAX_RECORDS}`);
  }
  const long = records.findIndex(({ length }) => length > MAX_RECORD_BYTES);
  if (long >= 0) {
    throw invalid(`records.${long + 1}.member.data`, `less than or equal to ${MAX_RECORD_BYTES}`);
  }
  const bytes = records.reduce((total, { length }) => total + length, 0);
  if (bytes > MAX_CALL_BYTES) {
    throw new ServiceError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  }
}

function invalid(member: string, constraint: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${constraint}`,
  );
}
