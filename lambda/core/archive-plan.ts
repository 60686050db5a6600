import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import { FORMAT_VERSION, objectMetadataNames as names, type TimeFolder } from '../contract.ts';
import { type CompressionSettings, compress, contentTypes } from './compression.ts';
import type { Enrich, MetadataFields } from './enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from './kafka-event.ts';
import { folderOf, isFolderTimestamp, objectKey, periodOf } from './object-key.ts';
import { RecordLineWriter } from './record-line.ts';

/** Threads of Node's pool; each compression beyond would only hold a quarter of a megabyte. */
const COMPRESSIONS_AT_ONCE = 4;

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
  /** Records whose timestamp names no folder. */
  readonly invalidTimestamps: number;
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

/**
 * Turns a batch into the objects to store: one for each batch run, or one for each folder that the
 * run's records fall into. Pure: no clock, no ids, no I/O.
 *
 * @throws {ArchiverError} `INVALID_EVENT` or `ENRICH_FAILED`; then no object of the batch is to be stored
 */
export async function planArchive(
  batch: Batch,
  settings: PlanSettings,
  enrich: Enrich,
): Promise<ArchivePlan> {
  const { source, runs } = batch;
  const writer = new RecordLineWriter(
    { source, metadata: settings.metadata, enrich },
    estimateBytes(runs),
  );
  const written = runs.flatMap((run) => writeRun(run, settings.timeFolder, writer));
  const limit = pLimit(COMPRESSIONS_AT_ONCE);
  return {
    objects: await Promise.all(
      written.map((object) =>
        limit(() => toObject(object, writer.lines.slice(object.start, object.end), settings)),
      ),
    ),
    bytesIn: writer.lines.decoded,
    invalidTimestamps: countInvalidTimestamps(runs),
  };
}

/** Writes a run's lines, folder by folder. */
function writeRun(run: BatchRun, timeFolder: TimeFolder, writer: RecordLineWriter): ObjectLines[] {
  const groups = Map.groupBy(run.records, ({ timestamp }) => periodOf(timestamp, timeFolder));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([period, records], index) => {
      const start = writer.lines.length;
      writer.write(run, records);
      const end = writer.lines.length;
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
  const sha256 = hash('sha256', lines, 'hex');
  const [first, last] = [records[0]?.offset ?? run.first, records.at(-1)?.offset ?? run.last];
  return {
    key: objectKey({
      prefix: settings.objectPrefix,
      compression: settings.compression,
      ...{ topic, partition, folder, place, count, first: run.first, last: run.last },
    }),
    body: await compress(lines, settings),
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

function timestampRange(records: readonly KafkaEventRecord[]): Record<string, string> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of records) {
    if (timestamp == null) continue;
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
  }
  if (first > last) return {};
  return { [names.firstTimestamp]: String(first), [names.lastTimestamp]: String(last) };
}

function countInvalidTimestamps(runs: readonly BatchRun[]): number {
  let count = 0;
  for (const { records } of runs) {
    for (const { timestamp } of records) if (!isFolderTimestamp(timestamp)) count++;
  }
  return count;
}

/** About what the lines will take: values and keys shrink by a quarter when decoded, a line adds. */
function estimateBytes(runs: readonly BatchRun[]): number {
  let bytes = 0;
  for (const { records } of runs) {
    for (const { key, value, headers } of records) {
      bytes += 512 + (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0) * 128;
    }
  }
  return bytes;
}
