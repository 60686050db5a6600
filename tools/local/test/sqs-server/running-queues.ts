import { SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { type SqsServer, type SqsServerOptions, startSqsServer } from '../../sqs-server/server.ts';
import { clientOptionsOf, closeWhenFinished, failuresOf } from '../service-client.ts';

export interface RunningQueues extends SqsServer {
  /** Sends each request once. */
  readonly client: SQSClient;
}

/** A server with the queue `work` and its dead-letter queue `dead`, closed after the test. */
export async function startQueues(options: Partial<SqsServerOptions> = {}): Promise<RunningQueues> {
  const server = await startSqsServer({
    queues: [{ name: 'dead' }, { name: 'work', deadLetters: { name: 'dead', maxReceiveCount: 2 } }],
    ...options,
  });
  const client = new SQSClient(clientOptionsOf(server.endpoint));
  closeWhenFinished(client, server);
  return { ...server, client };
}

/** The status and error name of a call that fails. */
export const failureOf = failuresOf(SQSServiceException);
