import type { OffsetRange, OffsetRanges } from '../object/offset-ranges.ts';
import { type SortedRanges, shared, without } from '../object/range-sets.ts';
import type { FailedOffsets } from './failed-ranges.ts';
import type { ClassifiedRange, Verdict } from './hole-classifier.ts';
import type { SkippedRange } from './reset-note.ts';

/** Offsets of a partition that a reset skipped. */
export interface SkippedOffsets extends OffsetRange {
  readonly partition: number;
  readonly verdict: Verdict;
}

/** Says of a range that a reset skipped why it is no loss. */
export function skippedOffsets({ at, first, last, partition }: SkippedRange): SkippedOffsets {
  const verdict: Verdict = {
    class: 'skipped-by-reset',
    evidence: `A reset at ${at} moved the consumer group past the records.`,
  };
  return { partition, first, last, verdict };
}

/** What is known of a partition beside its log. */
export interface PartitionEvidence {
  /** Offset below which the broker has nothing of this topic: its log start, or the end of another life. */
  readonly floor: number;
  /** The log start that the last audit saw; undefined in the first one. */
  readonly lastLogStart: number | undefined;
  /** First offset that the archive has to answer for, by the starting position of the mapping. */
  readonly archiveStart: number;
  readonly failed: readonly FailedOffsets[];
  readonly skipped: readonly SkippedOffsets[];
  /** From the first to the last record of complete batches. */
  readonly spans: OffsetRanges;
  /** The most offsets between two batches that may never have had records for consumers: a mark at least. */
  readonly mostHidden: number;
}

/** Holes as far as they are explained without a broker. */
export interface ExplainedHoles {
  readonly ranges: readonly ClassifiedRange[];
  /** The holes to read from the broker. */
  readonly unread: SortedRanges;
}

const beforeArchive: Verdict = {
  class: 'before-archive',
  evidence: 'The offsets precede the starting position of the mapping.',
};
const belowLogStart: Verdict = {
  class: 'below-log-start',
  evidence: 'The broker has deleted these offsets, so that nothing can be proven about them.',
};
const expiredUnread: Verdict = {
  class: 'lost',
  evidence:
    'The log start has moved past these offsets since the last audit, and no object holds them.',
};

/**
 * Explains holes without reading them: offsets before the starting position, and those that the broker has deleted. Of
 * these, failed batches keep some, and resets skipped others. Those that the last audit saw above the log start are lost,
 * unless they lie within a batch, which holds every record that Kafka has delivered with it, or are so few that they may
 * be transaction marks.
 */
export function explainHoles(holes: SortedRanges, known: PartitionEvidence): ExplainedHoles {
  const ranges: ClassifiedRange[] = [];
  let left = holes;
  const explain = (explained: SortedRanges, verdict: Verdict) => {
    const parts = shared(left, explained);
    left = without(left, parts);
    ranges.push(
      ...parts.map((part) => ({
        ...{ ...part, offsets: part.last - part.first + 1 },
        ...{ verdict, times: undefined },
      })),
    );
  };
  explain(below(known.archiveStart), beforeArchive);
  const deleted = below(known.floor);
  for (const failed of known.failed) explain(shared(deleted, [failed]), failed.verdict);
  for (const skipped of known.skipped) explain(shared(deleted, [skipped]), skipped.verdict);
  explain(below(Math.min(known.floor, known.lastLogStart ?? known.floor)), belowLogStart);
  explain(shared(deleted, known.spans.ranges), belowLogStart);
  explain(
    shared(left, deleted).filter(({ first, last }) => last - first < known.mostHidden),
    belowLogStart,
  );
  explain(deleted, expiredUnread);
  return { ranges: ranges.sort((a, b) => a.first - b.first), unread: left };
}

function below(offset: number): SortedRanges {
  return offset > 0 ? [{ first: 0, last: offset - 1 }] : [];
}
