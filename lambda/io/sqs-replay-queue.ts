import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { ArchiverError } from '../core/errors.ts';
import { toReplayMessage } from '../core/failed-batch/replay-message.ts';
import type { ReplayQueue, ReplayRequests } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';
import { toMessageAttributes } from './message-attributes.ts';

/** Maximum of messages in one request: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
export const BATCH_MESSAGES = 10;

/** Creates an SQS client. Region and endpoint come from the environment. */
export function createSqsClient(options: ClientOptions): SQSClient {
  return new SQSClient(clientOptions(options));
}

/** URLs of the replay queue and of its dead-letter queue. */
export interface ReplayQueueUrls {
  readonly replayQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** Accesses the replay queue and its dead-letter queue in SQS. */
export function createSqsReplayQueue(
  client: SQSClient,
  { replayQueueUrl, deadLetterQueueUrl }: ReplayQueueUrls,
): ReplayQueue & ReplayRequests {
  const failed = (action: string) => ({ action, code: 'QUEUE_FAILED' }) as const;

  return {
    async delay(receiptHandle, seconds, options) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: replayQueueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      });
      await callAws(failed('delaying a message'), options, (sent) => client.send(command, sent));
    },

    async sendDeadLetter({ body, attributes }, options) {
      const command = new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: body,
        MessageAttributes: toMessageAttributes(attributes),
      });
      await callAws(failed('sending to the dead-letter queue'), options, (sent) =>
        client.send(command, sent),
      );
    },

    async enqueue(pointers, options) {
      for (let start = 0; start < pointers.length; start += BATCH_MESSAGES) {
        const batch = pointers.slice(start, start + BATCH_MESSAGES);
        const command = new SendMessageBatchCommand({
          QueueUrl: replayQueueUrl,
          Entries: batch.map((pointer, index) => ({
            Id: String(index),
            MessageBody: toReplayMessage(pointer),
          })),
        });
        const action = 'sending to the replay queue';
        const { Failed = [] } = await callAws(failed(action), options, (sent) =>
          client.send(command, sent),
        );
        if (Failed.length === 0) continue;
        const codes = [...new Set(Failed.map(({ Code }) => Code))].join(', ');
        const problem = `${action} failed for ${Failed.length} of ${batch.length} messages (${codes})`;
        throw new ArchiverError('QUEUE_FAILED', problem, { retryable: true });
      }
    },
  };
}
