import type { Buffer } from 'node:buffer';
import { FirehoseError } from './errors.ts';

/** Records of a call: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html */
export const MOST_RECORDS = 500;
/** Bytes of all records of a call, before base64: as above, "4 MB". ASSUMED to be MiB. */
export const MOST_CALL_BYTES = 4 * 1024 * 1024;
/** Bytes of a record, before base64: https://docs.aws.amazon.com/firehose/latest/APIReference/API_Record.html */
export const MOST_RECORD_BYTES = 1_024_000;

/**
 * Refuses a call whose records are beyond the limits, as a whole. ASSUMED: the error of more than 500 records is
 * that of a record too long. The codes and words of the others have been seen in the field:
 * https://github.com/osquery/osquery/issues/3568
 *
 * @throws {FirehoseError} `ValidationException`, or `InvalidArgumentException` for the size of the call
 */
export function checkRecords(records: readonly Buffer[]): void {
  if (records.length < 1) throw invalid('records', 'greater than or equal to 1');
  if (records.length > MOST_RECORDS) {
    throw invalid('records', `less than or equal to ${MOST_RECORDS}`);
  }
  const long = records.findIndex(({ length }) => length > MOST_RECORD_BYTES);
  if (long >= 0) {
    throw invalid(`records.${long + 1}.member.data`, `less than or equal to ${MOST_RECORD_BYTES}`);
  }
  const bytes = records.reduce((total, { length }) => total + length, 0);
  if (bytes > MOST_CALL_BYTES) {
    throw new FirehoseError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  }
}

function invalid(member: string, constraint: string): FirehoseError {
  return new FirehoseError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${constraint}`,
  );
}
