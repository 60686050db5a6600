import type { Buffer } from 'node:buffer';

/** Bytes of a Firehose record, before base64: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html */
export const MAX_CHUNK_BYTES = 1000 * 1024;

/** Bytes of all chunks in one call, from the same page. */
export const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** Chunks in one call, from the same page. */
export const MAX_CALL_CHUNKS = 500;

/**
 * Lines in one chunk. Firehose accepts a record with more lines but does not deaggregate it, so none of its
 * lines would reach their folder.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
 */
export const MAX_CHUNK_LINES = 500;

const NEWLINE = 0x0a;

/** Whole lines of a buffer, from `start` up to `end`, each with its line break. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Lines packed into chunks. */
export interface PackedLines {
  /** In order, each as long as the limits allow. */
  readonly chunks: readonly LineRange[];
  /** Lines that are too long for a chunk, in order. */
  readonly oversize: readonly LineRange[];
}

/**
 * Packs lines into as few chunks as possible: Firehose bills each chunk rounded up to 5 KB. Every byte is
 * in exactly one range.
 *
 * @param lines record lines; each ends with a line break, the last one too
 */
export function packLines(lines: Buffer, limit = MAX_CHUNK_BYTES): PackedLines {
  const chunks: LineRange[] = [];
  const oversize: LineRange[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = chunkEnd(lines, start, limit);
    if (end > start) {
      chunks.push({ start, end });
      start = end;
    } else {
      const lineEnd = lines.indexOf(NEWLINE, start) + 1;
      oversize.push({ start, end: lineEnd });
      start = lineEnd;
    }
  }
  return { chunks, oversize };
}

/** The end of the last line that fits into a chunk; `start` if not even one does. */
function chunkEnd(lines: Buffer, start: number, limit: number): number {
  let end = start;
  for (let count = 0; count < MAX_CHUNK_LINES; count += 1) {
    const lineEnd = lines.indexOf(NEWLINE, end) + 1;
    if (lineEnd === 0 || lineEnd - start > limit) break;
    end = lineEnd;
  }
  return end;
}

/** Divides chunks into calls, in order, each as large as a call may be. */
export function toCalls<Item extends { readonly bytes: number }>(
  chunks: readonly Item[],
): Item[][] {
  const calls: Item[][] = [];
  let call: Item[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    if (call.length === MAX_CALL_CHUNKS || bytes + chunk.bytes > MAX_CALL_BYTES) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(chunk);
    bytes += chunk.bytes;
  }
  return call.length === 0 ? calls : [...calls, call];
}
