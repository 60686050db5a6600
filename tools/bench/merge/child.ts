/**
 * The process that is measured: merges the objects below a folder into one Parquet file and prints what it found and
 * needed, as JSON.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type MergeCounts, mergeObjects } from './merge.ts';
import { TOPIC } from './orders.ts';
import { ParquetFile } from './parquet.ts';
import type { Source } from './reading-order.ts';
import { sourcesIn } from './sources.ts';

/** What the process reports. */
export interface MergeResult extends MergeCounts {
  readonly groups: number;
  readonly cpuSeconds: number;
  /** CPU of only decompressing some of the objects, right before: it shows how busy the machine is. */
  readonly gunzipSecondsPerGigabyte: number;
  readonly peakMiB: number;
}

const [root = '', file = '', bufferMiB = ''] = process.argv.slice(2);
const sources = sourcesIn(root);
const read = ({ key }: Source) => {
  const gzip = readFileSync(join(root, key));
  // The last four bytes are the length of the body, which then needs one buffer.
  return gunzipSync(gzip, { chunkSize: gzip.readUInt32LE(gzip.length - 4) + 64 });
};
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const started = cpuSeconds();
const decompressed = sources.slice(0, 50).reduce((sum, source) => sum + read(source).length, 0);
const beforeMerge = cpuSeconds();
const parquet = new ParquetFile(file);
const counts = mergeObjects(sources, parquet, {
  topic: TOPIC,
  read,
  bufferBytes: Number(bufferMiB) * 1024 * 1024,
});
parquet.finish();
const result: MergeResult = {
  ...counts,
  groups: parquet.groups,
  cpuSeconds: cpuSeconds() - beforeMerge,
  gunzipSecondsPerGigabyte: (beforeMerge - started) / (decompressed / 1e9),
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(result));
