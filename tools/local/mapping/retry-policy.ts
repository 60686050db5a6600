// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { type BatchRecord, listName } from '../../../lambda/core/record/mapping-event.ts';
import { readItemFailures } from './partial-response.ts';

/** The outcome of an invocation. */
export type InvokeOutcome =
  /** The handler's result, as JSON text. */
  | { readonly kind: 'returned'; readonly payload: string }
  /** A function error: thrown, timed out, crashed, or over a limit. */
  | { readonly kind: 'failed'; readonly errorType: string }
  /** The batch never reached the function. */
  | { readonly kind: 'throttled' };

/** Why records are given up, as in the service's failure entries. */
export type DiscardCondition =
  | 'RetryAttemptsExhausted'
  | 'RecordAgeExceeded'
  | 'MaximumPayloadSizeExceeded';

/** Settings of retries. */
export interface RetrySettings {
  /** Retries after the first attempt; -1 for no limit. */
  readonly maximumRetryAttempts: number;
  /** Age in seconds, by its timestamp, at which a record is given up; -1 for no limit. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** Whether there is an on-failure destination. */
  readonly hasDestination: boolean;
  /** Whether splitting a batch counts as an attempt: documented only for Kinesis, where it does not. */
  readonly bisectSpendsAttempt: boolean;
  /**
   * What is resent after a partial batch response: the named records, or these and all later records
   * of their partitions, as Kinesis does. Not documented for Kafka.
   */
  readonly resend: 'named' | 'from lowest';
}

/** Records to invoke the function with, and their failed attempts so far. */
export interface Attempt {
  readonly records: readonly BatchRecord[];
  /** Attempts that ended in a function error. */
  readonly failures: number;
}

/** The result of an attempt: records in neither list are finished. */
export interface RetryStep {
  /** To be retried, in this order. */
  readonly retry: readonly Attempt[];
  readonly discarded: readonly BatchRecord[];
}

/** With a destination and no limit, the service stops at ten retries. DG: kafka-retry-configurations */
const RETRIES_WITH_DESTINATION = 10;

/** Decides how to proceed after an invocation. */
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

/** Separates the records whose age exceeds the limit. Pure: `now` is epoch milliseconds. */
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
 * The records that a handler's result reports as failed: none for null, `{}` or an empty list; all if
 * an identifier is not in the batch or the result is malformed. DG: kafka-retry-configurations
 */
function recordsToResend(
  { records }: Attempt,
  payload: string,
  settings: RetrySettings & { readonly topic: string },
): readonly BatchRecord[] {
  if (!settings.reportBatchItemFailures) return [];
  const identifiers = readIdentifiers(payload);
  if (identifiers === undefined) return records;
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

/** The identifiers as `topic-partition offset`; undefined for a malformed response. */
function readIdentifiers(payload: string): ReadonlySet<string> | undefined {
  const identifiers = readItemFailures(payload)?.map((identifier) => {
    const { partition, offset } = (identifier ?? {}) as { partition?: unknown; offset?: unknown };
    const isValid = typeof partition === 'string' && Number.isInteger(offset);
    return isValid ? `${partition} ${offset}` : undefined;
  });
  if (identifiers === undefined) return undefined;
  const valid = identifiers.filter((each) => each !== undefined);
  return valid.length === identifiers.length ? new Set(valid) : undefined;
}
