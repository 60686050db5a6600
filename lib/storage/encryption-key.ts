import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';

/** What a role does to data with the key. */
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * The key of buckets, queues and logs, unless AWS manages it. One that is made here is kept when the stack is
 * deleted, since no one can read the buckets without it. One that is given gets the statements that the services
 * need, where it is a key of this app.
 */
export function encryptionKeyOf(
  scope: Construct,
  setting: 'managed' | 'stack' | kms.IKey,
): kms.IKey | undefined {
  if (setting === 'managed') return undefined;
  const key =
    setting !== 'stack'
      ? setting
      : new kms.Key(scope, 'EncryptionKey', {
          description: `Buckets, queues and logs of ${archiveName(scope)}`,
          enableKeyRotation: true,
          removalPolicy: RemovalPolicy.RETAIN,
        });
  for (const statement of serviceStatements(Stack.of(scope))) key.addToResourcePolicy(statement);
  return key;
}

/** Lets its holder read and write what is encrypted with the key, through S3 and SQS alone. */
export function keyStatement({ region }: Stack, key: kms.IKey): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: KEY_ACTIONS,
    resources: [key.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': [`s3.${region}.amazonaws.com`, `sqs.${region}.amazonaws.com`],
      },
    },
  });
}

/**
 * For S3 to send its events to an encrypted queue, and for CloudWatch Logs to write:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function serviceStatements(stack: Stack): iam.PolicyStatement[] {
  const logGroups = stack.formatArn({
    service: 'logs',
    resource: `log-group:${stack.stackName}-*`,
  });
  return [
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
      actions: KEY_ACTIONS,
      // In the policy of a key, that key.
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: [
        'kms:Decrypt',
        'kms:Encrypt',
        'kms:ReEncrypt*',
        'kms:GenerateDataKey*',
        'kms:Describe*',
      ],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  ];
}
