import { ArchiverError, type ErrorCode } from '../core/errors.ts';

/** The HTTP status that a service answered with; undefined where it did not answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode;
}

/** Whether another invocation may get past it: not where the service refuses the request itself. */
const isRetryableStatus = (status = 500) => status >= 500 || status === 409 || status === 429;

/** Which call failed. */
export interface FailedCall {
  readonly code: ErrorCode;
  /** Such as `put of 'key'`. */
  readonly action: string;
  readonly signal: AbortSignal;
}

/** A failed call of an AWS client, as an {@link ArchiverError}. */
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
    retryable: isRetryableStatus(status),
    cause,
  });
}
