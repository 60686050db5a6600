import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { AlarmTopic } from '../../../lib/monitoring/alarm-topic.ts';
import {
  bareStack,
  propertiesOf,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

const TOPIC = 'AlarmTopicC2164170';
const account = { Ref: 'AWS::AccountId' };

function templateOf(...subscribers: readonly string[]): Template {
  const stack = bareStack();
  new AlarmTopic(stack, 'AlarmTopic', { subscribers });
  return Template.fromStack(stack);
}

let template: Template;

beforeAll(() => {
  template = templateOf('on-call@example.com', 'https://example.com/alarms?team=a');
}, SYNTH_TIMEOUT_MS);

describe('the alarm topic', () => {
  it('is encrypted with a separate key', () => {
    const [keyId] = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
    expect(Object.keys(resourcesOf(template, 'AWS::SNS::Topic'))).toEqual([TOPIC]);
    expect(propertiesOf(template, 'AWS::SNS::Topic')).toEqual({
      DisplayName: 'Stack',
      KmsMasterKeyId: { 'Fn::GetAtt': [keyId, 'Arn'] },
    });
  });

  it('shortens a display name that SNS would refuse', () => {
    const stack = new Stack(bareStack(), 'Long', { stackName: 'S'.repeat(128) });
    new AlarmTopic(stack, 'AlarmTopic', { subscribers: [] });
    const { DisplayName } = propertiesOf(Template.fromStack(stack), 'AWS::SNS::Topic');
    expect(DisplayName).toBe('S'.repeat(100));
  });

  it('accepts messages over TLS only, and only from alarms of the stack', () => {
    expect(propertiesOf(template, 'AWS::SNS::TopicPolicy')).toEqual({
      Topics: [{ Ref: TOPIC }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AllowPublishThroughSSLOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Publish',
            Resource: { Ref: TOPIC },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Sid: '1',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: TOPIC },
            Condition: {
              StringEquals: { 'aws:SourceAccount': account },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Join': [
                    '',
                    [
                      ...['arn:', { Ref: 'AWS::Partition' }, ':cloudwatch:'],
                      ...[{ Ref: 'AWS::Region' }, ':', account, ':alarm:Stack-*'],
                    ],
                  ],
                },
              },
            },
          },
        ],
      },
    });
  });

  it('subscribes e-mail addresses and endpoints', () => {
    const subscriptions = Object.values(resourcesOf(template, 'AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual([
      { TopicArn: { Ref: TOPIC }, Protocol: 'email', Endpoint: 'on-call@example.com' },
      {
        TopicArn: { Ref: TOPIC },
        Protocol: 'https',
        Endpoint: 'https://example.com/alarms?team=a',
      },
    ]);
  });

  it('keeps a confirmed subscription when another is added', () => {
    const subscription = (...subscribers: readonly string[]) =>
      Object.keys(resourcesOf(templateOf(...subscribers), 'AWS::SNS::Subscription'));
    const [alone] = subscription('a@example.com');
    expect(subscription('b@example.com', 'a@example.com')[1]).toBe(alone);
  });

  it('can have no subscribers', () => {
    expect(resourcesOf(templateOf(), 'AWS::SNS::Subscription')).toEqual({});
  });
});

describe('the key of the topic', () => {
  it('rotates, and lets CloudWatch use it for alarms of the account', () => {
    const root = {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', account, ':root']],
    };
    expect(propertiesOf(template, 'AWS::KMS::Key')).toEqual({
      Description: 'Encrypts the notifications of Stack in transit',
      EnableKeyRotation: true,
      KeyPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' },
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Resource: '*',
            Condition: { StringEquals: { 'aws:SourceAccount': account } },
          },
        ],
      },
    });
  });

  it('is deleted with the stack, because nothing that it encrypts outlives the topic', () => {
    expect(resourceOf(template, 'AWS::KMS::Key')).toMatchObject({
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
  });
});
