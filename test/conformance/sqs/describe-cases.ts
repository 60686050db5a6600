import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type QueueCase, queueCases, type TestQueues } from './cases.ts';

/** A running server. */
export interface StartedSqs {
  readonly endpoint: string;
  /** Creates the queues of the case with this number. */
  createQueues(client: SQSClient, number: number): Promise<Omit<TestQueues, 'client'>>;
  close(): Promise<void>;
}

/** Declares a test for each case. All run concurrently on one server, each with its own queues. */
export function describeQueueCases(server: string, start: () => Promise<StartedSqs>): void {
  describe(server, () => {
    let running: StartedSqs | undefined;
    let client: SQSClient;

    beforeAll(async () => {
      running = await start();
      client = new SQSClient({
        endpoint: running.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
    });

    afterAll(async () => {
      client?.destroy();
      await running?.close();
    });

    it.concurrent.each(queueCases.map((each, number) => [each.title, each, number] as const))(
      '%s',
      async (_: string, { run }: QueueCase, number: number) => {
        const queues = await running?.createQueues(client, number);
        if (queues === undefined) throw new TypeError('the server did not start');
        await run({ client, ...queues });
      },
    );
  });
}
