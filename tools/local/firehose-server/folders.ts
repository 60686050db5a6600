import { Buffer } from 'node:buffer';

/**
 * Maximum number of pieces that de-aggregation makes of a record:
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
 */
export const MAX_PIECES = 500;

/** The service's error codes for lines without a folder. */
export type FolderErrorCode =
  | 'DynamicPartitioning.MetadataExtractionFailed'
  | 'DynamicPartitioning.ActivePartitionLimitExceeded';

const NEWLINE = 0x0a;
/** Years 2000 to 9999, as in the stream's queries. */
const EARLIEST = Date.UTC(2000, 0, 1);
const END = Date.UTC(10_000, 0, 1);

/**
 * De-aggregates a record into its lines, without line breaks. A record with more than
 * {@link MAX_PIECES} lines stays whole, which is documented for the input of a transformation:
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 *
 * ASSUMED: there is no piece after the last line break.
 */
export function deAggregate(record: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < record.length; ) {
    const found = record.indexOf(NEWLINE, start);
    const end = found < 0 ? record.length : found;
    if (pieces.length === MAX_PIECES) return [record];
    pieces.push(record.subarray(start, end));
    start = end + 1;
  }
  return pieces;
}

/** Counts lines; the last one need not end with a line break. */
export function linesOf(data: Buffer): number {
  let lines = 0;
  for (let at = 0; at < data.length; lines += 1) {
    const found = data.indexOf(NEWLINE, at);
    at = found < 0 ? data.length : found + 1;
  }
  return lines;
}

/** Appends a line break, as the stream does for each piece. */
export function withDelimiter(piece: Buffer): Buffer {
  return Buffer.concat([piece, Buffer.of(NEWLINE)]);
}

/**
 * The partition keys of a record line, as the stream's queries extract them: its topic, and the day and hour
 * (UTC) of the record's timestamp. Undefined unless the line is one JSON text with a topic.
 *
 * ASSUMED: extraction fails for a piece with several JSON texts.
 */
export function partitionKeysOf(line: Buffer): Readonly<Record<string, string>> | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  const { timestamp, topic } = (fields ?? {}) as { timestamp?: unknown; topic?: unknown };
  if (typeof topic !== 'string' || topic === '') return undefined;
  const isValid = typeof timestamp === 'number' && timestamp >= EARLIEST && timestamp < END;
  const iso = isValid ? new Date(timestamp).toISOString() : undefined;
  return { topic, dt: iso?.slice(0, 10) ?? '1970-01-01', hour: iso?.slice(11, 13) ?? '00' };
}
