import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveBucket } from '../../../lib/storage/archive-bucket.ts';
import { FailedBatches } from '../../../lib/storage/failed-batches.ts';
import {
  bareStack,
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

const REPLAY_QUEUE = 'FailedBatchesReplayQueueF336E480';
const DEAD_LETTER_QUEUE = 'FailedBatchesDeadLetterQueueF82B3E85';

let template: Template;

beforeAll(() => {
  const stack = bareStack();
  new ArchiveBucket(stack, 'Archive');
  new FailedBatches(stack, 'FailedBatches', {
    replayDelay: Duration.seconds(90),
    replayVisibility: Duration.seconds(2400),
    replayTries: 7,
    replayedRetention: Duration.days(45),
  });
  template = Template.fromStack(stack);
}, SYNTH_TIMEOUT_MS);

const resource = (id: string): Resource => resourceById(template, id);

/** The resource of a type that refers to another resource. */
function policyOf(type: string, id: string): readonly [string, Resource] {
  const policies = Object.entries(resourcesOf(template, type));
  const found = policies.find(([, { Properties }]) => JSON.stringify(Properties).includes(id));
  if (found === undefined) throw new Error(`no ${type} of '${id}'`);
  return found;
}

const queuePolicyOf = (id: string) => policyOf('AWS::SQS::QueuePolicy', id);

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const denyWithoutTls = (id: string) => ({
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 'sqs:*',
  Resource: arnOf(id),
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

it('keep their logical ids, so that no change creates new resources', () => {
  const ids = (type: string) => Object.keys(resourcesOf(template, type));
  expect(ids('AWS::S3::Bucket')).toEqual(['ArchiveBucket', 'FailedBatchBucket']);
  expect(ids('AWS::SQS::Queue')).toEqual([DEAD_LETTER_QUEUE, REPLAY_QUEUE]);
});

describe('the bucket', () => {
  const bucket = (): Resource['Properties'] => resource('FailedBatchBucket').Properties;

  interface Rule {
    readonly [property: string]: unknown;
  }
  const rules = (): readonly Rule[] => {
    const { Rules } = bucket().LifecycleConfiguration as { readonly Rules: readonly Rule[] };
    return Rules;
  };

  it('equals the archive bucket, except for lifecycle rules and notifications', () => {
    const { LifecycleConfiguration, NotificationConfiguration, ...rest } = bucket();
    const { LifecycleConfiguration: _, ...archive } = resource('ArchiveBucket').Properties;
    expect(rest).toEqual(archive);
    const [, policy] = policyOf('AWS::S3::BucketPolicy', 'FailedBatchBucket');
    const [, archivePolicy] = policyOf('AWS::S3::BucketPolicy', 'ArchiveBucket');
    const renamed = JSON.stringify(archivePolicy).replaceAll('ArchiveBucket', 'FailedBatchBucket');
    expect(policy).toEqual(JSON.parse(renamed));
  });

  it('expires only replayed failed batches', () => {
    expect(rules()).toEqual([
      {
        Id: 'AbortIncompleteMultipartUploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      {
        Id: 'ExpireReplayed',
        Status: 'Enabled',
        TagFilters: [{ Key: 'status', Value: 'replayed' }],
        ExpirationInDays: 45,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
      { Id: 'RemoveExpiredDeleteMarkers', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
    ]);
  });

  it('has no rule that expires objects or versions without the tag', () => {
    const harmless = [
      'Id',
      'Status',
      'TagFilters',
      'AbortIncompleteMultipartUpload',
      'ExpiredObjectDeleteMarker',
    ];
    const taking = rules().filter((rule) =>
      Object.keys(rule).some((property) => !harmless.includes(property)),
    );
    expect(taking.map(({ TagFilters }) => TagFilters)).toEqual([
      [{ Key: 'status', Value: 'replayed' }],
    ]);
  });

  it('makes S3 send a message for each new object to the replay queue', () => {
    expect(bucket().NotificationConfiguration).toEqual({
      QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: arnOf(REPLAY_QUEUE) }],
    });
  });

  it('is created after the permission that S3 checks', () => {
    const [policy] = queuePolicyOf(REPLAY_QUEUE);
    expect(resource('FailedBatchBucket').DependsOn).toEqual([policy]);
  });

  it('needs no function to configure its notifications', () => {
    expect(resourcesOf(template, 'AWS::Lambda::Function')).toEqual({});
    expect(resourcesOf(template, 'Custom::S3BucketNotifications')).toEqual({});
  });
});

describe('the replay queue', () => {
  it('has the given delay, visibility timeout and number of attempts', () => {
    expect(resource(REPLAY_QUEUE).Properties).toEqual({
      DelaySeconds: 90,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { deadLetterTargetArn: arnOf(DEAD_LETTER_QUEUE), maxReceiveCount: 7 },
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 2400,
    });
  });

  it('is deleted with the stack, since the bucket shows which failed batches are not replayed', () => {
    expect(resource(REPLAY_QUEUE)).toMatchObject({
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
  });

  it('accepts messages only over TLS, and from S3 only for buckets of this account', () => {
    const [, policy] = queuePolicyOf(REPLAY_QUEUE);
    expect(policy.Properties).toEqual({
      Queues: [{ Ref: REPLAY_QUEUE }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          denyWithoutTls(REPLAY_QUEUE),
          {
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arnOf(REPLAY_QUEUE),
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::*']],
                },
              },
            },
          },
        ],
      },
    });
  });
});

describe('the dead-letter queue', () => {
  it('is encrypted, and keeps messages for the longest time that SQS allows', () => {
    expect(resource(DEAD_LETTER_QUEUE).Properties).toEqual({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });

  it('accepts messages only over TLS', () => {
    const [, policy] = queuePolicyOf(DEAD_LETTER_QUEUE);
    expect(policy.Properties).toEqual({
      Queues: [{ Ref: DEAD_LETTER_QUEUE }],
      PolicyDocument: { Version: '2012-10-17', Statement: [denyWithoutTls(DEAD_LETTER_QUEUE)] },
    });
  });
});
