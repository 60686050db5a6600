import type { Buffer } from 'node:buffer';
import type { Enrich, MetadataFields } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { RecordLineWriter } from '../record/record-line.ts';
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
  /** Records whose lines are too long for a chunk, each as a run of one record. */
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
  settings: { readonly metadata: MetadataFields },
  enrich: Enrich,
): (batch: Batch) => StreamPlan {
  const spareBuffers: LineBuffer[] = [];
  return ({ source, runs }) => {
    const lines = spareBuffers.pop() ?? new LineBuffer();
    const release = () => void spareBuffers.push(lines);
    try {
      lines.reset();
      const writer = new RecordLineWriter({ source, metadata: settings.metadata, enrich }, lines);
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
        oversize: packed.oversize.map((line) => runOf(line, written, all)),
        bytesIn: lines.decoded,
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  };
}

/** The record that a line was written from, as a run of its own. */
function runOf(line: LineRange, written: readonly RunLines[], all: Buffer): BatchRun {
  const { run, start } = written.find(
    (each) => each.start <= line.start && line.start < each.end,
  ) as RunLines;
  let index = 0;
  for (let at = start; at < line.start; at = all.indexOf('\n', at) + 1) index += 1;
  const record = run.records[index] as KafkaEventRecord;
  return { ...run, first: record.offset, last: record.offset, records: [record] };
}
