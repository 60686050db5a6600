import type { TimeFolder } from '../../contract.ts';
import type { ArchiveSource, ListedObject } from '../object/archive-source.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';
import type { CallOptions } from '../ports.ts';
import type { BrokerTopic } from './broker.ts';
import type { DerivedPlace } from './derived-keys.ts';
import type { HourRecordStore } from './hour-record.ts';
import type { ListedHours } from './listed-hours.ts';
import type { Claim, PartitionReport } from './report.ts';

/** What {@link writeHours} works with. */
export interface HourDeps {
  readonly archive: Pick<ArchiveSource, 'listLevel'>;
  readonly hours: HourRecordStore;
  /** Returns the offsets of an object's lines by partition: from memory if this audit has read it, else by reading it. */
  readonly offsetsOf: (
    object: ListedObject,
  ) => Promise<ReadonlyMap<number, readonly OffsetRange[]>>;
}

/** The state of an audit whose ledger is saved. */
export interface HourState {
  readonly place: DerivedPlace;
  readonly timeFolder: TimeFolder;
  /** Epoch milliseconds: when the audit began. */
  readonly asOf: number;
  readonly claim: Claim;
  /** As it was before the listing; undefined where the claim is `listed`. */
  readonly broker: BrokerTopic | undefined;
  readonly partitions: readonly PartitionReport[];
  /** The hours whose objects the audit listed. */
  readonly listed: ListedHours;
}

/**
 * Writes the records of those hours of a topic that an audit has something new to say about.
 *
 * @returns how many records were written
 * @throws {ArchiverError} `LOAD_FAILED`, `STORE_WRITE_FAILED` or `STORE_ABORTED`; each record that was written stays
 */
export async function writeHours(
  _deps: HourDeps,
  _state: HourState,
  _options: CallOptions,
): Promise<number> {
  return 0;
}
