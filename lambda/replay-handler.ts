import type { Context } from 'aws-lambda';
import { type InvocationContext, storeOptions } from './archive-handler.ts';
import { DEADLINE_MARGIN_MS, deadLetterAttributes, objectMetadataNames } from './contract.ts';
import { ArchiverError, toArchiverError } from './core/errors.ts';
import { retryDelaySeconds } from './core/failed-batch/backoff.ts';
import { toAttributeText, toMetadataText } from './core/failed-batch/carried-text.ts';
import { deadLetterNotification } from './core/failed-batch/dead-letter-notification.ts';
import {
  describeRanges,
  type FailedBatch,
  type FailedRange,
  knownRanges,
  missingRanges,
  parseFailedBatch,
} from './core/failed-batch/failed-batch.ts';
import type { QueueEvent, QueueMessage } from './core/failed-batch/queue-event.ts';
import { type FailedBatchPointer, parseReplayMessage } from './core/failed-batch/replay-message.ts';
import type {
  BatchSummary,
  CallOptions,
  Clock,
  Delivery,
  FailedBatchStore,
  Notification,
  Notifier,
  ReplayFailure,
  ReplayQueue,
  ReplayTelemetry,
} from './core/ports.ts';
import { type Batch, parseBatch } from './core/record/kafka-event.ts';

/** Settings of the replay handler. */
export interface ReplaySettings {
  readonly failedBatchBucket: string;
  /** Tries that a message has; the queue's own redrive policy has the same number. */
  readonly replayTries: number;
  /** Seconds until a failed try is made again, the first time. */
  readonly replayRetrySeconds: number;
  /** Name of the stack. */
  readonly serviceName: string;
  /** Where the log of the function is whose batches these are; undefined, it is not linked to. */
  readonly archiveLogGroup: string | undefined;
}

/** The parts that the replay handler works with. */
export interface ReplayDeps {
  readonly failedBatches: FailedBatchStore;
  readonly queue: ReplayQueue;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly telemetry: ReplayTelemetry;
  /** Tells of dead letters; undefined, nobody is told. */
  readonly notifier: Notifier | undefined;
  /** From 0 to 1: the jitter of waits. */
  readonly random: () => number;
  readonly settings: ReplaySettings;
}

/** What the replay handler uses of Lambda's context object: also where its log is. */
export type ReplayContext = InvocationContext &
  Pick<Context, 'invokedFunctionArn' | 'logGroupName' | 'logStreamName'>;

/** The messages that SQS is to keep: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export interface QueueBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Milliseconds before the end of an invocation at which calls to queues and topic are aborted. */
const MESSAGE_MARGIN_MS = 1_000;
/** Milliseconds after which one attempt of such a call counts as lost. */
const MESSAGE_ATTEMPT_MS = 2_000;
/** Milliseconds that a notification may take: time for a few attempts. */
const NOTIFY_MS = 5_000;

/**
 * Replays the failed batches that the messages of one invocation point to: load, parse, deliver as the
 * archive does, mark as replayed.
 *
 * A message is done when every record of its failed batch is stored and the batch is marked; replaying
 * again what is stored is a success. What another try may get past comes again, later each time. What it
 * cannot, and what has had its last try, goes to the dead-letter queue with its reason, and its failed
 * batch stays as it is. Nothing else is ever acknowledged. Whether somebody could be told of a dead letter
 * changes nothing.
 *
 * Resolves with the messages that SQS is to keep.
 */
export function createReplayHandler(deps: ReplayDeps) {
  return async (
    { Records: messages }: QueueEvent,
    context: ReplayContext,
  ): Promise<QueueBatchResponse> => {
    const kept: { itemIdentifier: string }[] = [];
    const notified: Promise<void>[] = [];
    // One after the other, so that memory is that of one batch.
    for (const [index, message] of messages.entries()) {
      const attempt = new Try(message, deps, context);
      const isDone = await attempt.run(messages.length - index);
      if (!isDone) kept.push({ itemIdentifier: message.messageId });
      notified.push(attempt.notified);
    }
    // Not before the next message, whose time that would be.
    await Promise.all(notified);
    return { batchItemFailures: kept };
  };
}

/** One try of a message, and what is found out about its failed batch on the way. */
class Try {
  /** Fulfilled when somebody was told of the dead letter that came of it, or could not be. */
  notified: Promise<void> = Promise.resolve();
  readonly #message: QueueMessage;
  readonly #deps: ReplayDeps;
  readonly #context: ReplayContext;
  readonly #tries: number;
  #pointer: FailedBatchPointer | undefined;
  #failedBatch: FailedBatch | undefined;
  #batch: Batch | undefined;

  constructor(message: QueueMessage, deps: ReplayDeps, context: ReplayContext) {
    this.#message = message;
    this.#deps = deps;
    this.#context = context;
    this.#tries = Number(message.attributes.ApproximateReceiveCount);
  }

  /**
   * Whether the message is to be acknowledged.
   *
   * @param share how many messages the rest of the invocation's time is for
   */
  async run(share: number): Promise<boolean> {
    const { clock } = this.#deps;
    const left = Math.max(0, this.#context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
    const options = storeOptions(clock, Math.floor(left / share));
    try {
      const pointers = parseReplayMessage(this.#message.body);
      for (const pointer of pointers) await this.#replay(pointer, options);
      if (pointers.length === 0) {
        this.#deps.telemetry.messageIgnored(this.#context.awsRequestId, this.#message.messageId);
      }
      return true;
    } catch (cause) {
      const failure = this.#failure(toArchiverError(cause));
      const hasTries = this.#tries < this.#deps.settings.replayTries;
      if (failure.error.retryable && hasTries) return this.#delay(failure);
      return this.#bury(failure);
    }
  }

  async #replay(pointer: FailedBatchPointer, options: CallOptions): Promise<void> {
    const { clock, delivery, failedBatches, settings, telemetry } = this.#deps;
    const { awsRequestId: requestId, functionVersion } = this.#context;
    this.#pointer = pointer;
    this.#failedBatch = undefined;
    this.#batch = undefined;
    if (pointer.bucket !== settings.failedBatchBucket) {
      const problem = `it points to '${pointer.bucket}', which is not the bucket of failed batches`;
      throw new ArchiverError('INVALID_MESSAGE', problem);
    }
    const entry = await failedBatches.load(pointer, options);
    this.#failedBatch = parseFailedBatch(entry.text);
    const { condition, event } = this.#failedBatch;
    if (event === undefined) throw noPayload(this.#failedBatch);
    this.#batch = parseBatch(event);
    if (this.#batch.runs.length === 0) throw noPayload(this.#failedBatch);
    const provenance = {
      [objectMetadataNames.failedBatch]: toMetadataText(pointer.key),
      [objectMetadataNames.failedBatchCondition]: toMetadataText(condition),
    };
    const job = { requestId, functionVersion, provenance, ...options };
    const { failures, summary } = await delivery.deliver(this.#batch, job);
    const [error, ...errors] = failures.map((failure) => failure.error);
    if (error !== undefined) throw notReplayed(error, errors);
    const missing = missingRanges(this.#failedBatch, this.#batch.runs);
    if (missing.length > 0) throw incomplete(missing);
    const at = new Date(clock.now()).toISOString();
    await failedBatches.markReplayed(entry.pointer, { at, objects: objectsOf(summary) }, options);
    const failedBatch = pointer.key;
    telemetry.batchReplayed({ ...summary, failedBatch, condition, tries: this.#tries });
  }

  #failure(error: ArchiverError): ReplayFailure {
    const ranges = knownRanges(this.#failedBatch, this.#batch?.runs);
    return {
      requestId: this.#context.awsRequestId,
      messageId: this.#message.messageId,
      tries: this.#tries,
      error,
      failedBatch: this.#pointer?.key,
      condition: this.#failedBatch?.condition,
      offsets: describeRanges(ranges) || undefined,
    };
  }

  /** Has the message come again later, the longer the more often it was tried. */
  async #delay(failure: ReplayFailure): Promise<false> {
    const { queue, random, settings, telemetry } = this.#deps;
    const seconds = retryDelaySeconds(this.#tries, settings.replayRetrySeconds, random());
    const delayed = await queue
      .delay(this.#message.receiptHandle, seconds, this.#messageOptions())
      // Then it comes again after the queue's own visibility timeout.
      .then(
        () => seconds,
        () => undefined,
      );
    telemetry.batchDelayed(failure, delayed);
    return false;
  }

  async #bury(failure: ReplayFailure): Promise<boolean> {
    const { clock, queue, telemetry } = this.#deps;
    const diedAt = new Date(clock.now()).toISOString();
    const attributes = attributesOf(failure, diedAt);
    try {
      await queue.bury({ body: this.#message.body, attributes }, this.#messageOptions());
    } catch {
      // It comes again, until SQS itself moves it to the dead-letter queue.
      telemetry.batchDelayed(failure, undefined);
      return false;
    }
    telemetry.batchDied(failure);
    this.notified = this.#notify(failure, diedAt);
    return true;
  }

  async #notify(failure: ReplayFailure, diedAt: string): Promise<void> {
    const { notifier, telemetry } = this.#deps;
    if (notifier === undefined) return;
    try {
      const notification = this.#notification(failure, diedAt);
      // The next batch is loaded while somebody is told of this one.
      this.#failedBatch = undefined;
      this.#batch = undefined;
      await notifier.notify(notification, this.#messageOptions(NOTIFY_MS));
    } catch (cause) {
      telemetry.notificationFailed(failure, toArchiverError(cause));
    }
  }

  #notification(failure: ReplayFailure, diedAt: string): Notification {
    const { archiveLogGroup, serviceName } = this.#deps.settings;
    const { invokedFunctionArn, logGroupName, logStreamName } = this.#context;
    return deadLetterNotification({
      ...{ archiveLogGroup, diedAt, failure, serviceName },
      ...{ invokedFunctionArn, logGroupName, logStreamName },
      pointer: this.#pointer,
      failedBatch: this.#failedBatch,
      runs: this.#batch?.runs,
    });
  }

  #messageOptions(longest = Number.POSITIVE_INFINITY): CallOptions {
    const left = this.#context.getRemainingTimeInMillis() - MESSAGE_MARGIN_MS;
    return {
      signal: this.#deps.clock.timeout(Math.max(0, Math.min(longest, left))),
      attemptTimeout: MESSAGE_ATTEMPT_MS,
    };
  }
}

function attributesOf(failure: ReplayFailure, diedAt: string): Readonly<Record<string, string>> {
  const { condition, error, failedBatch, offsets, requestId } = failure;
  const given = {
    [deadLetterAttributes.code]: error.code,
    [deadLetterAttributes.reason]: error.message,
    [deadLetterAttributes.failedBatch]: failedBatch,
    [deadLetterAttributes.condition]: condition,
    [deadLetterAttributes.offsets]: offsets,
    [deadLetterAttributes.requestId]: requestId,
    [deadLetterAttributes.diedAt]: diedAt,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value ? [[name, toAttributeText(value)]] : [],
    ),
  );
}

function objectsOf({ objects, alreadyStored }: BatchSummary): number {
  return objects + alreadyStored;
}

function noPayload({ condition, ranges }: FailedBatch): ArchiverError {
  const offsets = describeRanges(ranges) || 'offsets unknown';
  return new ArchiverError(
    'NO_PAYLOAD',
    `the failed batch has no records to replay (${condition}): fetch ${offsets} from the topic`,
  );
}

function incomplete(missing: readonly FailedRange[]): ArchiverError {
  return new ArchiverError(
    'INCOMPLETE_PAYLOAD',
    `the failed batch lacks records that it names: fetch ${describeRanges(missing)} from the topic; what it has is stored`,
  );
}

/** One error for all that is not stored: worth another try if any of it is. */
function notReplayed(error: ArchiverError, others: readonly ArchiverError[]): ArchiverError {
  const all = [error, ...others];
  const message = all.map((each) => each.message).join('; ');
  const retryable = all.some((each) => each.retryable);
  return new ArchiverError(error.code, message, { retryable, cause: new AggregateError(all) });
}
