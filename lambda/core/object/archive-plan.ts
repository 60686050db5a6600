import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import { FORMAT_VERSION, objectMetadataNames as names, type TimeFolder } from '../../contract.ts';
import type { Enrich, MetadataFields } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { RecordLineWriter } from '../record/record-line.ts';
import { timestampText } from '../record/timestamp.ts';
import { type CompressionSettings, compress, contentTypes } from './compression.ts';
import { folderOf, objectKey, periodOf } from './object-key.ts';

/** One for each core that usual memory sizes provide; more would only hold more memory. */
const COMPRESSIONS_AT_ONCE = 2;

/** The settings that determine the objects of a batch: same batch, same settings, same objects. */
export interface PlanSettings extends CompressionSettings {
  /** What every key begins with: empty, or a path that ends in `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  /** Static fields of every record line's `metadata`. */
  readonly metadata: MetadataFields;
}

/** One object to store. */
export interface ArchiveObject {
  readonly key: string;
  /** Compressed according to the settings. */
  readonly body: Buffer;
  readonly contentType: string;
  /** By the names of `objectMetadataNames`, except those about the invocation that stores the object. */
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 of the uncompressed body, hexadecimal: it tells two bodies for the same key apart. */
  readonly sha256: string;
  readonly run: BatchRun;
  /** Offsets of the object's first and last record. */
  readonly first: number;
  readonly last: number;
  readonly records: number;
}

/** The objects of one batch. */
export interface ArchivePlan {
  /** In the order of the batch's runs, and within a run in the order of folders. */
  readonly objects: readonly ArchiveObject[];
  /** Bytes of keys, values and header values, as stored in Kafka. */
  readonly bytesIn: number;
}

/** The records of a run that share a folder, and the position of their lines. */
interface ObjectLines {
  readonly run: BatchRun;
  readonly records: readonly KafkaEventRecord[];
  readonly folder: string;
  readonly place: number;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** Turns a batch into the objects to store; see {@link createPlanner}. */
export type Planner = (batch: Batch) => Promise<ArchivePlan>;

/**
 * Creates the function that turns a batch into the objects to store: one for each batch run and folder that
 * the run's records fall into. It uses no clock, ids or I/O: the same batch gives the same objects. Any number
 * of batches may be planned concurrently.
 *
 * The planner rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`; then no object of the
 * batch may be stored.
 */
export function createPlanner(settings: PlanSettings, enrich: Enrich): Planner {
  const spareBuffers: LineBuffer[] = [];
  return async ({ source, runs }) => {
    const lines = spareBuffers.pop() ?? new LineBuffer();
    const limit = pLimit(COMPRESSIONS_AT_ONCE);
    const objects: Promise<ArchiveObject>[] = [];
    try {
      lines.reset();
      const writer = new RecordLineWriter({ source, metadata: settings.metadata, enrich }, lines);
      for (const run of runs) {
        for (const object of writeRun(run, settings.timeFolder, { lines, writer })) {
          const body = lines.slice(object.start, object.end);
          objects.push(limit(() => toObject(object, body, settings)));
        }
        // The thread pool compresses earlier lines while the next are written, but picks up new work only when
        // this awaits.
        await objects.at(-1 - COMPRESSIONS_AT_ONCE);
      }
      return { objects: await Promise.all(objects), bytesIn: lines.decoded };
    } finally {
      // Wait for all compressions to settle: they still read the buffer, and a sibling's rejection must not go
      // unhandled.
      await Promise.allSettled(objects);
      spareBuffers.push(lines);
    }
  };
}

/** Writes the lines of a run, folder by folder. */
function writeRun(
  run: BatchRun,
  timeFolder: TimeFolder,
  { lines, writer }: { readonly lines: LineBuffer; readonly writer: RecordLineWriter },
): ObjectLines[] {
  const groups = Map.groupBy(run.records, ({ timestamp }) => periodOf(timestamp, timeFolder));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([period, records], index) => {
      const start = lines.length;
      writer.write(run, records);
      const end = lines.length;
      const folder = folderOf(period, timeFolder);
      return { run, records, folder, place: index + 1, count: groups.size, start, end };
    });
}

async function toObject(
  { run, records, folder, place, count }: ObjectLines,
  lines: Buffer,
  settings: PlanSettings,
): Promise<ArchiveObject> {
  const { topic, partition } = run;
  // Started first: it continues in the thread pool while this hashes.
  const compressed = compress(lines, settings);
  const sha256 = hash('sha256', lines, 'hex');
  const { offset: first } = records[0] as KafkaEventRecord;
  const { offset: last } = records.at(-1) as KafkaEventRecord;
  return {
    key: objectKey({
      prefix: settings.objectPrefix,
      compression: settings.compression,
      ...{ topic, partition, folder, place, count, first: run.first, last: run.last },
    }),
    body: await compressed,
    contentType: contentTypes[settings.compression],
    metadata: {
      [names.formatVersion]: FORMAT_VERSION,
      [names.topic]: topic,
      [names.partition]: String(partition),
      [names.firstOffset]: String(first),
      [names.lastOffset]: String(last),
      [names.runFirstOffset]: String(run.first),
      [names.runLastOffset]: String(run.last),
      [names.recordCount]: String(records.length),
      [names.uncompressedBytes]: String(lines.length),
      ...timestampRange(records),
      [names.sha256]: sha256,
    },
    sha256,
    run,
    first,
    last,
    records: records.length,
  };
}

/** The metadata that names the earliest and latest timestamp; none if no record has a timestamp. */
function timestampRange(records: readonly KafkaEventRecord[]): Readonly<Record<string, string>> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of records) {
    if (typeof timestamp !== 'number') continue;
    if (timestamp < first) first = timestamp;
    if (timestamp > last) last = timestamp;
  }
  if (first > last) return {};
  return {
    [names.firstTimestamp]: timestampText(first),
    [names.lastTimestamp]: timestampText(last),
  };
}
