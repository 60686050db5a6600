import type { Buffer } from 'node:buffer';
import type { Enrich } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { type RecordLineSettings, RecordLineWriter } from '../record/record-line.ts';
import { partOf } from '../record/run-part.ts';
import { type LineRange, packLines } from './chunks.ts';

/** What Firehose calls a record: whole lines of one or several batch runs. */
export interface Chunk {
  /** A view of the planner's memory, valid until the plan is released. */
  readonly data: Buffer;
  readonly bytes: number;
  /** The runs that it has lines of. */
  readonly runs: readonly BatchRun[];
}

/** The chunks of one batch. */
export interface StreamPlan {
  /** In the batch's order. */
  readonly chunks: readonly Chunk[];
  /** The runs with records whose lines are too long for a chunk, each with those records only. */
  readonly oversize: readonly BatchRun[];
  /** Bytes of keys, values and header values, as Kafka held them. */
  readonly bytesIn: number;
  /** Returns the chunks' memory to the planner. */
  release(): void;
}

/** A run and the position of its lines. */
interface RunLines extends LineRange {
  readonly run: BatchRun;
}

/**
 * Creates the function that packs the lines of a batch into chunks: the same lines that objects hold. It
 * throws an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`; then no part of the batch may be sent.
 */
export function createStreamPlanner(
  settings: Omit<RecordLineSettings, 'source' | 'enrich'>,
  enrich: Enrich,
): (batch: Batch) => StreamPlan {
  const spareBuffers: LineBuffer[] = [];
  return ({ source, runs }) => {
    const lines = spareBuffers.pop() ?? new LineBuffer();
    const release = () => void spareBuffers.push(lines);
    try {
      lines.reset();
      const writer = new RecordLineWriter({ ...settings, source, enrich }, lines);
      const written = runs.map((run) => {
        const start = lines.length;
        writer.write(run, run.records);
        return { run, start, end: lines.length };
      });
      const all = lines.slice(0, lines.length);
      const packed = packLines(all);
      return {
        chunks: packed.chunks.map(({ start, end }) => ({
          data: all.subarray(start, end),
          bytes: end - start,
          runs: written
            .filter((each) => each.start < end && each.end > start)
            .map(({ run }) => run),
        })),
        oversize: oversizeRuns(packed.oversize, written, all),
        bytesIn: lines.decoded,
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  };
}

/** The records that lines were written from, by run. */
function oversizeRuns(
  oversize: readonly LineRange[],
  written: readonly RunLines[],
  all: Buffer,
): BatchRun[] {
  const byRun = Map.groupBy(
    oversize,
    (line) => written.find((each) => each.start <= line.start && line.start < each.end) as RunLines,
  );
  return [...byRun].map(([{ run, start }, lines]) => {
    const records = lines.map(
      (line) => run.records[linesBefore(line, start, all)] as KafkaEventRecord,
    );
    const { first, last } = partOf(run, records);
    return { ...run, first, last, records };
  });
}

/** How many lines precede one, from the place where its run starts. */
function linesBefore(line: LineRange, start: number, all: Buffer): number {
  let count = 0;
  for (let at = start; at < line.start; at = all.indexOf('\n', at) + 1) count += 1;
  return count;
}
