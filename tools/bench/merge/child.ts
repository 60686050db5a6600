/**
 * The process that is measured: merges the objects below a folder into one Parquet file and prints what it found and
 * needed, as JSON.
 *
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseObjectKey } from '../../../lambda/core/object/parse-object-key.ts';
import { type MergeCounts, mergeObjects } from './merge.ts';
import { TOPIC } from './orders.ts';
import { CHUNK_BYTES, ParquetFile } from './parquet.ts';

/** What the process reports. */
export interface MergeResult extends MergeCounts {
  readonly groups: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const [root = '', file = '', bufferMiB = ''] = process.argv.slice(2);
const sources = globSync('topic=*/**/*.jsonl.gz', { cwd: root }).map((key) => {
  const runs = parseObjectKey(key)?.runs;
  if (runs === undefined) throw new Error(`'${key}' is not the key of an object`);
  return { key, runs };
});
const parquet = new ParquetFile(file);
const counts = mergeObjects(sources, parquet, {
  topic: TOPIC,
  read: ({ key }) => gunzipSync(readFileSync(join(root, key)), { chunkSize: CHUNK_BYTES }),
  bufferBytes: Number(bufferMiB) * 1024 * 1024,
});
parquet.finish();
const { user, system } = process.cpuUsage();
const result: MergeResult = {
  ...counts,
  groups: parquet.groups,
  cpuSeconds: (user + system) / 1e6,
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(result));
