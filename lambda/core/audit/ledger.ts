import type { OffsetRange } from '../object/offset-ranges.ts';
import type { CallOptions } from '../ports.ts';
import type { Finding, HoleTally } from './finding.ts';
import type { StreamIndex } from './stream-index.ts';

/**
 * Offsets of a partition that audits have judged. `stored` and the holes add up to the whole range. The other figures
 * show in a later listing that something was deleted since, without a body being read.
 */
export interface Segment extends OffsetRange {
  /** Number of distinct offsets that objects hold. */
  readonly stored: number;
  readonly holes: HoleTally;
  /** The most holes, of any class, that follow each other. */
  readonly longestHole: number;
  /** What the listing said of the range: see `ListedEvidence`. */
  readonly spanned: number;
  readonly unsure: number;
  readonly digest?: number;
}

/** What is known of one partition. */
export interface PartitionLedger {
  readonly partition: number;
  /** Inclusive: the first offset that the archive has to answer for. */
  readonly from: number;
  /** In order, without gaps between them, from `from` on. */
  readonly segments: readonly Segment[];
  /** In order: of all audits, unless they were healed or found again as something else. */
  readonly findings: readonly Finding[];
  /** The log start that the last audit saw. */
  readonly logStart: number;
}

/** What the audits of one topic have found, so that it stays explained after the brokers have forgotten it. */
export interface Ledger {
  readonly format: 1;
  readonly topic: string;
  /** Undefined if no audit has reached the brokers. */
  readonly topicId: string | undefined;
  /** ISO 8601. */
  readonly auditedAt: string;
  /** ISO 8601: the last audit that listed the whole archive of the topic; undefined if none has. */
  readonly fullyListedAt: string | undefined;
  readonly partitions: readonly PartitionLedger[];
  /**
   * The earliest day of the folders at the last full listing, such as `2025-11-23`: the oldest objects may be that old.
   * Where no folder has a day, the day of the first audit.
   */
  readonly firstDay?: string;
  /** Which objects of the delivery stream were read; undefined if none was. */
  readonly stream?: StreamIndex;
}

/** A ledger as it is stored. */
export interface StoredLedger {
  readonly ledger: Ledger;
  /** Identifies what was read, for {@link LedgerStore.save}. */
  readonly version: string;
}

/** The store of ledgers: `audit/{prefix}topic={topic}/ledger.json` in the bucket for derived data. */
export interface LedgerStore {
  /**
   * @returns undefined if no audit has saved one
   * @throws {ArchiverError} `LOAD_FAILED`, also for a ledger of a newer format, or `STORE_ABORTED`
   */
  load(topic: string, options: CallOptions): Promise<StoredLedger | undefined>;
  /**
   * Replaces the ledger that was loaded, or creates the first.
   *
   * @param version of the ledger that was loaded; undefined if there was none
   * @returns false if another audit has saved one meanwhile: nothing is saved then
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`
   */
  save(ledger: Ledger, version: string | undefined, options: CallOptions): Promise<boolean>;
}
