import { Buffer } from 'node:buffer';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../lambda/core/record/record-line.ts';
import { fullEvent, valueSizes } from '../events.ts';

/** Bytes of a record of the bench's orders with values of 1 KB, on average. */
export interface AverageRecord {
  readonly valueBytes: number;
  /** In an event. */
  readonly eventBytes: number;
  /** As a line. */
  readonly lineBytes: number;
  /** Records of a full event. */
  readonly recordsThatFit: number;
}

/** Takes a full event to pieces. */
export function averageRecord(): AverageRecord {
  const text = fullEvent(valueSizes['1 KB']);
  const { runs, source } = parseBatch(JSON.parse(text));
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
    valueBytes: valueBytes / records,
    eventBytes: Buffer.byteLength(text) / records,
    lineBytes: lines.length / records,
    recordsThatFit: records,
  };
}
