import { onTestFinished } from 'vitest';

/** A client of a server of the emulator that tries each call once. */
export function clientOptionsOf(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' },
    maxAttempts: 1,
  };
}

/** Closes a server, and the client before it, when the test is over. */
export function closeWhenFinished(
  client: { destroy(): void },
  server: { close(): Promise<void> },
): void {
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
}

/** An error of a service, as its client throws it. */
type ServiceFailure = Error & { readonly $metadata: { readonly httpStatusCode?: number } };

/** For calls that fail with errors of a class: status and name of the error. */
export function failuresOf(Exception: abstract new (...args: never[]) => ServiceFailure) {
  return async (call: Promise<unknown>): Promise<unknown> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Exception)) throw error ?? new TypeError('it did not fail');
    return [error.$metadata.httpStatusCode, error.name];
  };
}
