import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';

/** What an {@link AlarmTopic} is made of. */
export interface AlarmTopicProps {
  /** E-mail addresses and https:// endpoints. Each must confirm its subscription. */
  readonly subscribers: readonly string[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html */
const MAX_DISPLAY_NAME_LENGTH = 100;

const CLOUDWATCH = 'cloudwatch.amazonaws.com';

/** The SNS topic that receives alarms and notifications of dead letters, with its subscriptions. */
export class AlarmTopic extends Construct {
  public readonly topic: sns.ITopic;

  constructor(scope: Construct, id: string, { subscribers }: AlarmTopicProps) {
    super(scope, id);

    const topic = new sns.Topic(this, 'Topic', {
      // Only the name of the sender in e-mails, so a shortened one does no harm.
      displayName: archiveName(this).slice(0, MAX_DISPLAY_NAME_LENGTH),
      masterKey: this.createKey(),
      enforceSSL: true,
    });
    allowPublishing(topic);
    for (const subscriber of subscribers) topic.addSubscription(subscriptionOf(subscriber));
    this.topic = topic;
  }

  /**
   * Creates a separate key, because the policy of `alias/aws/sns` does not let CloudWatch use it and cannot
   * be changed: https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
   *
   * The key is deleted with the stack. It encrypts messages in transit, so nothing that it encrypted outlives
   * the topic, and KMS lets you cancel the deletion for 30 days.
   */
  private createKey(): kms.Key {
    const key = new kms.Key(this, 'Key', {
      description: `Encrypts the notifications of ${archiveName(this)} in transit`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal(CLOUDWATCH)],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        // In the policy of a key, '*' is that key.
        resources: ['*'],
        // As https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html recommends. ASSUMED: that
        // CloudWatch names the account when it uses the key. The documentation shows how to test it.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return key;
  }
}

/**
 * Allows only the alarms of the stack to publish; the role of the replay function allows that function. This
 * policy replaces the default policy of SNS, which allows the whole account.
 */
function allowPublishing(topic: sns.Topic): void {
  const stack = Stack.of(topic);
  const alarms = stack.formatArn({
    service: 'cloudwatch',
    resource: `alarm:${archiveName(topic)}-*`,
  });
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(CLOUDWATCH)],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    }),
  );
}

function subscriptionOf(subscriber: string): sns.ITopicSubscription {
  return subscriber.startsWith('https://')
    ? new subscriptions.UrlSubscription(subscriber)
    : new subscriptions.EmailSubscription(subscriber);
}
