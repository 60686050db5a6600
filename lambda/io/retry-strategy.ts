import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

/** Attempts of one call, the first included. */
export const MAX_ATTEMPTS = 10;

/** Milliseconds that the first pause lasts at most; each further one may last twice as long. */
const FIRST_PAUSE = 100;
const FIRST_PAUSE_AFTER_THROTTLE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Tries S3 calls again after throttles, server errors, lost connections and 409 (another write of the
 * key was under way), with exponential backoff and full jitter, up to 10 attempts.
 *
 * Not the SDK's own strategy, because that one has a quota of retries which all calls of a client share
 * and only successes refill: right for a fleet behind one service, but here a batch of many objects
 * would use it up in the first bad moment, and the next invocation would begin without any. What bounds
 * the load here are the attempts, the bounded number of parallel puts, and the invocation's deadline.
 *
 * @param random from 0 to 1
 */
export function createRetryStrategy(random: () => number): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: () => Promise.resolve(tokenOf(0, 0)),

    refreshRetryTokenForRetry(token, { error, errorType }: RetryErrorInfo) {
      const attempts = token.getRetryCount() + 1;
      if (attempts >= MAX_ATTEMPTS || (errorType === 'CLIENT_ERROR' && !isConflict(error))) {
        return Promise.reject(error);
      }
      const first = errorType === 'THROTTLING' ? FIRST_PAUSE_AFTER_THROTTLE : FIRST_PAUSE;
      const longest = Math.min(LONGEST_PAUSE, first * 2 ** (attempts - 1));
      return Promise.resolve(tokenOf(attempts, Math.round(random() * longest)));
    },

    recordSuccess: () => undefined,
  };
}

function isConflict(error: RetryErrorInfo['error']): boolean {
  return error?.$metadata?.httpStatusCode === 409;
}

function tokenOf(retryCount: number, retryDelay: number): RetryToken {
  return { getRetryCount: () => retryCount, getRetryDelay: () => retryDelay };
}
