import { objectMetadataNames } from './contract.ts';
import { MOST_NAMED, nameFirst } from './core/bounded-text.ts';
import { ArchiverError, toArchiverError } from './core/errors.ts';
import { retryDelaySeconds } from './core/failed-batch/backoff.ts';
import { toMetadataText } from './core/failed-batch/carried-text.ts';
import type { ReplayFacts } from './core/failed-batch/dead-letter-notification.ts';
import {
  describeRanges,
  type FailedBatch,
  knownRanges,
  missingRanges,
  type OffsetRange,
  parseFailedBatch,
} from './core/failed-batch/failed-batch.ts';
import type { QueueEvent, QueueMessage } from './core/failed-batch/queue-event.ts';
import { type FailedBatchPointer, parseReplayMessage } from './core/failed-batch/replay-message.ts';
import type {
  Clock,
  Delivery,
  DeliveryJob,
  FailedBatchStore,
  ReplayFailure,
  ReplayQueue,
  ReplayTelemetry,
} from './core/ports.ts';
import { type Batch, parseBatch } from './core/record/kafka-event.ts';
import { createDeadLetterSender, type DeadLetterDeps } from './dead-letter.ts';
import {
  callOptions,
  type InvocationContext,
  type LogContext,
  messageCallOptions,
  timeLeft,
} from './invocation.ts';

/** Settings of the replay handler. */
export interface ReplaySettings {
  readonly failedBatchBucket: string;
  /** Maximum of tries for a message; equals `maxReceiveCount` of the queue's redrive policy. */
  readonly replayTries: number;
  /** Seconds before the first retry of a failed replay. */
  readonly replayRetrySeconds: number;
}

/** The parts that the replay handler works with. */
export interface ReplayDeps extends DeadLetterDeps {
  readonly failedBatches: FailedBatchStore;
  readonly queue: ReplayQueue;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly telemetry: ReplayTelemetry;
  /** From 0 to 1: the jitter of retry delays. */
  readonly random: () => number;
  readonly settings: ReplaySettings & DeadLetterDeps['settings'];
}

/** The messages that SQS is to keep: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export interface QueueBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Creates the handler that replays the failed batches its messages point to: load, parse, deliver as the
 * archive function does, mark as replayed.
 *
 * A message is done once every record of its failed batch is stored and the batch is marked. Replaying what
 * is already stored succeeds. Retryable failures are redelivered with growing delays. A failure that is not
 * retryable, or the last try of a message, makes it a dead letter with its reason, and leaves the failed batch
 * as it is. No other message is acknowledged.
 *
 * Resolves with the messages that SQS is to keep.
 */
export function createReplayHandler(deps: ReplayDeps) {
  const { clock, settings, telemetry } = deps;
  const sendDeadLetter = createDeadLetterSender(deps);
  return async (
    { Records: messages }: QueueEvent,
    context: InvocationContext & LogContext,
  ): Promise<QueueBatchResponse> => {
    const { awsRequestId: requestId, functionVersion } = context;
    const kept: { itemIdentifier: string }[] = [];
    const notified: Promise<void>[] = [];
    // One after the other, so that only one batch is in memory.
    for (const [index, message] of messages.entries()) {
      const share = Math.floor(timeLeft(context) / (messages.length - index));
      const job = { requestId, functionVersion, ...callOptions(clock, share) };
      const outcome = await replayOne(message, job, deps);
      if (outcome.step === 'ignored') telemetry.messageIgnored(requestId, message.messageId);
      if (outcome.step !== 'failed') continue;
      const { facts, failure } = outcome;
      if (failure.error.retryable && failure.tries < settings.replayTries) {
        await delay(message, failure, context, deps);
        kept.push({ itemIdentifier: message.messageId });
        continue;
      }
      const sent = await sendDeadLetter({ body: message.body, failure, ...facts }, context);
      if (sent === undefined) kept.push({ itemIdentifier: message.messageId });
      else notified.push(sent.notified);
    }
    // Only now: waiting earlier would take time from the next message.
    await Promise.all(notified);
    return { batchItemFailures: kept };
  };
}

/** The step that the replay of one message reached: it ended, found nothing to replay, or failed. */
type ReplayOutcome =
  | { readonly step: 'replayed' | 'ignored' }
  | { readonly step: 'failed'; readonly failure: ReplayFailure; readonly facts: ReplayFacts };

async function replayOne(
  message: QueueMessage,
  job: DeliveryJob,
  deps: ReplayDeps,
): Promise<ReplayOutcome> {
  const tries = Number(message.attributes.ApproximateReceiveCount);
  const failures: { readonly facts: ReplayFacts; readonly error: ArchiverError }[] = [];
  let pointers: readonly FailedBatchPointer[] = [];
  try {
    pointers = parseReplayMessage(message.body);
  } catch (cause) {
    failures.push({ facts: {}, error: toArchiverError(cause) });
  }
  for (const pointer of pointers) {
    let facts: ReplayFacts = { pointer };
    const learn = (found: ReplayFacts) => {
      facts = { ...facts, ...found };
    };
    try {
      await replayFailedBatch(pointer, { deps, job, learn, tries });
    } catch (cause) {
      failures.push({ facts, error: toArchiverError(cause) });
    }
  }
  // A message has one outcome. While any of its failed batches may still succeed, it is retried.
  const failed = failures.find(({ error }) => error.retryable) ?? failures[0];
  if (failed === undefined) return { step: pointers.length === 0 ? 'ignored' : 'replayed' };
  const failure = failureOf(failed.facts, {
    requestId: job.requestId,
    messageId: message.messageId,
    tries,
    error: withOthers(failed.error, failures.length - 1),
  });
  return { step: 'failed', failure, facts: failed.facts };
}

/** S3 sends one failed batch in a message, and so does the command line. */
function withOthers(error: ArchiverError, others: number): ArchiverError {
  if (others === 0) return error;
  const { code, message, retryable } = error;
  const all = `${message}; and ${others} more of the message's failed batches failed`;
  return new ArchiverError(code, all, { retryable, cause: error });
}

interface Replay {
  readonly deps: ReplayDeps;
  readonly job: DeliveryJob;
  readonly tries: number;
  /** Notes what was found out, for a failure later on. */
  readonly learn: (found: ReplayFacts) => void;
}

async function replayFailedBatch(
  pointer: FailedBatchPointer,
  { deps, job, learn, tries }: Replay,
): Promise<void> {
  const { clock, delivery, failedBatches, settings, telemetry } = deps;
  if (pointer.bucket !== settings.failedBatchBucket) throw foreignBucket(pointer);
  const entry = await failedBatches.load(pointer, job);
  const { event, ...failedBatch } = parseFailedBatch(entry.text);
  learn({ failedBatch });
  const batch = parsePayload({ event, ...failedBatch });
  const runs = batch.runs.map(({ records, ...run }) => ({ ...run, records: records.length }));
  learn({ runs });
  if (batch.runs.length === 0) throw noPayload(failedBatch);
  const { condition } = failedBatch;
  const provenance = {
    [objectMetadataNames.failedBatch]: toMetadataText(pointer.key),
    [objectMetadataNames.failedBatchCondition]: toMetadataText(condition),
  };
  const { failures, summary } = await delivery.deliver(batch, { ...job, provenance });
  const [error, ...errors] = failures.map((failure) => failure.error);
  if (error !== undefined) throw notReplayed(error, errors);
  const missing = missingRanges(failedBatch, runs);
  if (missing.length > 0) throw incomplete(missing);
  const at = new Date(clock.now()).toISOString();
  const objects = summary.objects + summary.alreadyStored;
  await failedBatches.markReplayed(entry.pointer, { at, objects }, job);
  telemetry.batchReplayed({ ...summary, failedBatch: pointer.key, condition, tries });
}

function parsePayload(failedBatch: FailedBatch): Batch {
  if (failedBatch.event === undefined) throw noPayload(failedBatch);
  return parseBatch(failedBatch.event);
}

function failureOf(
  { failedBatch, pointer, runs }: ReplayFacts,
  failure: Pick<ReplayFailure, 'requestId' | 'messageId' | 'tries' | 'error'>,
): ReplayFailure {
  return {
    ...failure,
    failedBatch: pointer?.key,
    condition: failedBatch?.condition,
    offsets: describeRanges(knownRanges(failedBatch, runs)) || undefined,
  };
}

/** Hides the message for a while: the longer, the more often it was tried. */
async function delay(
  { receiptHandle }: QueueMessage,
  failure: ReplayFailure,
  context: InvocationContext,
  { clock, queue, random, settings, telemetry }: ReplayDeps,
): Promise<void> {
  const seconds = retryDelaySeconds(failure.tries, settings.replayRetrySeconds, random());
  const delayed = await queue
    .delay(receiptHandle, seconds, messageCallOptions(clock, context))
    // SQS then redelivers the message after the queue's visibility timeout.
    .then(
      () => seconds,
      () => undefined,
    );
  telemetry.batchDelayed(failure, delayed);
}

function foreignBucket({ bucket }: FailedBatchPointer): ArchiverError {
  const problem = `the message points to bucket '${bucket}', which is not the failed-batch bucket`;
  return new ArchiverError('INVALID_MESSAGE', problem);
}

function noPayload({ condition, ranges }: Pick<FailedBatch, 'condition' | 'ranges'>) {
  const missing = ranges.length === 0 ? 'the missing records' : describeRanges(ranges);
  return new ArchiverError(
    'NO_PAYLOAD',
    `the failed batch holds no records to replay (${condition}): fetch ${missing} from the topic`,
  );
}

function incomplete(missing: readonly OffsetRange[]): ArchiverError {
  return new ArchiverError(
    'INCOMPLETE_PAYLOAD',
    `the failed batch does not hold all records that it names: fetch ${describeRanges(missing)} from the topic; the others are stored`,
  );
}

/** One error for everything that is not stored: retryable if any of it is. It names the first failures. */
function notReplayed(error: ArchiverError, others: readonly ArchiverError[]): ArchiverError {
  const all = [error, ...others];
  const message = nameFirst(all, (each) => each.message);
  const retryable = all.some((each) => each.retryable);
  const cause = new AggregateError(all.slice(0, MOST_NAMED));
  return new ArchiverError(error.code, message, { retryable, cause });
}
