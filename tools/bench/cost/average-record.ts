import { Buffer } from 'node:buffer';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../lambda/core/record/record-line.ts';
import { fullEvent, valueSizes } from '../events.ts';

/** The average record of the bench's orders of 1 KB. */
export interface AverageRecord {
  readonly valueBytes: number;
  /** Bytes of its record line. */
  readonly lineBytes: number;
  /** How many of them fill the payload of one invocation. */
  readonly recordsThatFit: number;
}

/** Takes a full event apart. */
export function averageRecord(): AverageRecord {
  const { runs, source } = parseBatch(JSON.parse(fullEvent({ valueBytes: valueSizes['1 KB'] })));
  const lines = new LineBuffer();
  const metadata = { env: 'prod' };
  const writer = new RecordLineWriter({ source, metadata, enrich: noEnrichment }, lines);
  let [records, valueBytes] = [0, 0];
  for (const run of runs) {
    writer.write(run, run.records);
    records += run.records.length;
    for (const { value } of run.records) valueBytes += Buffer.byteLength(value ?? '', 'base64');
  }
  return {
    valueBytes: Math.round(valueBytes / records),
    lineBytes: Math.round(lines.length / records),
    recordsThatFit: records,
  };
}
