import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** What a bucket is asked for, by the names of CloudFormation; the policy is a resource of its own. */
export async function bucketConfiguration(client: S3Client, Bucket: string) {
  const input = { Bucket };
  const encryption = await client.send(new GetBucketEncryptionCommand(input));
  const versioning = await client.send(new GetBucketVersioningCommand(input));
  const notifications = await client.send(new GetBucketNotificationConfigurationCommand(input));
  const lifecycle = await present(
    client.send(new GetBucketLifecycleConfigurationCommand(input)),
    'NoSuchLifecycleConfiguration',
  );
  const publicAccess = await present(
    client.send(new GetPublicAccessBlockCommand(input)),
    'NoSuchPublicAccessBlockConfiguration',
  );
  const ownership = await present(
    client.send(new GetBucketOwnershipControlsCommand(input)),
    'OwnershipControlsNotFoundError',
  );
  const policy = await present(
    client.send(new GetBucketPolicyCommand(input)),
    'NoSuchBucketPolicy',
  );
  return {
    BucketEncryption: encryption.ServerSideEncryptionConfiguration?.Rules,
    VersioningConfiguration: versioning.Status,
    NotificationConfiguration: notifications.QueueConfigurations,
    LifecycleConfiguration: lifecycle?.Rules,
    PublicAccessBlockConfiguration: publicAccess?.PublicAccessBlockConfiguration,
    OwnershipControls: ownership?.OwnershipControls?.Rules,
    policy: policy?.Policy === undefined ? undefined : JSON.parse(policy.Policy),
  };
}

/** An answer, or `undefined` where S3 says with this code that there is none. */
async function present<Answer>(
  answer: Promise<Answer>,
  codeOfNone: string,
): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === codeOfNone) return undefined;
    throw error;
  }
}
