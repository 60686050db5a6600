import { Buffer } from 'node:buffer';
import type { Compression, TimeFolder } from '../../contract.ts';
import type { KeyRun } from './parse-object-key.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The years of timestamps that name their own folder. Others are not plausible, or have no four digits. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(10_000, 0, 1) - 1;

const periodMs = { hour: HOUR_MS, day: DAY_MS } as const;

/** The period of records without a usable timestamp: 1970-01-01, so that every `dt` is a date to its readers. */
const UNDATED = 0;

/** Whether a timestamp (epoch milliseconds) can name a folder: years 2000 to 9999, UTC. */
export function isFolderTimestamp(timestamp: unknown): timestamp is number {
  return typeof timestamp === 'number' && timestamp >= EARLIEST && timestamp <= LATEST;
}

/**
 * Returns the number of the hour or day (UTC) of a record's folder. Records of one period share a folder, and
 * folders sort in the order of their periods.
 */
export function periodOf(timestamp: unknown, folder: TimeFolder): number {
  if (folder === 'none') return 0;
  return isFolderTimestamp(timestamp) ? Math.floor(timestamp / periodMs[folder]) : UNDATED;
}

/** Returns the folder of a period: `dt=2026-11-23/hour=09/`, `dt=2026-11-23/`, or empty for `none`. */
export function folderOf(period: number, folder: TimeFolder): string {
  if (folder === 'none') return '';
  const iso = new Date(period * periodMs[folder]).toISOString();
  const day = `dt=${iso.slice(0, 10)}/`;
  return folder === 'hour' ? `${day}hour=${iso.slice(11, 13)}/` : day;
}

/** Bytes of an S3 key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** The longest of what surrounds the runs in a key: a batch has 10,000 records, and thus folders, at most. */
const LONGEST_REST = 'topic=/dt=2026-11-23/hour=09/.10000of10000~01234567.jsonl.zst';

/** What a key names of a batch run: its partition, its first and last offset, and the number of distinct ones. */
export type NamedRun = Pick<KeyRun, 'partition' | 'first' | 'last'> & { readonly offsets: number };

/** The parts of an object's key. */
export interface ObjectName {
  /** Empty, or a path that ends in `/`. */
  readonly prefix: string;
  readonly topic: string;
  /** As returned by {@link folderOf}. */
  readonly folder: string;
  /** The runs of the object's group, in the order of their partitions, whether or not this object has records of them. */
  readonly runs: readonly NamedRun[];
  /** Number of the object within the group, from 1, and how many objects the group has. */
  readonly place: number;
  readonly count: number;
  readonly compression: Compression;
}

/**
 * Returns the object's key: `{prefix}topic={topic}/{folder}{runs}[.{k}of{n}].jsonl.gz`, with runs such as
 * `p3.100-149` or, with holes, `p3.7000-7040x39`, joined by `_`.
 */
export function objectKey(name: ObjectName): string {
  const { prefix, topic, folder, runs, place, count, compression } = name;
  const part = count === 1 ? '' : `.${place}of${count}`;
  return `${prefix}topic=${topic}/${folder}${runs.map(runText).join('_')}${part}${extensions[compression]}`;
}

const extensions = { gzip: '.jsonl.gz', zstd: '.jsonl.zst', none: '.jsonl' } as const;

/**
 * Divides the runs of a batch into the groups whose ranges fit into one key together, in order: each group has as many
 * runs as fit, whatever the time folders and the compression are.
 *
 * @param runs of one topic, in the order of their partitions
 */
export function groupRuns<Run extends NamedRun>(
  runs: readonly Run[],
  { prefix, topic }: Pick<ObjectName, 'prefix' | 'topic'>,
): Run[][] {
  const room = MAX_KEY_BYTES - Buffer.byteLength(`${prefix}${topic}${LONGEST_REST}`);
  const groups: Run[][] = [];
  let left = 0;
  for (const run of runs) {
    // The separator in front of the first run of a group is one byte too many, which keeps the rule simple.
    const bytes = runText(run).length + 1;
    if (bytes > left) {
      groups.push([]);
      left = room;
    }
    groups.at(-1)?.push(run);
    left -= bytes;
  }
  return groups;
}

function runText({ partition, first, last, offsets }: NamedRun): string {
  const isDense = offsets === last - first + 1;
  return `p${partition}.${first}-${last}${isDense ? '' : `x${offsets}`}`;
}

/** Returns the key for a body that differs from the one stored at `key`: marked with its own digest. */
export function conflictKey(key: string, sha256: string): string {
  const extension = key.lastIndexOf('.jsonl');
  return `${key.slice(0, extension)}~${sha256.slice(0, 8)}${key.slice(extension)}`;
}
