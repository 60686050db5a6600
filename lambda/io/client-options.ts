import { createRetryStrategy, MAX_ATTEMPTS } from './retry-strategy.ts';

/** Milliseconds to connect: AWS takes tens at most. */
const CONNECTION_TIMEOUT = 3_000;

/** What the AWS clients of a function are made of. */
export interface ClientOptions {
  /** Calls at a time. */
  readonly maxConnections: number;
  /** From 0 to 1: the jitter of pauses before retries. */
  readonly random: () => number;
}

/** Configuration of an AWS client; region and endpoint are the environment's. */
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
