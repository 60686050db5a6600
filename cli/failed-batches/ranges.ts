import type { FailedRange } from '../../lambda/core/failed-batch/failed-batch.ts';
import { parseTopicPartition } from '../../lambda/core/record/topic-partition.ts';

/** Topic and partition of a range; `-` for what the range lacks. */
export function placeOf({ id = '-' }: FailedRange): {
  readonly topic: string;
  readonly partition: string;
} {
  const { partition = '-', topic = id } = parseTopicPartition(id) ?? {};
  return { topic, partition: String(partition) };
}

/** `100 to 149`, `100` */
export function formatOffsets({ firstOffset, lastOffset }: FailedRange): string {
  return firstOffset === lastOffset ? firstOffset : `${firstOffset} to ${lastOffset}`;
}

/** A range as JSON. Offsets are strings, since they can exceed the integers of JSON readers. */
export function toJsonRange(range: FailedRange): object {
  const { id, ...offsets } = range;
  const { partition, topic } = placeOf(range);
  if (id === undefined) return offsets;
  return partition === '-'
    ? { topic, ...offsets }
    : { topic, partition: Number(partition), ...offsets };
}
