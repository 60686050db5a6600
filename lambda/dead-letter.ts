import { deadLetterAttributes } from './contract.ts';
import { toArchiverError } from './core/errors.ts';
import { toAttributeText } from './core/failed-batch/carried-text.ts';
import {
  deadLetterNotification,
  type ReplayFacts,
} from './core/failed-batch/dead-letter-notification.ts';
import type {
  Clock,
  Notification,
  Notifier,
  ReplayFailure,
  ReplayQueue,
  ReplayTelemetry,
} from './core/ports.ts';
import { type InvocationContext, type LogContext, messageCallOptions } from './invocation.ts';

/** The parts that sending dead letters works with. */
export interface DeadLetterDeps {
  readonly queue: Pick<ReplayQueue, 'sendDeadLetter'>;
  /** Publishes a notification of each dead letter; undefined if there is no topic for them. */
  readonly notifier: Notifier | undefined;
  readonly clock: Clock;
  readonly telemetry: Pick<ReplayTelemetry, 'batchDelayed' | 'batchDied' | 'notificationFailed'>;
  readonly settings: {
    /** Name of the archive. */
    readonly serviceName: string;
    /** Flags that select the archive in the command line. @default - `--stack` with the service name */
    readonly operatorFlags?: string | undefined;
    /** Log group of the archive function, to link to. @default - no link */
    readonly archiveLogGroup?: string | undefined;
  };
}

/** A message that is given up: the message, the failure of its last try, and the facts found by then. */
export interface GivenUpMessage extends ReplayFacts {
  readonly body: string;
  readonly failure: ReplayFailure;
}

/** A dead letter that is in its queue. */
export interface SentDeadLetter {
  /** Fulfilled once the notification is published or has failed; never rejects. */
  readonly notified: Promise<void>;
}

/** Milliseconds that publishing a notification may take: enough for a few attempts. */
const NOTIFY_MS = 5_000;

/**
 * Creates the function that gives a message up: it sends the message to the dead-letter queue with the
 * reason, and starts to publish a notification of it. A notification that fails is logged and changes
 * nothing else.
 *
 * Resolves with undefined if the queue did not accept the dead letter. SQS then redelivers the message,
 * and moves it to the dead-letter queue itself once its receives are used up.
 */
export function createDeadLetterSender({
  clock,
  notifier,
  queue,
  settings: { archiveLogGroup, operatorFlags, serviceName },
  telemetry,
}: DeadLetterDeps) {
  return async (
    { body, ...known }: GivenUpMessage,
    context: InvocationContext & LogContext,
  ): Promise<SentDeadLetter | undefined> => {
    const { failure } = known;
    const diedAt = new Date(clock.now()).toISOString();
    const attributes = attributesOf(failure, diedAt);
    try {
      await queue.sendDeadLetter({ body, attributes }, messageCallOptions(clock, context));
    } catch {
      telemetry.batchDelayed(failure, undefined);
      return undefined;
    }
    telemetry.batchDied(failure);
    const { invokedFunctionArn, logGroupName, logStreamName } = context;
    const log = { archiveLogGroup, invokedFunctionArn, logGroupName, logStreamName };
    return {
      notified: notify(
        () => deadLetterNotification({ ...known, ...log, diedAt, operatorFlags, serviceName }),
        failure,
        context,
      ),
    };
  };

  async function notify(
    compose: () => Notification,
    failure: ReplayFailure,
    context: InvocationContext,
  ): Promise<void> {
    if (notifier === undefined) return;
    try {
      await notifier.notify(compose(), messageCallOptions(clock, context, NOTIFY_MS));
    } catch (cause) {
      telemetry.notificationFailed(failure, toArchiverError(cause));
    }
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
