import { nameFirst } from './core/bounded-text.ts';
import { ArchiverError } from './core/errors.ts';
import { isFolderTimestamp } from './core/object/object-key.ts';
import type { BatchSummary, DeliveryFailure } from './core/ports.ts';
import type { Batch } from './core/record/kafka-event.ts';
import type { RunPart } from './core/record/run-part.ts';

/** The figures of a batch that do not depend on how it is delivered. */
export type BatchFigures = Pick<
  BatchSummary,
  'topic' | 'runs' | 'moreRuns' | 'records' | 'invalidTimestamps' | 'oldestRecordAge'
>;

/**
 * Maximum of runs in a summary. One needs 100 bytes of a log line, and an event in CloudWatch Logs had 256 KiB
 * before it had 1 MiB. It is more than a message names, because the saved query of archived offsets reads it.
 */
const MOST_RUNS = 1000;

/**
 * Sums up a batch for the log line and the metrics.
 *
 * @param now epoch milliseconds; a producer's clock may be ahead of it
 */
export function summariseBatch({ runs }: Batch, now: number): BatchFigures {
  let records = 0;
  let invalidTimestamps = 0;
  let oldest = Number.POSITIVE_INFINITY;
  for (const run of runs) {
    records += run.records.length;
    for (const { timestamp } of run.records) {
      if (!isFolderTimestamp(timestamp)) invalidTimestamps += 1;
      else if (timestamp < oldest) oldest = timestamp;
    }
  }
  return {
    topic: runs[0]?.topic,
    runs: runs.slice(0, MOST_RUNS).map(({ partition, first, last, records }) => ({
      partition,
      firstOffset: first,
      lastOffset: last,
      records: records.length,
    })),
    ...(runs.length > MOST_RUNS && { moreRuns: runs.length - MOST_RUNS }),
    records,
    invalidTimestamps,
    oldestRecordAge: oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(0, now - oldest),
  };
}

/** Maximum of topic-partitions that one error names: the key in the store's own message names all of them. */
const MOST_RANGES = 3;

/** The failure to deliver records. Its error names the first of them in front of the cause's message. */
export function notDelivered(runs: readonly RunPart[], cause: ArchiverError): DeliveryFailure {
  const { code, retryable, message } = cause;
  const ranges = nameFirst(
    runs,
    ({ topic, partition, first, last }) => `${topic}-${partition} offsets ${first} to ${last}`,
    MOST_RANGES,
  );
  const error = new ArchiverError(code, `${ranges}: ${message} (${code})`, { retryable, cause });
  return { runs, error };
}
