import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

/** Maximum of attempts for one call, including the first. */
export const MAX_ATTEMPTS = 10;

/** Upper limits of pauses in milliseconds: of the first one, which then doubles, and of any. */
const FIRST_PAUSE = 100;
const FIRST_PAUSE_AFTER_THROTTLE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Creates a strategy that retries AWS calls after throttling, server errors, lost connections and 409
 * (conflicting writes of one key), with exponential backoff and full jitter, for up to 10 attempts.
 *
 * It replaces the SDK's own strategy, whose retry quota is shared by all calls of a client and refilled only by
 * successes. That suits a fleet in front of one service. Here, a batch of many objects would use up the quota
 * in the first bad moment and leave none for the next invocation. The load is limited by the number of
 * attempts, the number of parallel puts, and the deadline of the invocation instead.
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
