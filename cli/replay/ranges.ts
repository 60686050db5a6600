import type { FailedRange } from '../../lambda/core/failed-batch/failed-batch.ts';

/** Topic and partition of a range; `-` for what it does not say. */
export function placeOf({ id = '-' }: FailedRange): {
  readonly topic: string;
  readonly partition: string;
} {
  const [, topic = id, partition = '-'] = /^(.+)-(\d+)$/.exec(id) ?? [];
  return { topic, partition };
}

/** `100 to 149`, `100` */
export function formatOffsets({ firstOffset, lastOffset }: FailedRange): string {
  return firstOffset === lastOffset ? firstOffset : `${firstOffset} to ${lastOffset}`;
}

/** A range for programs. Offsets are text, since they may be larger than what readers of JSON hold. */
export function toJsonRange(range: FailedRange): object {
  const { id, ...offsets } = range;
  const { partition, topic } = placeOf(range);
  if (id === undefined) return offsets;
  return partition === '-'
    ? { topic, ...offsets }
    : { topic, partition: Number(partition), ...offsets };
}
