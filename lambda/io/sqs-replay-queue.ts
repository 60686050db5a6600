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

/** Messages of one request: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
export const BATCH_MESSAGES = 10;

/** An SQS client whose region and endpoint are the environment's. */
export function createSqsClient(options: ClientOptions): SQSClient {
  return new SQSClient(clientOptions(options));
}

/** URLs of the replay queue and of its dead-letter queue. */
export interface ReplayQueueUrls {
  readonly replayQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** The replay queue in SQS, with its dead-letter queue. */
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
      await callAws(failed('delay of a message'), options, (sent) => client.send(command, sent));
    },

    async sendDeadLetter({ body, attributes }, options) {
      const command = new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: body,
        MessageAttributes: toMessageAttributes(attributes),
      });
      await callAws(failed('send to the dead-letter queue'), options, (sent) =>
        client.send(command, sent),
      );
    },

    async enqueue(pointers, options) {
      for (let start = 0; start < pointers.length; start += BATCH_MESSAGES) {
        const command = new SendMessageBatchCommand({
          QueueUrl: replayQueueUrl,
          Entries: pointers.slice(start, start + BATCH_MESSAGES).map((pointer, index) => ({
            Id: String(index),
            MessageBody: toReplayMessage(pointer),
          })),
        });
        const action = 'send to the replay queue';
        const { Failed = [] } = await callAws(failed(action), options, (sent) =>
          client.send(command, sent),
        );
        if (Failed.length === 0) continue;
        const codes = [...new Set(Failed.map(({ Code }) => Code))].join(', ');
        const problem = `${action}: ${Failed.length} messages not taken (${codes})`;
        throw new ArchiverError('QUEUE_FAILED', problem, { retryable: true });
      }
    },
  };
}
