import { FirehoseClient } from '@aws-sdk/client-firehose';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type StreamCase, streamCases, type TestStream } from './cases.ts';

/** A running server. */
export interface StartedFirehose {
  readonly endpoint: string;
  /** The stream of the case with this number. */
  stream(number: number): Omit<TestStream, 'client'>;
  close(): Promise<void>;
}

/** Declares a test for each case. All share one server; each has its own stream. */
export function describeStreamCases(server: string, start: () => Promise<StartedFirehose>): void {
  describe(server, () => {
    let running: StartedFirehose | undefined;
    let client: FirehoseClient;

    beforeAll(async () => {
      running = await start();
      client = new FirehoseClient({
        endpoint: running.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts: 1,
      });
    });

    afterAll(async () => {
      client?.destroy();
      await running?.close();
    });

    it.each(streamCases.map((each, number) => [each.title, each, number] as const))(
      '%s',
      async (_: string, { run }: StreamCase, number: number) => {
        if (running === undefined) throw new TypeError('the server did not start');
        await run({ client, ...running.stream(number) });
      },
    );
  });
}
