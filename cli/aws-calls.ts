import { ArchiverError } from '../lambda/core/errors.ts';
import { toLine } from './table.ts';

/** Milliseconds after which one attempt of a call counts as lost. */
export const ATTEMPT_MS = 30_000;

/**
 * A failure with all that AWS says of it, in one line, and what to do about it; anything else as it is.
 *
 * @param isStopped whether the user had enough
 */
export function explain(error: unknown, isStopped: boolean): unknown {
  if (!(error instanceof ArchiverError)) return error;
  const { cause, code, message, retryable } = error;
  if (code === 'STORE_ABORTED' && isStopped) return new ArchiverError(code, 'stopped');
  const told = cause instanceof Error ? explanationOf(cause) : '';
  const all = told === '' ? message : `${message}: ${told}`;
  return new ArchiverError(code, toLine(all), { cause, retryable });
}

/** Errors of a session that is over, or that there never was. */
const LOGGED_OUT =
  /^(CredentialsProviderError|TokenProviderError|Expired.*|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException)$/;

function explanationOf(cause: Error): string {
  const message = messageOf(cause);
  if (cause.message === 'Region is missing') return 'no region: give --region, or set AWS_REGION';
  if (!LOGGED_OUT.test(cause.name)) return message;
  return `${message}; log in, with 'aws sso login' for example, or give another --profile`;
}

/** A connection that is tried by several addresses fails with an error for each, and no words of its own. */
function messageOf(cause: Error): string {
  // What the SDK says where the service says nothing.
  if (cause.message === 'UnknownError') return '';
  if (!(cause instanceof AggregateError)) return cause.message;
  return cause.errors
    .map((error: unknown) => (error instanceof Error ? error.message : ''))
    .join('; ');
}
