import { createRetryStrategy, MAX_ATTEMPTS } from './retry-strategy.ts';

/** Maximum of milliseconds to connect; within AWS it takes tens at most. */
const CONNECTION_TIMEOUT = 3_000;

/** Options of a function's AWS clients. */
export interface ClientOptions {
  /** Maximum of parallel calls. */
  readonly maxConnections: number;
  /** From 0 to 1: the jitter of pauses before retries. */
  readonly random: () => number;
}

/** Returns the configuration of an AWS client. Region and endpoint come from the environment. */
export function clientOptions({ maxConnections, random }: ClientOptions) {
  const agent = { keepAlive: true, maxSockets: maxConnections };
  return {
    maxAttempts: MAX_ATTEMPTS,
    retryStrategy: createRetryStrategy(random),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}
