import { Buffer } from 'node:buffer';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { isSameRecord } from '../../lambda/core/record/record-identity.ts';
import { blocksOf, linesOf } from '../../lambda/io/object-body.ts';
import { decodeIn, isInRange } from '../archive/decode-in.ts';
import { inOrder } from '../archive/in-order.ts';
import type { TimeRange } from '../archive/list-objects.ts';

/** Which records of a partition to read. */
export interface PartitionSelection {
  readonly topic: string;
  readonly partition: number;
  /** Inclusive, like `lastOffset`. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Of the record's timestamp. */
  readonly range: TimeRange;
}

/** An object with records of the partition. */
export interface MergeSource {
  readonly key: string;
  readonly format: number;
  /** Of the partition's run. */
  readonly first: number;
  readonly last: number;
}

/** A line and where it is. */
export interface MergedLine {
  readonly key: string;
  /** Without its line feed. */
  readonly bytes: Buffer;
}

/** What {@link mergePartition} leaves out or finds. */
export interface MergeCounts {
  duplicates: number;
  /** Offsets with more than one record. */
  conflicts: number;
}

interface OffsetLine extends MergedLine {
  readonly offset: number;
  readonly format: number;
}

/** The lines of an object that are not yet taken, the next one last. */
interface Loaded {
  readonly lines: OffsetLine[];
  readonly bytes: number;
}

/** Objects that are read before their turn. */
const AHEAD = { sources: 4, items: 1 };

/** Lines of objects that overlap are in memory at the same time. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Yields the lines of a partition in the order of their offsets, each record once: of duplicates, the one of the newest
 * format. Only objects whose ranges overlap, and the next few, are in memory.
 *
 * @param all whether to yield duplicates too
 * @throws {ArchiverError} `LOAD_FAILED`, also if overlapping objects have more than 512 MiB; `NOT_A_RECORD_LINE`
 */
export async function* mergePartition(
  source: ArchiveSource,
  {
    objects,
    selection,
  }: { readonly objects: readonly MergeSource[]; readonly selection: PartitionSelection },
  { all, counts }: { readonly all: boolean; readonly counts: MergeCounts },
): AsyncGenerator<MergedLine> {
  const sorted = objects.toSorted((a, b) => a.first - b.first || a.last - b.last);
  const loads = sorted.map((object) => () => load(source, object, selection));
  const loading = inOrder<Loaded>(loads, AHEAD);
  const open: Loaded[] = [];
  for (let next = 0; ; ) {
    const at = Math.min(...open.map(({ lines }) => lines.at(-1)?.offset ?? Infinity));
    const waiting = sorted[next];
    if (waiting !== undefined && waiting.first <= at) {
      next += 1;
      const { value } = await loading.next();
      if (value !== undefined && value.lines.length > 0) open.push(value);
      checkSize(open, selection);
      continue;
    }
    if (at === Infinity) return;
    yield* distinct(takeAt(open, at), { all, counts });
  }
}

/** Takes the lines at an offset, those of the newest format first, and drops objects without further lines. */
function takeAt(open: Loaded[], offset: number): OffsetLine[] {
  const taken: OffsetLine[] = [];
  for (const { lines } of open) {
    while (lines.at(-1)?.offset === offset) taken.push(lines.pop() as OffsetLine);
  }
  open.splice(0, open.length, ...open.filter(({ lines }) => lines.length > 0));
  return taken.sort((a, b) => b.format - a.format);
}

function* distinct(
  lines: readonly OffsetLine[],
  { all, counts }: { readonly all: boolean; readonly counts: MergeCounts },
): Generator<MergedLine> {
  const kept: OffsetLine[] = [];
  for (const line of lines) {
    const isDuplicate = kept.some((each) => isSameLine(each, line));
    if (!isDuplicate) kept.push(line);
    else if (!all) {
      counts.duplicates += 1;
      continue;
    }
    yield line;
  }
  if (kept.length > 1) counts.conflicts += 1;
}

function isSameLine(a: MergedLine, b: MergedLine): boolean {
  return (
    a.bytes.equals(b.bytes) || isSameRecord(decodeIn(a.key, a.bytes), decodeIn(b.key, b.bytes))
  );
}

function checkSize(open: readonly Loaded[], { partition, topic }: PartitionSelection): void {
  if (open.reduce((sum, { bytes }) => sum + bytes, 0) <= MOST_BYTES) return;
  const problem = `overlapping objects of ${topic}-${partition} have more than 512 MiB of lines`;
  throw new ArchiverError('LOAD_FAILED', `${problem}: pass their keys instead`);
}

async function* load(
  source: ArchiveSource,
  { format, key }: MergeSource,
  selection: PartitionSelection,
): AsyncGenerator<Loaded> {
  const { firstOffset, lastOffset, partition, range, topic } = selection;
  const ofTopic = Buffer.from(`{"topic":"${topic}","partition":`);
  const ofPartition = Buffer.from(`{"topic":"${topic}","partition":${partition},"offset":`);
  const isLimited = range.from !== undefined || range.to !== undefined;
  const lines: OffsetLine[] = [];
  let bytes = 0;
  for await (const block of blocksOf(key, await source.read(key))) {
    for (const line of linesOf(block)) {
      if (!beginsWith(line, ofPartition)) {
        // Says what is wrong with a line of another topic, or of no record.
        if (!beginsWith(line, ofTopic)) checkTopic(key, line, topic);
        continue;
      }
      const offset = Number.parseInt(
        line.toString('latin1', ofPartition.length, ofPartition.length + 16),
        10,
      );
      if (!(offset >= firstOffset && offset <= lastOffset)) continue;
      if (isLimited && !isInRange(decodeIn(key, line).timestamp, range)) continue;
      // A copy, because the block has lines of other partitions too.
      lines.push({ key, format, offset, bytes: Buffer.from(line) });
      bytes += line.length;
    }
  }
  yield { lines: lines.sort((a, b) => b.offset - a.offset), bytes };
}

function beginsWith(line: Buffer, start: Buffer): boolean {
  return line.length >= start.length && line.compare(start, 0, start.length, 0, start.length) === 0;
}

function checkTopic(key: string, line: Buffer, topic: string): void {
  if (decodeIn(key, line).topic === topic) return;
  throw new ArchiverError('NOT_A_RECORD_LINE', `'${key}': a line is of another topic`);
}
