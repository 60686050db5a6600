import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notifier } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';
import { toMessageAttributes } from './message-attributes.ts';

/** An SNS client whose region and endpoint are the environment's. */
export function createSnsClient(options: ClientOptions): SNSClient {
  return new SNSClient(clientOptions(options));
}

/** Those who have subscribed to an SNS topic. After an answer that was lost, they are told twice. */
export function createSnsNotifier(client: SNSClient, topicArn: string): Notifier {
  return {
    async notify({ attributes, body, subject }, options) {
      const command = new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: body,
        MessageAttributes: toMessageAttributes(attributes),
      });
      const call = { action: 'publish to the alarm topic', code: 'NOTIFY_FAILED' } as const;
      await callAws(call, options, (sent) => client.send(command, sent));
    },
  };
}
