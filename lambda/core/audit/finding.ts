import type { OffsetRange } from '../object/offset-ranges.ts';

/** Every class of a hole, which is an offset that no object holds. */
export const holeClasses = [
  /** The offset of a control batch, which ends a transaction. */
  'transaction-mark',
  /** A record of a transaction that was aborted, which consumers never see. */
  'aborted',
  /** Removed by log compaction. */
  'compacted',
  /** Deleted or expired at the broker before anyone looked: nothing can be proven any more. */
  'below-log-start',
  /** Before the starting position of the mapping. */
  'before-archive',
  /** Skipped when an operator moved the consumer group forward. */
  'skipped-by-reset',
  /** The record does not match any filter of the mapping. */
  'filtered',
  /** The record exceeds the payload limit, so that the mapping never delivers it. */
  'oversize',
  /** It was stored, and a lifecycle rule of the bucket has expired its object. */
  'expired',
  /** Erased on request. Reserved: no command erases records yet. */
  'erased',
  /** Kept in the failed-batch bucket, to be replayed. */
  'failed-batch',
  /** Of an audit without brokers, which alone could say what it is. */
  'unproven',
  /** At or above the last stable offset or the committed offset: not due yet. */
  'not-yet',
  /** Of another topic of the same name, deleted and created again. */
  'another-life',
  /** Neither a record nor a reason for its absence: an alarm. */
  'unexplained',
  /** The broker has, or once had, a record that is due and that no object holds: an alarm. */
  'lost',
] as const;

/** One of the {@link holeClasses}. */
export type HoleClass = (typeof holeClasses)[number];

/** Classes whose holes are only counted, since a topic may have any number of them. */
export const countedClasses = [
  'transaction-mark',
  'aborted',
  'compacted',
  'filtered',
  'unproven',
] as const satisfies readonly HoleClass[];

/** Number of holes by class; classes without holes are left out. */
export type HoleTally = Readonly<Partial<Record<HoleClass, number>>>;

/**
 * Offsets of a partition that someone may have to look at: holes that are not merely counted, and `conflict`, offsets at
 * which different records are stored.
 */
export interface Finding extends OffsetRange {
  readonly partition: number;
  readonly class: HoleClass | 'conflict';
  /** Number of offsets of the class in the range: fewer than the range has if other classes lie between them. */
  readonly offsets: number;
  /** ISO 8601: the audit that found it. */
  readonly seenAt: string;
  /** Why it has its class, in one sentence without data of records, such as the key of a failed batch. */
  readonly evidence: string;
  /** Whether the broker still has the records, so that they can be archived again. */
  readonly isOnBroker: boolean;
  /**
   * Epoch milliseconds of the earliest and latest of the records, as far as a broker or a failed batch has named them:
   * the hours that they belong to. Undefined if unknown; then they may belong to any hour.
   */
  readonly times?: { readonly first: number; readonly last: number };
  /** Set by an operator who accepts a permanent loss: it stays in every report, and raises no alarm. */
  readonly acknowledged?: { readonly at: string; readonly reason: string };
}
