import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import {
  FORMAT_VERSION,
  objectMetadataNames as names,
  type ObjectForm,
  type TimeFolder,
} from '../../contract.ts';
import type { Enrich } from '../record/enrichment.ts';
import type { Batch, BatchRun, KafkaEventRecord } from '../record/kafka-event.ts';
import { LineBuffer } from '../record/line-buffer.ts';
import { type RecordLineSettings, RecordLineWriter } from '../record/record-line.ts';
import { partOf, type RunPart } from '../record/run-part.ts';
import { timestampText } from '../record/timestamp.ts';
import { type CompressionSettings, compress, contentTypes } from './compression.ts';
import { folderOf, groupRuns, type NamedRun, objectKey, periodOf } from './object-key.ts';

/** One for each core that usual memory sizes provide; more would only hold more memory. */
const COMPRESSIONS_AT_ONCE = 2;

/**
 * The settings of a plan. All but `compressOn` determine the objects of a batch: same batch, same settings, same
 * objects.
 */
export interface PlanSettings
  extends CompressionSettings,
    Omit<RecordLineSettings, 'source' | 'enrich'> {
  /** What every key begins with: empty, or a path that ends in `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  /** Whether the runs of a batch share objects. */
  readonly objectOf: ObjectForm;
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
  /** What it holds of each run that has records in it, in the order of partitions. */
  readonly runs: readonly RunPart[];
  /** All of the runs that its key names, which all objects of its group share: together they make the same keys. */
  readonly group: readonly RunPart[];
  readonly records: number;
}

/** The objects of one batch. */
export interface ArchivePlan {
  /** Group by group, in the order of partitions, and within a group in the order of folders. */
  readonly objects: readonly ArchiveObject[];
  /** Bytes of keys, values and header values, as stored in Kafka. */
  readonly bytesIn: number;
}

/** A batch run and what its keys say of it. */
type GroupedRun = BatchRun & NamedRun;

/** An object whose lines are written. It refers to no record. */
interface WrittenObject
  extends Pick<ArchiveObject, 'key' | 'runs' | 'group' | 'records' | 'metadata'> {
  /** Where its lines are in the buffer. */
  readonly start: number;
  readonly end: number;
}

/** Turns a batch into the objects to store; see {@link createPlanner}. */
export type Planner = (batch: Batch) => Promise<ArchivePlan>;

/**
 * Creates the function that turns a batch into the objects to store. The runs of a batch form groups: as many as one
 * key can name or, with `objectOf: 'partition'`, each run alone. A group becomes one object for each folder that its
 * records fall into. It uses no clock, ids or I/O: the same batch gives the same objects, whatever the order of its
 * topic-partitions. Any number of batches may be planned concurrently.
 *
 * The planner rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`; then no object of the
 * batch may be stored.
 */
export function createPlanner(settings: PlanSettings, enrich: Enrich): Planner {
  const spareBuffers: LineBuffer[] = [];
  return async (batch) => {
    const lines = spareBuffers.pop() ?? new LineBuffer();
    lines.reset();
    const written = writeBatch(batch, lines, settings, enrich);
    // Not awaited here, so that nothing refers to the batch any more: what holds its records can be freed while they
    // are compressed, and costs the garbage collector no time.
    return compressAll(written, lines, settings).finally(() => spareBuffers.push(lines));
  };
}

/** Writes the lines of all objects of a batch. */
function writeBatch(
  { source, runs }: Batch,
  lines: LineBuffer,
  settings: PlanSettings,
  enrich: Enrich,
): WrittenObject[] {
  const writer = new RecordLineWriter({ ...settings, source, enrich }, lines);
  return groupsOf(runs, settings).flatMap((group) =>
    writeGroup(group, { lines, writer, settings }),
  );
}

/** The groups of runs that share objects, in the order of partitions. */
function groupsOf(
  runs: readonly BatchRun[],
  { objectOf, objectPrefix: prefix }: PlanSettings,
): GroupedRun[][] {
  const sorted = runs
    .map((run) => ({ ...run, offsets: distinctOffsets(run.records) }))
    .sort((a, b) => a.partition - b.partition);
  if (objectOf === 'partition') return sorted.map((run) => [run]);
  // AWS documents one topic in a batch; the parser accepts several.
  return [...Map.groupBy(sorted, ({ topic }) => topic)].flatMap(([topic, ofTopic]) =>
    groupRuns(ofTopic, { prefix, topic }),
  );
}

/** @param records in the order of offsets */
function distinctOffsets(records: readonly KafkaEventRecord[]): number {
  let distinct = 0;
  let last = -1;
  for (const { offset } of records) {
    if (offset !== last) distinct += 1;
    last = offset;
  }
  return distinct;
}

interface GroupDeps {
  readonly lines: LineBuffer;
  readonly writer: RecordLineWriter;
  readonly settings: PlanSettings;
}

/** Writes the lines of a group, folder by folder. */
function writeGroup(
  group: readonly GroupedRun[],
  { lines, writer, settings }: GroupDeps,
): WrittenObject[] {
  const { compression, objectPrefix: prefix, timeFolder } = settings;
  const { topic } = group[0] as GroupedRun;
  const whole = group.map((run) => partOf(run, run.records));
  const parts = group.flatMap((run, index) =>
    [...Map.groupBy(run.records, ({ timestamp }) => periodOf(timestamp, timeFolder))].map(
      ([period, records], _, { length }) => ({
        ...{ run, period, records },
        part: length === 1 ? (whole[index] as RunPart) : partOf(run, records),
      }),
    ),
  );
  const folders = Map.groupBy(parts, ({ period }) => period);
  return [...folders]
    .sort(([a], [b]) => a - b)
    .map(([period, inFolder], index) => {
      const start = lines.length;
      for (const { records, run } of inFolder) writer.write(run, records);
      const records = inFolder.reduce((sum, part) => sum + part.records.length, 0);
      const place = { folder: folderOf(period, timeFolder), place: index + 1, count: folders.size };
      return {
        key: objectKey({ ...{ prefix, topic, compression, runs: group }, ...place }),
        runs: inFolder.map(({ part }) => part),
        group: whole,
        records,
        metadata: {
          [names.formatVersion]: FORMAT_VERSION,
          [names.topic]: topic,
          [names.recordCount]: String(records),
          ...timestampRange(inFolder.map((each) => each.records)),
        },
        ...{ start, end: lines.length },
      };
    });
}

/** Compresses all objects, in turn or two at a time. */
async function compressAll(
  written: readonly WrittenObject[],
  lines: LineBuffer,
  settings: PlanSettings,
): Promise<ArchivePlan> {
  const limit = pLimit(COMPRESSIONS_AT_ONCE);
  const objects = written.map(({ start, end, ...object }) =>
    limit(() => toObject(object, lines.slice(start, end), settings)),
  );
  // Wait for all to settle: they read the buffer, and a sibling's rejection must not go unhandled.
  await Promise.allSettled(objects);
  return { objects: await Promise.all(objects), bytesIn: lines.decoded };
}

async function toObject(
  { metadata, ...object }: Omit<WrittenObject, 'start' | 'end'>,
  lines: Buffer,
  settings: PlanSettings,
): Promise<ArchiveObject> {
  // Started first: in the thread pool, it continues while this hashes.
  const compressed = compress(lines, settings);
  const sha256 = hash('sha256', lines, 'hex');
  return {
    ...object,
    metadata: {
      ...metadata,
      [names.uncompressedBytes]: String(lines.length),
      [names.sha256]: sha256,
    },
    sha256,
    body: await compressed,
    contentType: contentTypes[settings.compression],
  };
}

/** The metadata that names the earliest and latest timestamp; none if no record has a timestamp. */
function timestampRange(
  lists: readonly (readonly KafkaEventRecord[])[],
): Readonly<Record<string, string>> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const records of lists) {
    for (const { timestamp } of records) {
      if (typeof timestamp !== 'number') continue;
      if (timestamp < first) first = timestamp;
      if (timestamp > last) last = timestamp;
    }
  }
  if (first > last) return {};
  return {
    [names.firstTimestamp]: timestampText(first),
    [names.lastTimestamp]: timestampText(last),
  };
}
