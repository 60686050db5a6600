import { ArchiverError } from '../lambda/core/errors.ts';
import { toLine } from './table.ts';

/** Milliseconds after which one attempt of a call counts as lost. */
export const ATTEMPT_MS = 30_000;

/**
 * Adds what AWS says about a failed call, on one line, and what to do about it. Returns any other error unchanged.
 *
 * @param isStopped whether the user stopped the command
 */
export function explain(error: unknown, isStopped: boolean): unknown {
  if (!(error instanceof ArchiverError)) return error;
  const { cause, code, message, retryable } = error;
  if (code === 'STORE_ABORTED' && isStopped) return new ArchiverError(code, 'stopped');
  const details = cause instanceof Error ? explanationOf(cause) : '';
  // The name of an error that has no name of its own says nothing.
  const isExplained = details === '' || message.endsWith(`: ${details}`);
  const all = isExplained ? message : `${message.replace(/: Error$/, '')}: ${details}`;
  return new ArchiverError(code, toLine(all), { cause, retryable });
}

/** Errors for missing or expired credentials. */
const LOGGED_OUT =
  /^(CredentialsProviderError|TokenProviderError|Expired.*|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException)$/;

function explanationOf(cause: Error): string {
  const message = messageOf(cause);
  if (cause.message === 'Region is missing') return 'no region: pass --region or set AWS_REGION';
  if (!LOGGED_OUT.test(cause.name)) return message;
  return `${message}; log in, for example with 'aws sso login', or pass another --profile`;
}

/** A connection that is tried on several addresses fails with one error for each, and no message of its own. */
function messageOf(cause: Error): string {
  // The SDK's text for a response without one.
  if (cause.message === 'UnknownError') return '';
  if (!(cause instanceof AggregateError)) return cause.message;
  return cause.errors
    .map((error: unknown) => (error instanceof Error ? error.message : ''))
    .join('; ');
}
