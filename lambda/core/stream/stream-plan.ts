import type { Buffer } from 'node:buffer';
import type { Enrich, MetadataFields } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { RecordLineWriter } from '../record/record-line.ts';
import { type LineRange, packLines } from './stream-records.ts';

/** A record of a stream: whole lines, of one batch run or of several. */
export interface StreamRecord {
  /** A part of the planner's memory, good until the plan is released. */
  readonly data: Buffer;
  readonly bytes: number;
  /** Runs that it has lines of. */
  readonly runs: readonly BatchRun[];
}

/** What a batch becomes on its way through a stream. */
export interface StreamPlan {
  /** In the batch's order. */
  readonly records: readonly StreamRecord[];
  /** Records whose lines are too long for the stream, each as a run of its own. */
  readonly oversize: readonly BatchRun[];
  /** Bytes of keys, values and header values, as Kafka held them. */
  readonly bytesIn: number;
  /** Gives the memory of the records back. */
  release(): void;
}

/** A run with where its lines lie. */
interface RunLines extends LineRange {
  readonly run: BatchRun;
}

/**
 * Makes the function that turns a batch into records of a stream: the very lines that objects have, packed.
 * It throws an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`; then nothing of the batch is to be sent.
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
        records: packed.records.map(({ start, end }) => ({
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

/** The run of the one record that a line is of. */
function runOf(line: LineRange, written: readonly RunLines[], all: Buffer): BatchRun {
  const { run, start } = written.find(
    (each) => each.start <= line.start && line.start < each.end,
  ) as RunLines;
  let index = 0;
  for (let at = start; at < line.start; at = all.indexOf('\n', at) + 1) index += 1;
  const record = run.records[index] as KafkaEventRecord;
  return { ...run, first: record.offset, last: record.offset, records: [record] };
}
