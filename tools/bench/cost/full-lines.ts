import { Buffer } from 'node:buffer';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../lambda/core/record/record-line.ts';
import { type DataSet, fullEvent, valueSizes } from '../events.ts';

/** The lines of a full event with values of 1 KB. */
export interface FullLines {
  readonly lines: Buffer;
  readonly records: number;
  /** Bytes of all values. */
  readonly valueBytes: number;
}

/** Writes the lines of a full event, run after run, as one object has them. */
export function fullLines(data: DataSet): FullLines {
  const event = fullEvent({ valueBytes: valueSizes['1 KB'], data });
  const { runs, source } = parseBatch(JSON.parse(event));
  const buffer = new LineBuffer();
  const metadata = { env: 'prod' };
  const writer = new RecordLineWriter({ source, metadata, enrich: noEnrichment }, buffer);
  for (const run of runs) writer.write(run, run.records);
  const records = runs.flatMap((run) => run.records);
  return {
    lines: buffer.slice(0, buffer.length),
    records: records.length,
    valueBytes: records.reduce(
      (sum, { value }) => sum + Buffer.byteLength(value ?? '', 'base64'),
      0,
    ),
  };
}
