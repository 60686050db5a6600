import type { Compression, TimeFolder } from '../../contract.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The years that `dt=` can name with four digits; other timestamps go to an `invalid` folder. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(10_000, 0, 1) - 1;

const periodMs = { hour: HOUR_MS, day: DAY_MS } as const;

/** The period of records without a usable timestamp. It sorts after all others, as its folder does. */
const INVALID_PERIOD = Number.POSITIVE_INFINITY;

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
  return isFolderTimestamp(timestamp) ? Math.floor(timestamp / periodMs[folder]) : INVALID_PERIOD;
}

/** Returns the folder of a period: `dt=2026-11-23/hour=09/`, `dt=2026-11-23/`, or empty for `none`. */
export function folderOf(period: number, folder: TimeFolder): string {
  if (folder === 'none') return '';
  if (period === INVALID_PERIOD) return folder === 'hour' ? 'dt=invalid/hour=00/' : 'dt=invalid/';
  const iso = new Date(period * periodMs[folder]).toISOString();
  const day = `dt=${iso.slice(0, 10)}/`;
  return folder === 'hour' ? `${day}hour=${iso.slice(11, 13)}/` : day;
}

/** The parts of an object's name. */
export interface ObjectName {
  readonly prefix: string;
  readonly topic: string;
  readonly partition: number;
  /** As returned by {@link folderOf}. */
  readonly folder: string;
  /** Offsets of the batch run's first and last record. */
  readonly first: number;
  readonly last: number;
  /** Number of the object within the run, from 1, and how many objects the run has. */
  readonly place: number;
  readonly count: number;
  readonly compression: Compression;
}

const extensions = { gzip: '.jsonl.gz', zstd: '.jsonl.zst', none: '.jsonl' } as const;

/** Returns the object's key: `{prefix}topic={topic}/{folder}{topic}-{partition}-{first}-{last}[.{k}of{n}].jsonl.gz`. */
export function objectKey(name: ObjectName): string {
  const { prefix, topic, partition, folder, first, last, place, count, compression } = name;
  const range = `${padOffset(first)}-${padOffset(last)}`;
  const part = count === 1 ? '' : `.${place}of${count}`;
  return `${prefix}topic=${topic}/${folder}${topic}-${partition}-${range}${part}${extensions[compression]}`;
}

/** Returns the key for a body that differs from the one stored at `key`: marked with its own digest. */
export function conflictKey(key: string, sha256: string): string {
  const extension = key.lastIndexOf('.jsonl');
  return `${key.slice(0, extension)}~${sha256.slice(0, 8)}${key.slice(extension)}`;
}

/** Pads to 20 digits, the length of the largest unsigned 64-bit number, so that names sort by offset. */
function padOffset(offset: number): string {
  return String(offset).padStart(20, '0');
}
