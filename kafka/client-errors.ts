/** An error, with what those of the Kafka client have besides. */
export type ClientError = Error & {
  /** `PLT_KFK_` and a kind. */
  readonly code?: unknown;
  /** A broker's error, as Kafka's protocol names it. */
  readonly apiId?: unknown;
  readonly canRetry?: unknown;
};

/** An error and what caused it, which the client's own search leaves out; of several tries, the last. */
export function chainOf(error: unknown): readonly ClientError[] {
  if (!(error instanceof Error)) return [];
  const cause = error instanceof AggregateError ? error.errors.at(-1) : error.cause;
  return [error, ...chainOf(cause)];
}

/** Whether the brokers do not let the user in, or not do this, so that it is of no use to try again. */
export function isRefusal(error: unknown): boolean {
  return chainOf(error).some(
    ({ code, apiId }) =>
      code === 'PLT_KFK_AUTHENTICATION' || /_AUTHORIZATION_FAILED$/.test(String(apiId)),
  );
}

/** The first cause of an error, in its own words, on one line. */
export function reasonOf(error: unknown): string {
  const messages = chainOf(error).map(({ message }) => message.trim().replaceAll(/\s+/g, ' '));
  return messages.findLast((message) => message !== '') ?? String(error);
}

/** What was thrown, as an error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
