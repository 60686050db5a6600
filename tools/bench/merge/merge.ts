import type { Buffer } from 'node:buffer';
import { holdSameRecord, type Line, splitBody } from './line.ts';
import { ReadingOrder, type Source } from './reading-order.ts';

/** Where merged lines go. */
export interface MergeTarget {
  /** Writes lines of a partition as one row group: in the order of offsets, and above all earlier ones of it. */
  writeGroup(partition: number, lines: readonly Line[]): void;
}

/** How a merge reads, and how much it holds. */
export interface MergeOptions {
  readonly topic: string;
  /** Returns the uncompressed body of an object. */
  readonly read: (source: Source) => Buffer;
  /** Bytes of lines that may wait for their row groups, those of all partitions together. */
  readonly bufferBytes: number;
}

/** What a merge found. */
export interface MergeCounts {
  readonly lines: number;
  readonly lineBytes: number;
  /** Lines left out because another has the same record. */
  readonly duplicates: number;
  /** Lines with the offset of another record, which stay. */
  readonly conflicts: number;
  /** The most bytes that waited for their row groups. */
  readonly mostBuffered: number;
}

/** The lines of a partition on their way. */
interface Waiting {
  /** Above the partition's frontier: an object still to be read may have lines between them. */
  pending: Line[];
  /** Merged: the next row group. */
  group: Line[];
  groupBytes: number;
}

/**
 * Merges the objects of an hour in one pass: each is read once, and its lines go to the row group of their partition.
 * When all row groups together hold more than the buffer, the largest is written. Memory is thus that of the buffer and
 * of one object, whatever the number of objects and partitions.
 */
export function mergeObjects(
  sources: readonly Source[],
  target: MergeTarget,
  { topic, read, bufferBytes }: MergeOptions,
): MergeCounts {
  const order = new ReadingOrder(sources);
  const partitions = new Map<number, Waiting>();
  const counts = { lines: 0, lineBytes: 0, duplicates: 0, conflicts: 0, mostBuffered: 0 };
  let buffered = 0;

  const flush = (partition: number, waiting: Waiting) => {
    target.writeGroup(partition, waiting.group);
    buffered -= waiting.groupBytes;
    waiting.group = [];
    waiting.groupBytes = 0;
  };

  for (let source = order.next(); source !== undefined; source = order.next()) {
    const body = read(source);
    counts.lineBytes += body.length;
    const runs = splitBody(body, topic);
    for (const { partition } of source.runs) {
      const waiting = partitions.get(partition) ?? { pending: [], group: [], groupBytes: 0 };
      partitions.set(partition, waiting);
      const lines = runs.get(partition) ?? [];
      counts.lines += lines.length;
      const merged = mergeSorted(waiting.pending, lines);
      const frontier = order.frontier(partition);
      const settled = merged.findLastIndex(({ offset }) => offset < frontier) + 1;
      waiting.pending = merged.slice(settled);
      const bytesBefore = waiting.groupBytes;
      appendDistinct(waiting, merged.slice(0, settled), counts);
      buffered += waiting.groupBytes - bytesBefore;
    }
    counts.mostBuffered = Math.max(counts.mostBuffered, buffered);
    while (buffered > bufferBytes) {
      const [partition, largest] = [...partitions].reduce((a, b) =>
        b[1].groupBytes > a[1].groupBytes ? b : a,
      );
      flush(partition, largest);
    }
  }
  for (const [partition, waiting] of partitions) {
    if (waiting.group.length > 0) flush(partition, waiting);
  }
  return counts;
}

/** Merges two lists in the order of offsets; at equal offsets those of the first list come first. */
function mergeSorted(a: Line[], b: Line[]): Line[] {
  if (a.length === 0) return b;
  return [...a, ...b].sort((left, right) => left.offset - right.offset);
}

/** Appends lines to a partition's row group, without those that repeat a record. */
function appendDistinct(
  waiting: Waiting,
  lines: readonly Line[],
  counts: { duplicates: number; conflicts: number },
): void {
  // The distinct records of one offset. All lines of an offset are settled at once.
  let sameOffset: Line[] = [];
  for (const line of lines) {
    if (sameOffset[0]?.offset !== line.offset) sameOffset = [];
    else if (sameOffset.some((other) => holdSameRecord(other, line))) {
      counts.duplicates += 1;
      continue;
    } else counts.conflicts += 1;
    sameOffset.push(line);
    waiting.group.push(line);
    waiting.groupBytes += line.end - line.start;
  }
}
