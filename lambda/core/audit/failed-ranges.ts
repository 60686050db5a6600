import type { FailedBatchSummary } from '../failed-batch/failed-batch.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';
import { parseTopicPartition } from '../record/topic-partition.ts';
import type { Verdict } from './hole-classifier.ts';

/** Offsets of a partition that a failed batch names. */
export interface FailedOffsets extends OffsetRange {
  readonly partition: number;
  /** What its records are: kept in it or, if it has none, over the payload limit. */
  readonly verdict: Verdict;
}

/** Lambda's condition for a record over the payload limit: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html */
const OVERSIZE = 'MaximumPayloadSizeExceeded';

/** Returns the offsets of a topic that a failed batch names; ranges whose offsets are unknown are left out. */
export function failedOffsets(
  key: string,
  { condition, ranges }: Pick<FailedBatchSummary, 'condition' | 'ranges'>,
  topic: string,
): FailedOffsets[] {
  const verdict: Verdict =
    condition === OVERSIZE
      ? {
          class: 'oversize',
          evidence: `The records exceed the payload limit, as the failed batch '${key}' says.`,
        }
      : {
          class: 'failed-batch',
          evidence: `The records are kept in the failed batch '${key}', which is not replayed yet.`,
        };
  return ranges.flatMap(({ firstOffset, id = '', lastOffset }) => {
    const named = parseTopicPartition(id);
    const [first, last] = [Number(firstOffset), Number(lastOffset)];
    if (named?.topic !== topic || !(first <= last)) return [];
    return { partition: named.partition, first, last, verdict };
  });
}
