import type { BatchRun, KafkaEventRecord } from './kafka-event.ts';

/**
 * Records of a batch run that share a fate, such as those in one object. It holds none of their content, so that the
 * event can be freed while they are compressed and stored.
 */
export type RunPart = Omit<BatchRun, 'records'> & {
  /** Offset of each record, in order; an offset that the run has twice may be here twice. */
  readonly recordOffsets: readonly number[];
};

/**
 * Returns a part of a run, with the offsets of its own first and last record.
 *
 * @param records some of the run's, in its order; not empty
 */
export function partOf(
  { id, otherIds, topic, partition }: BatchRun,
  records: readonly KafkaEventRecord[],
): RunPart {
  const recordOffsets = records.map(({ offset }) => offset);
  return {
    ...(otherIds === undefined ? { id } : { id, otherIds }),
    ...{ topic, partition, recordOffsets },
    first: recordOffsets[0] as number,
    last: recordOffsets.at(-1) as number,
  };
}
