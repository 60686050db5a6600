import type { RetryErrorInfo, RetryErrorType } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { createRetryStrategy } from '../../../lambda/io/retry-strategy.ts';

function errorInfo(errorType: RetryErrorType, httpStatusCode?: number): RetryErrorInfo {
  const error: RetryErrorInfo['error'] = {
    name: 'S3ServiceException',
    message: '',
    $fault: 'server',
    $metadata: { httpStatusCode },
  };
  return { errorType, error };
}

/** The pauses, in milliseconds, of a call that never succeeds. */
async function pauses(info: RetryErrorInfo, random = 1): Promise<number[]> {
  const strategy = createRetryStrategy(() => random);
  const delays: number[] = [];
  let token = await strategy.acquireInitialRetryToken('');
  expect([token.getRetryCount(), token.getRetryDelay()]).toEqual([0, 0]);
  for (;;) {
    try {
      token = await strategy.refreshRetryTokenForRetry(token, info);
    } catch {
      return delays;
    }
    delays.push(token.getRetryDelay());
    expect(token.getRetryCount()).toBe(delays.length);
  }
}

describe('retry strategy', () => {
  it('makes ten attempts, with pauses that double up to ten seconds', async () => {
    const doubling = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    expect(await pauses(errorInfo('TRANSIENT'))).toEqual(doubling);
    expect(await pauses(errorInfo('SERVER_ERROR', 501))).toEqual(doubling);
    expect(await pauses(errorInfo('CLIENT_ERROR', 409))).toEqual(doubling);
  });

  it('pauses longer after throttling', async () => {
    expect((await pauses(errorInfo('THROTTLING', 503))).slice(0, 6)).toEqual([
      500, 1000, 2000, 4000, 8000, 10_000,
    ]);
  });

  it('applies full jitter to each pause', async () => {
    expect(await pauses(errorInfo('TRANSIENT'), 0)).toEqual(Array(9).fill(0));
    expect((await pauses(errorInfo('TRANSIENT'), 0.5)).slice(0, 2)).toEqual([50, 100]);
  });

  it.each([400, 403, 404, 412, undefined])(
    'does not try again what S3 refuses: %s',
    async (status) => {
      expect(await pauses(errorInfo('CLIENT_ERROR', status))).toEqual([]);
    },
  );

  it('shares no quota between calls', async () => {
    const strategy = createRetryStrategy(() => 0);
    for (let call = 0; call < 200; call++) {
      const token = await strategy.acquireInitialRetryToken('');
      await expect(
        strategy.refreshRetryTokenForRetry(token, errorInfo('TRANSIENT')),
      ).resolves.toBeDefined();
      strategy.recordSuccess(token);
    }
  });
});
