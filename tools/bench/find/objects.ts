import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { folderOf, objectKey } from '../../../lambda/core/object/object-key.ts';
import { decodeLine } from '../../../lambda/core/record/decode-line.ts';
import { FIRST_OFFSET, lineOf, TOPIC } from '../merge/orders.ts';

/** The prefix of the archive. */
export const PREFIX = 'shop/';

const PARTITIONS = 12;
/** Records of an object, which has one partition. */
const RECORDS = 60;
/** Hours that the objects are spread over. */
const HOURS = 48;
const HOUR_MS = 3_600_000;
const FIRST_HOUR = Date.UTC(2025, 10, 23) / HOUR_MS;

/** A record to find. */
export interface Wanted {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer;
}

/**
 * Writes objects of one topic into a folder, of one partition and 60 lines of about 1 KB each, which are the same in
 * every run.
 *
 * @returns a record in the middle, the only one with its key
 */
export function writeArchive(root: string, objects: number): Wanted {
  for (let index = 0; index < objects; index++) {
    const { first, partition } = placeOf(index);
    const last = first + RECORDS - 1;
    let lines = '';
    for (let offset = first; offset <= last; offset++) lines += lineOf(partition, offset);
    const period = FIRST_HOUR + Math.floor((index / objects) * HOURS);
    const key = objectKey({
      ...{ prefix: PREFIX, topic: TOPIC, folder: folderOf(period, 'hour'), compression: 'gzip' },
      ...{ place: 1, count: 1, runs: [{ partition, first, last, offsets: RECORDS }] },
    });
    mkdirSync(dirname(join(root, key)), { recursive: true });
    writeFileSync(join(root, key), gzipSync(Buffer.from(lines), { level: 1 }));
  }
  const { first, partition } = placeOf(objects >> 1);
  const offset = first + (RECORDS >> 1);
  const { key } = decodeLine(lineOf(partition, offset).trimEnd());
  return { topic: TOPIC, partition, offset, key: key ?? Buffer.alloc(0) };
}

function placeOf(index: number) {
  const partition = index % PARTITIONS;
  // Apart from those of other partitions, so that no two records have the same key.
  const first = FIRST_OFFSET + Math.floor(index / PARTITIONS) * RECORDS + partition * 100_000_000;
  return { partition, first };
}
