import {
  MAX_RECEIVE_COUNT,
  queueCases,
  VISIBILITY_SECONDS,
} from '../../../../test/conformance/sqs/cases.ts';
import { describeQueueCases } from '../../../../test/conformance/sqs/describe-cases.ts';
import { startSqsServer } from '../../sqs-server/server.ts';

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
