import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notifier } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';
import { toMessageAttributes } from './message-attributes.ts';

/** Creates an SNS client. Region and endpoint come from the environment. */
export function createSnsClient(options: ClientOptions): SNSClient {
  return new SNSClient(clientOptions(options));
}

/** Publishes notifications to an SNS topic. If an answer is lost, the retry publishes it a second time. */
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
