import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { ArchiverError, type ErrorCode } from '../core/errors.ts';
import type { CallOptions } from '../core/ports.ts';

/** Returns the HTTP status of a service's answer, or undefined if it did not answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode;
}

/**
 * Whether the call may succeed in another invocation: not if the service refuses the request itself. Some
 * throttling and time-out errors have status 400 or 403, and an interrupted answer has status 200; the SDK
 * recognises those by name.
 */
function isRetryable(cause: unknown): boolean {
  const status = statusOf(cause) ?? 500;
  if (status < 400 || status >= 500 || status === 409 || status === 429) return true;
  return isError(cause) && (isThrottlingError(cause) || isTransientError(cause));
}

function isError(cause: unknown): cause is SdkError {
  return cause instanceof Error;
}

/** The call that failed. */
export interface FailedCall {
  readonly code: ErrorCode;
  /** Such as `put of 'key'`. */
  readonly action: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a call with an AWS client.
 *
 * @param send makes the call with the given request options
 * @throws {ArchiverError} with the given code, or `STORE_ABORTED`
 */
export async function callAws<Result>(
  { action, code }: Omit<FailedCall, 'signal'>,
  { attemptTimeout, signal }: CallOptions,
  send: (sent: { abortSignal: AbortSignal; requestTimeout: number }) => Promise<Result>,
): Promise<Result> {
  try {
    return await send({ abortSignal: signal, requestTimeout: attemptTimeout });
  } catch (error) {
    throw callError(error, { action, code, signal });
  }
}

/** Converts the error of a failed AWS call into an {@link ArchiverError}. */
export function callError(cause: unknown, { action, code, signal }: FailedCall): ArchiverError {
  if (signal.aborted) {
    return new ArchiverError('STORE_ABORTED', `${action} aborted before the function's timeout`, {
      retryable: true,
      cause,
    });
  }
  const status = statusOf(cause);
  const name = cause instanceof Error ? cause.name : 'unknown error';
  const answer = status === undefined ? name : `${name}, HTTP ${status}`;
  return new ArchiverError(code, `${action} failed: ${answer}`, {
    retryable: isRetryable(cause),
    cause,
  });
}
