import { SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import {
  type SqsServer,
  type SqsServerOptions,
  startSqsServer,
} from '../../../emulator/sqs-server/server.ts';

export interface RunningQueues extends SqsServer {
  /** Tries once. */
  readonly client: SQSClient;
}

/** A server with the queue `work` and its dead-letter queue `dead`, closed when the test is over. */
export async function startQueues(options: Partial<SqsServerOptions> = {}): Promise<RunningQueues> {
  const server = await startSqsServer({
    queues: [{ name: 'dead' }, { name: 'work', deadLetters: { name: 'dead', maxReceiveCount: 2 } }],
    ...options,
  });
  const client = new SQSClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return { ...server, client };
}

/** Status and error name of a call that fails. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SQSServiceException)) throw error ?? new TypeError('it did not fail');
  return [error.$metadata.httpStatusCode, error.name];
}
