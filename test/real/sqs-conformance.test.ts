import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { MAX_RECEIVE_COUNT, VISIBILITY_SECONDS } from '../conformance/sqs/cases.ts';
import { describeQueueCases } from '../conformance/sqs/describe-cases.ts';
import { startMoto } from './moto.ts';

describeQueueCases('moto', async () => {
  const server = await startMoto();
  return {
    ...server,
    async createQueues(client, number) {
      const create = async (name: string, Attributes: Record<string, string>) => {
        const command = new CreateQueueCommand({ QueueName: `${name}-${number}`, Attributes });
        return (await client.send(command)).QueueUrl ?? '';
      };
      const deadLetterUrl = await create('dead', {});
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
      );
      const queueUrl = await create('queue', {
        VisibilityTimeout: String(VISIBILITY_SECONDS),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: Attributes.QueueArn,
          maxReceiveCount: MAX_RECEIVE_COUNT,
        }),
      });
      return { queueUrl, deadLetterUrl };
    },
  };
});
