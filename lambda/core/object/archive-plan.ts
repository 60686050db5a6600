import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import { FORMAT_VERSION, objectMetadataNames as names, type TimeFolder } from '../../contract.ts';
import type { Enrich, MetadataFields } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { RecordLineWriter } from '../record/record-line.ts';
import { type CompressionSettings, compress, contentTypes } from './compression.ts';
import { folderOf, objectKey, periodOf } from './object-key.ts';

/** One for each core there can be at usual memory sizes; each more would only hold its own memory. */
const COMPRESSIONS_AT_ONCE = 2;

/** The settings that decide what objects a batch becomes: same batch, same settings, same objects. */
export interface PlanSettings extends CompressionSettings {
  /** Put in front of every key: empty, or ending in `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  /** Static fields for every record line's `metadata`. */
  readonly metadata: MetadataFields;
}

/** One object to store. */
export interface ArchiveObject {
  readonly key: string;
  /** Compressed as the settings say. */
  readonly body: Buffer;
  readonly contentType: string;
  /** By the names of `objectMetadataNames`, less those that say who stored it and when. */
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 of the uncompressed body, hexadecimal: what tells two bodies of one key apart. */
  readonly sha256: string;
  readonly run: BatchRun;
  /** Offsets of the object's own first and last record. */
  readonly first: number;
  readonly last: number;
  readonly records: number;
}

/** What a batch becomes. */
export interface ArchivePlan {
  /** In the batch's order of runs, and each run's in order of folder. */
  readonly objects: readonly ArchiveObject[];
  /** Bytes of keys, values and header values, as Kafka held them. */
  readonly bytesIn: number;
}

/** A run's records that share a folder, with where their lines lie. */
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
 * Makes the function that turns a batch into the objects to store: one for each batch run, or one for
 * each folder that the run's records fall into. No clock, no ids, no I/O: the same batch gives the same
 * objects. Any number of batches may be planned at a time.
 *
 * The planner rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`; then no object of the
 * batch is to be stored.
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
        // Lines are written while those before are compressed in the thread pool, which takes the next ones
        // only when this waits.
        await objects.at(-1 - COMPRESSIONS_AT_ONCE);
      }
      return { objects: await Promise.all(objects), bytesIn: lines.decoded };
    } finally {
      // Also after an error: what is being compressed is read, and must not fail unheard.
      await Promise.allSettled(objects);
      spareBuffers.push(lines);
    }
  };
}

/** Writes a run's lines, folder by folder. */
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
  // First, since it goes on in the thread pool.
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
    if (timestamp == null) continue;
    if (timestamp < first) first = timestamp;
    if (timestamp > last) last = timestamp;
  }
  if (first > last) return {};
  return {
    [names.firstTimestamp]: String(first),
    [names.lastTimestamp]: String(last),
  };
}
