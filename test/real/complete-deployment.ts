import {
  type LifecycleRule,
  type OwnershipControls,
  type PublicAccessBlockConfiguration,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  type Tag,
  type VersioningConfiguration,
} from '@aws-sdk/client-s3';
import { SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { StackTemplate } from './cdk-assembly.ts';
import { type References, resolveReferences } from './template-references.ts';

/** A stack to complete, and by what names its resources are known. */
export interface Completion {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly template: StackTemplate;
  readonly references: References;
}

/** A bucket as the template has it, its references resolved. */
interface BucketProperties {
  readonly VersioningConfiguration: VersioningConfiguration;
  readonly LifecycleConfiguration: { readonly Rules: readonly TemplateRule[] };
  readonly NotificationConfiguration?: {
    readonly QueueConfigurations: readonly {
      readonly Event: 's3:ObjectCreated:*';
      readonly Queue: string;
    }[];
  };
  readonly OwnershipControls: OwnershipControls;
  readonly PublicAccessBlockConfiguration: PublicAccessBlockConfiguration;
}

/** A lifecycle rule in the words of CloudFormation. */
interface TemplateRule
  extends Omit<LifecycleRule, 'ID' | 'Expiration' | 'Filter' | 'Prefix' | 'Transitions'> {
  readonly Id: string;
  readonly ExpirationInDays?: number;
  readonly ExpiredObjectDeleteMarker?: boolean;
  readonly TagFilters?: readonly [Tag];
}

interface BucketPolicyProperties {
  readonly Bucket: string;
  readonly PolicyDocument: unknown;
}

interface QueuePolicyProperties {
  readonly Queues: readonly string[];
  readonly PolicyDocument: unknown;
}

/**
 * Sets, through the APIs of S3 and SQS, what moto's CloudFormation leaves out of buckets and queues: the
 * template's own values, so that the functions meet what an account would have.
 */
export async function completeDeployment(completion: Completion): Promise<void> {
  const { references, s3, sqs } = completion;
  const queuePolicies = propertiesOf<QueuePolicyProperties>(completion, 'AWS::SQS::QueuePolicy');
  const bucketPolicies = propertiesOf<BucketPolicyProperties>(completion, 'AWS::S3::BucketPolicy');
  // Queues first: S3 has to be allowed to send before it is told to.
  for (const { PolicyDocument, Queues } of queuePolicies.values()) {
    const Attributes = { Policy: JSON.stringify(PolicyDocument) };
    for (const QueueUrl of Queues) {
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    }
  }
  for (const [id, properties] of propertiesOf<BucketProperties>(completion, 'AWS::S3::Bucket')) {
    await completeBucket(s3, references.physicalIds.get(id), properties);
  }
  for (const { Bucket, PolicyDocument } of bucketPolicies.values()) {
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
  }
}

/** The properties of each resource of a type, by logical id, as the caller says they are. */
function propertiesOf<Properties>(
  { references, template }: Completion,
  type: string,
): Map<string, Properties> {
  const resources = Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
  return new Map(
    resources.map(([id, { Properties }]) => [
      id,
      resolveReferences(Properties, references) as Properties,
    ]),
  );
}

async function completeBucket(
  client: S3Client,
  Bucket: string | undefined,
  properties: BucketProperties,
): Promise<void> {
  const { OwnershipControls, PublicAccessBlockConfiguration, VersioningConfiguration } = properties;
  const { LifecycleConfiguration, NotificationConfiguration } = properties;
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: LifecycleConfiguration.Rules.map(toLifecycleRule) },
    }),
  );
  if (NotificationConfiguration === undefined) return;
  await client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: {
        QueueConfigurations: NotificationConfiguration.QueueConfigurations.map(
          ({ Event, Queue: QueueArn }) => ({ Events: [Event], QueueArn }),
        ),
      },
    }),
  );
}

function toLifecycleRule({
  ExpirationInDays: Days,
  ExpiredObjectDeleteMarker,
  Id: ID,
  TagFilters,
  ...rule
}: TemplateRule): LifecycleRule {
  const [Tag] = TagFilters ?? [];
  const Filter = Tag === undefined ? { Prefix: '' } : { Tag };
  const Expiration = Days === undefined ? { ExpiredObjectDeleteMarker } : { Days };
  const expires = Days !== undefined || ExpiredObjectDeleteMarker !== undefined;
  return { ...rule, ID, Filter, ...(expires && { Expiration }) };
}
