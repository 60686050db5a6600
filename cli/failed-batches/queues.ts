import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';

/** Approximate numbers of messages: SQS's counts can be a minute old. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** ARN and message counts of a queue. */
export interface QueueState {
  readonly arn: string;
  readonly counts: QueueCounts;
}

/**
 * Reads the ARN and the message counts of a queue.
 *
 * @throws {ArchiverError} `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function readQueue(
  client: SQSClient,
  url: string,
  options: CallOptions,
): Promise<QueueState> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: [
      'QueueArn',
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ],
  });
  const call = {
    code: 'QUEUE_FAILED',
    action: `reading the attributes of the queue '${url}'`,
  } as const;
  const { Attributes = {} } = await callAws(call, options, (sent) => client.send(command, sent));
  return {
    arn: Attributes.QueueArn ?? '',
    counts: {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
    },
  };
}

/** `3 visible, 1 in flight, 0 delayed` */
export function describeQueue({ delayed, inFlight, visible }: QueueCounts): string {
  return `${visible} visible, ${inFlight} in flight, ${delayed} delayed`;
}
