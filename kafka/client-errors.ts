import { ArchiverError } from '../lambda/core/errors.ts';

/** An error, with the properties that errors of the Kafka client add. */
export type ClientError = Error & {
  /** `PLT_KFK_` and a kind. */
  readonly code?: unknown;
  /** Name of a broker's error in Kafka's protocol. */
  readonly apiId?: unknown;
  readonly canRetry?: unknown;
};

/** An error followed by its causes, which the client's own search leaves out; of several attempts, the last. */
export function chainOf(error: unknown): readonly ClientError[] {
  if (!(error instanceof Error)) return [];
  const cause = error instanceof AggregateError ? error.errors.at(-1) : error.cause;
  return [error, ...chainOf(cause)];
}

/** Whether a broker returned the error of that name, or one that caused this error. */
export function hasApiError(error: unknown, apiId: string): boolean {
  return chainOf(error).some((each) => each.apiId === apiId);
}

/** Whether the brokers reject the login or do not authorize the request, so that a retry is useless. */
export function isRefusal(error: unknown): boolean {
  return chainOf(error).some(
    ({ code, apiId }) =>
      code === 'PLT_KFK_AUTHENTICATION' || /_AUTHORIZATION_FAILED$/.test(String(apiId)),
  );
}

/** The message of an error's first cause, on one line. */
export function reasonOf(error: unknown): string {
  const messages = chainOf(error).map(({ message }) => message.trim().replaceAll(/\s+/g, ' '));
  return messages.findLast((message) => message !== '') ?? String(error);
}

/** A request that failed, as an error with the broker's own words. */
export function kafkaError(action: string, error: unknown): ArchiverError {
  const what = isRefusal(error) ? 'is not authorized' : 'failed';
  return new ArchiverError('KAFKA_FAILED', `${action} ${what}: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** The thrown value, as an error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
