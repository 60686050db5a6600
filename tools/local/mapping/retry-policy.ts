// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { type BatchRecord, listName } from '../../../kafka/mapping-event.ts';

/** How an invocation ended. */
export type InvokeOutcome =
  /** The handler's result, as JSON text. */
  | { readonly kind: 'returned'; readonly payload: string }
  /** A function error: thrown, timed out, crashed, out of its limits. */
  | { readonly kind: 'failed'; readonly errorType: string }
  /** The batch never reached the function. */
  | { readonly kind: 'throttled' };

/** Why records are given up, in the words of the service's failure entries. */
export type DiscardCondition =
  | 'RetryAttemptsExhausted'
  | 'RecordAgeExceeded'
  | 'MaximumPayloadSizeExceeded';

/** How failed batches are tried again. */
export interface RetrySettings {
  /** Further tries after the first; -1 for no end. */
  readonly maximumRetryAttempts: number;
  /** Seconds since a record's timestamp after which it is given up; -1 for no end. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** Whether what is given up goes to an on-failure destination. */
  readonly hasDestination: boolean;
  /** Whether halving a batch spends an attempt: documented for Kinesis only (it does not). */
  readonly bisectSpendsAttempt: boolean;
  /**
   * What is sent again after a partial batch response: the records it names, or with them all later
   * ones of their partitions, as Kinesis does. Not documented for Kafka.
   */
  readonly resend: 'named' | 'from lowest';
}

/** Records on their way through the function, with the tries they have had. */
export interface Attempt {
  readonly records: readonly BatchRecord[];
  /** Tries that ended in a function error. */
  readonly failures: number;
}

/** What becomes of an attempt: records in none of these are done. */
export interface RetryStep {
  /** To be sent again, in this order. */
  readonly retry: readonly Attempt[];
  readonly discarded: readonly BatchRecord[];
}

/** With a destination and no end of retries, the service stops at ten. DG: kafka-retry-configurations */
const RETRIES_WITH_DESTINATION = 10;

/** Decides what follows from an invocation's outcome. */
export function decideRetry(
  attempt: Attempt,
  outcome: InvokeOutcome,
  settings: RetrySettings & { readonly topic: string },
): RetryStep {
  if (outcome.kind === 'throttled') return { retry: [attempt], discarded: [] };
  const failed =
    outcome.kind === 'failed'
      ? attempt.records
      : recordsToResend(attempt, outcome.payload, settings);
  if (failed.length === 0) return { retry: [], discarded: [] };

  const failures = attempt.failures + 1;
  const limit =
    settings.maximumRetryAttempts === -1 && settings.hasDestination
      ? RETRIES_WITH_DESTINATION
      : settings.maximumRetryAttempts;
  const isExhausted = limit !== -1 && failures > limit;
  const isWhole = failed.length === attempt.records.length;
  const mayBisect = settings.bisectBatchOnFunctionError && isWhole && failed.length > 1;
  if (mayBisect && !(settings.bisectSpendsAttempt && isExhausted)) {
    const half = Math.ceil(failed.length / 2);
    const spent = settings.bisectSpendsAttempt ? failures : attempt.failures;
    const halves = [failed.slice(0, half), failed.slice(half)];
    return { retry: halves.map((records) => ({ records, failures: spent })), discarded: [] };
  }
  if (isExhausted) return { retry: [], discarded: failed };
  return { retry: [{ records: failed, failures }], discarded: [] };
}

/** Splits off the records whose age is over the limit. Pure: `now` is epoch milliseconds. */
export function splitByAge(
  records: readonly BatchRecord[],
  maximumRecordAgeSeconds: number,
  now: number,
): { readonly fresh: readonly BatchRecord[]; readonly expired: readonly BatchRecord[] } {
  if (maximumRecordAgeSeconds === -1) return { fresh: records, expired: [] };
  const oldest = now - maximumRecordAgeSeconds * 1000;
  const { fresh = [], expired = [] } = Object.groupBy(records, ({ record }) =>
    record.timestamp < oldest ? 'expired' : 'fresh',
  );
  return { fresh, expired };
}

/**
 * The records that a handler's result asks for again: none for null, `{}` or an empty list; all where
 * an identifier is not in the batch or the result has another shape. DG: kafka-retry-configurations
 */
function recordsToResend(
  { records }: Attempt,
  payload: string,
  settings: RetrySettings & { readonly topic: string },
): readonly BatchRecord[] {
  if (!settings.reportBatchItemFailures) return [];
  const identifiers = readItemFailures(payload);
  if (identifiers === 'invalid') return records;
  const idOf = ({ record: { partition, offset } }: BatchRecord) =>
    `${listName(settings, partition)} ${offset}`;
  const ids = new Set(records.map(idOf));
  if (![...identifiers].every((id) => ids.has(id))) return records;
  if (settings.resend === 'named') return records.filter((record) => identifiers.has(idOf(record)));

  const reached = new Set<number>();
  return records.filter((record) => {
    if (identifiers.has(idOf(record))) reached.add(record.record.partition);
    return reached.has(record.record.partition);
  });
}

/** The identifiers in a partial batch response, as `topic-partition offset`. */
function readItemFailures(payload: string): ReadonlySet<string> | 'invalid' {
  let result: unknown;
  try {
    result = payload === '' ? null : JSON.parse(payload);
  } catch {
    return 'invalid';
  }
  if (result === null) return new Set();
  if (typeof result !== 'object') return 'invalid';
  const { batchItemFailures } = result as { batchItemFailures?: unknown };
  if (batchItemFailures == null) return new Set();
  if (!Array.isArray(batchItemFailures)) return 'invalid';
  const identifiers = new Set<string>();
  for (const item of batchItemFailures) {
    const { partition, offset } = item?.itemIdentifier ?? {};
    if (typeof partition !== 'string' || !Number.isInteger(offset)) return 'invalid';
    identifiers.add(`${partition} ${offset}`);
  }
  return identifiers;
}
