import { startSqsServer } from '../../../emulator/sqs-server/server.ts';
import { MAX_RECEIVE_COUNT, queueCases, VISIBILITY_SECONDS } from '../../conformance/sqs/cases.ts';
import { describeQueueCases } from '../../conformance/sqs/describe-cases.ts';

describeQueueCases('the local SQS server', async () => {
  const server = await startSqsServer({
    queues: queueCases.flatMap((_, number) => [
      { name: `dead-${number}` },
      {
        name: `queue-${number}`,
        visibilitySeconds: VISIBILITY_SECONDS,
        deadLetters: { name: `dead-${number}`, maxReceiveCount: MAX_RECEIVE_COUNT },
      },
    ]),
  });
  return {
    endpoint: server.endpoint,
    createQueues: async (_, number) => ({
      queueUrl: server.urlOf(`queue-${number}`),
      deadLetterUrl: server.urlOf(`dead-${number}`),
    }),
    close: () => server.close(),
  };
});
