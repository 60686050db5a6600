import { onTestFinished } from 'vitest';

/** Options of a client of a local server that sends each request once. */
export function clientOptionsOf(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' },
    maxAttempts: 1,
  };
}

/** Closes a client and its server after the test. */
export function closeWhenFinished(
  client: { destroy(): void },
  server: { close(): Promise<void> },
): void {
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
}

/** An error that an SDK client throws. */
type ServiceFailure = Error & { readonly $metadata: { readonly httpStatusCode?: number } };

/** Creates a function that returns the status and name of the error of a failing call. */
export function failuresOf(Exception: abstract new (...args: never[]) => ServiceFailure) {
  return async (call: Promise<unknown>): Promise<unknown> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Exception)) throw error ?? new TypeError('the call succeeded');
    return [error.$metadata.httpStatusCode, error.name];
  };
}
