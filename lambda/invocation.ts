import type { Context } from 'aws-lambda';
import { DEADLINE_MARGIN_MS } from './contract.ts';
import type { CallOptions, Clock } from './core/ports.ts';

/** The part of Lambda's context object that every handler uses. */
export type InvocationContext = Pick<
  Context,
  'awsRequestId' | 'functionVersion' | 'getRemainingTimeInMillis'
>;

/** The part of Lambda's context object that says where the invocation's log is. */
export type LogContext = Pick<Context, 'invokedFunctionArn' | 'logGroupName' | 'logStreamName'>;

/** Milliseconds before the end of an invocation at which calls to queues and topics are aborted. */
const MESSAGE_MARGIN_MS = 1_000;
/** Milliseconds after which an attempt of such a call counts as lost. */
const MESSAGE_ATTEMPT_MS = 2_000;

/** Milliseconds that are left for the work of an invocation, ahead of the deadline margin. */
export function timeLeft(context: InvocationContext): number {
  return Math.max(0, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
}

/** The limits of calls that may use the given number of milliseconds. */
export function callOptions(clock: Clock, milliseconds: number): CallOptions {
  // Half for one attempt: a lost attempt leaves time for another, and a slow one has time to succeed.
  return { signal: clock.timeout(milliseconds), attemptTimeout: Math.ceil(milliseconds / 2) };
}

/**
 * The limits of a call to a queue or a topic. It may use part of the deadline margin, so that a message
 * can still be delayed or sent after its batch has used up the time for the work itself.
 *
 * @param longest milliseconds that the call may take at most
 */
export function messageCallOptions(
  clock: Clock,
  context: InvocationContext,
  longest = Number.POSITIVE_INFINITY,
): CallOptions {
  const left = context.getRemainingTimeInMillis() - MESSAGE_MARGIN_MS;
  return {
    signal: clock.timeout(Math.max(0, Math.min(longest, left))),
    attemptTimeout: MESSAGE_ATTEMPT_MS,
  };
}
