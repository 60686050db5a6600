/** A transaction, as the producers of a test made it. */
export interface Transaction {
  outcome: 'open' | 'committed' | 'aborted';
}

/** What a test knows of one offset, since it produced it. */
export type Fact =
  /** The control batch at the end of a transaction. */
  | { readonly kind: 'mark' }
  | {
      readonly kind: 'record';
      /** Undefined outside transactions. */
      readonly transaction: Transaction | undefined;
      /** Whether no filter of the mapping matches it. */
      readonly isFiltered: boolean;
      /** Whether its event exceeds the payload limit. */
      readonly isOversize: boolean;
    };

/** The fate of records that a mapping gave up. */
export interface FailedRecords {
  /** `waiting` for a replay, which archives them; or `dismissed` by an operator. */
  state: 'waiting' | 'replayed' | 'dismissed';
  /** Whether the batch is a single record over the payload limit, so that its entry has no records. */
  readonly isOversize: boolean;
  /** {@link placeOf} each record. */
  readonly places: ReadonlySet<string>;
}

/** What happened to one partition. Offsets are indexes of `offsets`. */
export class PartitionFacts {
  readonly offsets: Fact[] = [];
  /** Offsets that compaction has removed from the broker. */
  readonly removed = new Set<number>();
  /** Offsets that an operator skipped, with the command that notes it. */
  readonly skipped = new Set<number>();
  /** The first offset that the mapping had to archive. */
  start = 0;
  /** Whether the mapping started at the end, so that only what it has archived shows where that was. */
  isFromLatest = false;
  logStart = 0;
  lastStable = 0;
  /** The offset that the group reads next. */
  committed: number | undefined;
}

/** What happened to one topic. */
export class TopicFacts {
  /** How many topics have had the name before. */
  readonly livesBefore: number;
  readonly partitions: PartitionFacts[] = [];
  readonly failed: FailedRecords[] = [];

  constructor(livesBefore = 0) {
    this.livesBefore = livesBefore;
  }
}

/** Names an offset of a partition. */
export function placeOf(partition: number, offset: number): string {
  return `${partition}:${offset}`;
}
