import type { Buffer } from 'node:buffer';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import type { TimeRange } from './list-objects.ts';

/**
 * Decodes a line of an object.
 *
 * @throws {ArchiverError} `NOT_A_RECORD_LINE`, which names the object
 */
export function decodeIn(key: string, line: Buffer): DecodedRecord {
  try {
    return decodeLine(line);
  } catch (error) {
    if (!(error instanceof ArchiverError)) throw error;
    throw new ArchiverError(error.code, `'${key}': ${error.message}`, { cause: error });
  }
}

/** Whether a record's timestamp is in a range. A record without a timestamp is in no range that has a limit. */
export function isInRange(timestamp: number | null, { from, to }: TimeRange): boolean {
  if (from === undefined && to === undefined) return true;
  return timestamp !== null && timestamp >= (from ?? -Infinity) && timestamp < (to ?? Infinity);
}
