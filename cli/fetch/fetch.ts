import { MAX_FAILED_BATCH_BYTES } from '../../lambda/contract.ts';
import { committedRecords } from '../../lambda/core/audit/committed-records.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { heal, healedLines, registryLines } from '../audit/healing.ts';
import { openPartition } from '../backfill/backfill.ts';
import type { TopicContext } from '../mapping/topic-context.ts';

/** The record to archive. */
export interface FetchOptions {
  readonly partition: number;
  readonly offset: number;
  /** Whether to write, and not only to show. */
  readonly yes: boolean;
}

/**
 * Archives one record, of any size up to the limit, as a failed batch, or shows what it would write.
 *
 * @throws {ArchiverError} `KAFKA_FAILED` if the brokers have no record there, or one that is too large
 */
export async function fetchRecord(
  { offset, partition, yes }: FetchOptions,
  context: TopicContext,
): Promise<void> {
  const { topic } = context;
  const range = { partition, first: offset, last: offset };
  const { broker } = await openPartition(range, context);
  const records = committedRecords(broker, range, context.calls);
  const healed = await heal({ condition: 'Fetch', isDryRun: !yes, records }, context);
  const [large] = healed.tooLarge;
  if (large !== undefined) {
    throw new ArchiverError(
      'KAFKA_FAILED',
      `the record at ${partition}:${offset} of '${topic}' is too large: its failed batch would have ${large.bytes} bytes, of at most ${MAX_FAILED_BATCH_BYTES}`,
    );
  }
  if (healed.failedBatches.length === 0) {
    throw new ArchiverError(
      'KAFKA_FAILED',
      `the brokers have no record at ${partition}:${offset} of '${topic}': the offset is that of a transaction mark, or of a record that was aborted or compacted`,
    );
  }
  context.answer({ topic, partition, offset, ...healed }, () => [
    ...healedLines(healed, context),
    ...registryLines(context),
  ]);
}
