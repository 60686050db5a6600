import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { objectKey } from '../../../lambda/core/object/object-key.ts';
import { FIRST_OFFSET, lineOf, TOPIC, timestampOf } from './orders.ts';

/** Bytes of lines in an object: about those of a full event of the event source mapping. */
const OBJECT_BYTES = 4_400_000;

/** One batch in as many is cut again: its second half is stored once more, with the first half of the next. */
const BATCHES_PER_RECUT = 40;

/** By how much the timestamp of the record with another's offset is later. */
export const CONFLICT_LAG_MS = 1;

/** The further metadata of lines that are stored once more. */
export const RECUT_METADATA = ',"env":"prod"';

/** An archived hour of one topic, as it was written. */
export interface Hour {
  readonly partitions: number;
  /** Records of each partition, with offsets from {@link FIRST_OFFSET} on. */
  readonly recordsPerPartition: number;
  readonly objects: number;
  /** Lines that repeat a record, half of them with other metadata. */
  readonly duplicates: number;
  /** Lines that have the offset of another record. */
  readonly conflicts: number;
  readonly lineBytes: number;
  readonly gzipBytes: number;
}

/**
 * Writes the objects of an hour into a folder: batches that hold all partitions, and some that are cut again. The
 * records are the same in every run. One record has the offset of another, as after a topic is created again.
 *
 * @param gigabytes of lines, 1e9 bytes each
 * @param objectBytes of lines in an object
 */
export function writeHour(
  root: string,
  gigabytes: number,
  partitions: number,
  objectBytes = OBJECT_BYTES,
): Hour {
  const records = Math.max(
    2,
    Math.round(objectBytes / lineOf(0, FIRST_OFFSET).length / partitions),
  );
  const written = { objects: 0, lineBytes: 0, gzipBytes: 0 };
  const write = (first: number, line: typeof lineOf) => {
    const last = first + records - 1;
    const key = keyOf(partitions, first, last);
    const body = Buffer.from(linesOf(partitions, first, last, line));
    const gzip = gzipSync(body, { level: 6 });
    mkdirSync(dirname(join(root, key)), { recursive: true });
    writeFileSync(join(root, key), gzip);
    written.objects += 1;
    written.lineBytes += body.length;
    written.gzipBytes += gzip.length;
  };
  let batches = 0;
  let recuts = 0;
  for (; written.lineBytes < gigabytes * 1e9 || batches < 2; batches++) {
    const first = FIRST_OFFSET + batches * records;
    write(first, lineOf);
    if (batches % BATCHES_PER_RECUT === 1) {
      recuts += 1;
      write(first - Math.ceil(records / 2), recutLine(recuts, first));
    }
  }
  const duplicates = recuts * records * partitions - Math.min(recuts, 1);
  const conflicts = Math.min(recuts, 1);
  return { partitions, recordsPerPartition: batches * records, ...written, duplicates, conflicts };
}

/** Lines of a batch that is cut again. Those of the first have one record of another life of the topic. */
function recutLine(recut: number, conflictAt: number): typeof lineOf {
  const metadata = recut % 2 === 0 ? '' : RECUT_METADATA;
  return (partition, offset) =>
    recut === 1 && partition === 0 && offset === conflictAt
      ? lineOf(partition, offset, { timestamp: timestampOf(offset) + CONFLICT_LAG_MS })
      : lineOf(partition, offset, { metadata });
}

function linesOf(partitions: number, first: number, last: number, line: typeof lineOf): string {
  let lines = '';
  for (let partition = 0; partition < partitions; partition++) {
    for (let offset = first; offset <= last; offset++) lines += line(partition, offset);
  }
  return lines;
}

function keyOf(partitions: number, first: number, last: number): string {
  const offsets = last - first + 1;
  return objectKey({
    ...{ prefix: '', topic: TOPIC, folder: 'dt=2025-11-23/hour=11/', compression: 'gzip' },
    ...{ place: 1, count: 1 },
    runs: Array.from({ length: partitions }, (_, partition) => ({
      partition,
      first,
      last,
      offsets,
    })),
  });
}
