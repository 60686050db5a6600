import type { Buffer } from 'node:buffer';

/** Largest record of Firehose, before base64: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html */
export const MAX_STREAM_RECORD_BYTES = 1000 * 1024;

/** Of all records of a call, as above. */
export const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** Records of a call, as above. */
export const MAX_CALL_RECORDS = 500;

/**
 * Lines of a record: Firehose takes more, and then does not part them, so that none gets to its folder.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
 */
export const MAX_RECORD_LINES = 500;

const NEWLINE = 0x0a;

/** Part of a buffer, from `start` to `end`: whole lines, each with its line break. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Lines, packed into records of a stream. */
export interface PackedLines {
  /** Each as long as it can be; in order. */
  readonly records: readonly LineRange[];
  /** Lines that are too long for a record, in order. */
  readonly oversize: readonly LineRange[];
}

/**
 * Packs lines into as few records as there can be: a stream is charged by the record, each rounded up to
 * 5 KB. Every byte is in exactly one range.
 *
 * @param lines record lines, the last one ending in a line break as all do
 */
export function packLines(lines: Buffer, limit = MAX_STREAM_RECORD_BYTES): PackedLines {
  const records: LineRange[] = [];
  const oversize: LineRange[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = recordEnd(lines, start, limit);
    if (end > start) {
      records.push({ start, end });
      start = end;
    } else {
      const lineEnd = lines.indexOf(NEWLINE, start) + 1;
      oversize.push({ start, end: lineEnd });
      start = lineEnd;
    }
  }
  return { records, oversize };
}

/** Where the last line ends that a record has room for; `start` where not even one fits. */
function recordEnd(lines: Buffer, start: number, limit: number): number {
  let end = start;
  for (let count = 0; count < MAX_RECORD_LINES; count += 1) {
    const lineEnd = lines.indexOf(NEWLINE, end) + 1;
    if (lineEnd === 0 || lineEnd - start > limit) break;
    end = lineEnd;
  }
  return end;
}

/** Divides records into calls, in order: each as large as a call may be. */
export function toCalls<Item extends { readonly bytes: number }>(
  records: readonly Item[],
): Item[][] {
  const calls: Item[][] = [];
  let call: Item[] = [];
  let bytes = 0;
  for (const record of records) {
    if (call.length === MAX_CALL_RECORDS || bytes + record.bytes > MAX_CALL_BYTES) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(record);
    bytes += record.bytes;
  }
  return call.length === 0 ? calls : [...calls, call];
}
