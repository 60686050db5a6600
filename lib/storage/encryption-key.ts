import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import { workgroupArn } from '../catalog/catalog.ts';
import { logsPrincipal, viaService } from '../service-hosts.ts';

/** The actions with which a role reads and writes encrypted data. */
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Returns the key that encrypts buckets, queues and logs; undefined if AWS manages their keys. A key that is
 * created here is retained when the stack is deleted, since the buckets cannot be read without it. The policy
 * of a given key is extended by the statements that the services need, if this app creates it.
 */
export function encryptionKeyOf(
  scope: Construct,
  setting: 'managed' | 'stack' | kms.IKey,
  { hasCatalog }: { readonly hasCatalog: boolean },
): kms.IKey | undefined {
  if (setting === 'managed') return undefined;
  const key =
    setting !== 'stack'
      ? setting
      : new kms.Key(scope, 'EncryptionKey', {
          description: `Encrypts the buckets, queues and logs of ${archiveName(scope)}`,
          enableKeyRotation: true,
          // Even if its first deployment fails, since a bucket that has got objects by then needs it.
          removalPolicy: RemovalPolicy.RETAIN,
        });
  const statements = [
    ...serviceStatements(Stack.of(scope)),
    ...(hasCatalog ? [resultsStatement(scope)] : []),
  ];
  for (const statement of statements) key.addToResourcePolicy(statement);
  return key;
}

/** Allows reading and writing data that the key encrypts, only through S3 and SQS. */
export function keyStatement(stack: Stack, key: kms.IKey): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: KEY_ACTIONS,
    resources: [key.keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': viaService(stack, stack.region, ['s3', 'sqs']) },
    },
  });
}

/**
 * Allows S3 to send its events to an encrypted queue, and CloudWatch Logs to write encrypted logs:
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
      // In a key's policy, '*' means that key.
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(logsPrincipal(stack))],
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

/** Allows Athena to encrypt the results of queries: https://docs.aws.amazon.com/athena/latest/ug/managed-results.html */
function resultsStatement(scope: Construct): iam.PolicyStatement {
  const workgroup = workgroupArn(scope);
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('encryption.athena.amazonaws.com')],
    actions: [...KEY_ACTIONS, 'kms:DescribeKey'],
    resources: ['*'],
    conditions: {
      ArnLike: { 'kms:EncryptionContext:aws:athena:arn': workgroup, 'aws:SourceArn': workgroup },
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
    },
  });
}
