import { ArchiverError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import type { CallOptions } from '../ports.ts';
import type { HoleTally } from './finding.ts';
import type { HourPeriod } from './hour-period.ts';
import type { Claim } from './report.ts';

/** Why records of an hour may still come, in the order in which they are named. */
export const whyOpen = {
  notAsked: 'The brokers were not asked, so nothing is known about records that are not archived.',
  findings: 'Offsets that may belong to this hour are lost, unexplained or kept in a failed batch.',
  notArchived: 'The archive may not have everything yet that the brokers accepted for this hour.',
  unbounded:
    'Producers set the timestamps, and the topic has no message.timestamp.before.max.ms, so the brokers accept records of this hour at any time.',
  notPast:
    'Producers set the timestamps, and the time that message.timestamp.before.max.ms allows them has not passed since the end of the hour.',
} as const;

/** One of the sentences of {@link whyOpen}. */
export type WhyOpen = (typeof whyOpen)[keyof typeof whyOpen];

/** What an hour has of one partition. */
export interface HourPartition {
  readonly partition: number;
  /** Exclusive: every offset below it is stored or in a hole with a class. */
  readonly through: number;
  /** Offset of the first record that the brokers still had; left out if they were not asked, like the next. */
  readonly log_start?: number;
  /** The high watermark: the end of the log when the audit began. */
  readonly end?: number;
  /** Number of distinct offsets with a record of this hour. */
  readonly records: number;
  /** The first and the last of those offsets; left out without records. */
  readonly first?: number;
  readonly last?: number;
  /** Lines of offsets that another object of the hour has too. */
  readonly doubles: number;
  /**
   * Holes with a finding that may belong to the hour, by class. Holes that are merely counted, such as transaction marks,
   * have no time, and are left out.
   */
  readonly holes: HoleTally;
}

/**
 * What an hour of a topic has, as of an audit. The names are those of the JSON. A hour without a record has not been
 * looked at; an empty hour has a record.
 */
export interface HourRecord extends HourPeriod {
  readonly format: 1;
  readonly topic: string;
  /** 1, and one more each time that the statement about the hour changes. */
  readonly generation: number;
  /** ISO 8601: when the audit began, before it listed anything. */
  readonly asOf: string;
  readonly claim: Claim;
  /**
   * Whether everything that the brokers had when the hour was over is archived or in a hole with a class, none of which
   * can still be archived. Producers that are late may add records.
   */
  readonly settled: boolean;
  /** Whether no record of the hour can come any more: it is settled, and the brokers refuse late records. */
  readonly closed: boolean;
  /** Left out if it is closed. */
  readonly why_open?: WhyOpen;
  /** In order: all partitions that the topic has, also those without records in this hour. */
  readonly partitions: readonly HourPartition[];
  /** Records that came after the first generation; milliseconds from the end of the hour to the audit that saw the last. */
  readonly late: { readonly records: number; readonly latest_ms: number };
  /** The objects of the hour, and the SHA-256 of their sorted keys and sizes. */
  readonly sources: { readonly objects: number; readonly digest: string };
}

/** An hour record as it is stored. */
export interface StoredHourRecord {
  readonly record: HourRecord;
  /** Identifies what was read, for {@link HourRecordStore.save}. */
  readonly version: string;
}

/** The store of hour records: `hours/{prefix}topic={topic}/dt={dt}/hour={hour}.json` in the bucket for derived data. */
export interface HourRecordStore {
  /**
   * Returns the hours that have a record, in order.
   *
   * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
   */
  list(topic: string, options: CallOptions): Promise<readonly HourPeriod[]>;
  /** @throws {ArchiverError} `LOAD_FAILED`, also for a record of a newer format, or `STORE_ABORTED` */
  load(
    topic: string,
    period: HourPeriod,
    options: CallOptions,
  ): Promise<StoredHourRecord | undefined>;
  /**
   * Replaces the record that was loaded, or creates the first.
   *
   * @param version of the record that was loaded; undefined if there was none
   * @returns false if another writer has saved one meanwhile: nothing is saved then
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`
   */
  save(record: HourRecord, version: string | undefined, options: CallOptions): Promise<boolean>;
}

/** Writes an hour record as JSON. */
export function encodeHourRecord(record: HourRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * Reads an hour record.
 *
 * @param name for messages: its key
 * @throws {ArchiverError} `LOAD_FAILED` if it is no hour record of a known format
 */
export function decodeHourRecord(text: string, name: string): HourRecord {
  const parsed = parse(text);
  if (isObject(parsed) && parsed.format === 1) return parsed as unknown as HourRecord;
  throw new ArchiverError('LOAD_FAILED', `'${name}' is no hour record of format 1`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
