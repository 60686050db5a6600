import type { OffsetRange, OffsetRanges } from '../object/offset-ranges.ts';
import type { FailedOffsets } from './failed-ranges.ts';
import type { ClassifiedRange, Verdict } from './hole-classifier.ts';
import { type SortedRanges, shared, without } from './range-sets.ts';

/** What is known of a partition beside its log. */
export interface PartitionEvidence {
  /** Offset below which the broker has nothing of this topic: its log start, or the end of another life. */
  readonly floor: number;
  /** The log start that the last audit saw; undefined in the first one. */
  readonly lastLogStart: number | undefined;
  /** First offset that the archive has to answer for, by the starting position of the mapping. */
  readonly archiveStart: number;
  readonly failed: readonly FailedOffsets[];
  readonly skipped: readonly (OffsetRange & { readonly at: string })[];
  /** From the first to the last record of complete batches. */
  readonly spans: OffsetRanges;
  /** Whether the partition is known to have transactions. */
  readonly hasTransactions: boolean;
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
 * Explains holes without reading them: offsets before the starting position, skipped by resets, and deleted at the
 * broker. Of the deleted ones, those in failed batches are kept. Those that the last audit saw above the log start
 * are lost, unless they lie within a batch, which holds every record that Kafka has delivered with it.
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
  for (const { at, first, last } of known.skipped) explain([{ first, last }], skippedAt(at));
  const deleted = below(known.floor);
  for (const failed of known.failed) explain(shared(deleted, [failed]), failed.verdict);
  explain(below(Math.min(known.floor, known.lastLogStart ?? known.floor)), belowLogStart);
  explain(shared(deleted, known.spans.ranges), belowLogStart);
  if (known.hasTransactions) {
    // A mark between two batches.
    explain(
      shared(left, deleted).filter(({ first, last }) => first === last),
      belowLogStart,
    );
  }
  explain(deleted, expiredUnread);
  return { ranges: ranges.sort((a, b) => a.first - b.first), unread: left };
}

function skippedAt(at: string): Verdict {
  return {
    class: 'skipped-by-reset',
    evidence: `A reset at ${at} moved the consumer group past them.`,
  };
}

function below(offset: number): SortedRanges {
  return offset > 0 ? [{ first: 0, last: offset - 1 }] : [];
}
