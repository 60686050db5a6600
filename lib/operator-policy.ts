import { Stack, Token, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { WatchedFunction } from './monitoring/monitoring.ts';
import { keyStatement } from './storage/encryption-key.ts';
import { FAILED_BATCH_BUCKET_LOGICAL_ID, type FailedBatches } from './storage/failed-batches.ts';

/** What an {@link OperatorPolicy} is about. */
export interface OperatorPolicyProps {
  readonly archiveBucket: s3.IBucket;
  readonly failedBatches: FailedBatches;
  readonly archive: WatchedFunction;
  readonly replay: WatchedFunction;
  /** Of buckets and queues. @default - keys of the services */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What who operates the stack may do, as a managed policy that nobody has until somebody attaches it: every
 * command of the runbook but those to Kafka. It lists the archive and does not read it; failed batches, which
 * hold records, it reads, and nothing can it delete.
 */
export class OperatorPolicy extends Construct {
  public readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPolicyProps) {
    super(scope, id);

    const stack = Stack.of(this);
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `To operate ${stack.stackName}: look, replay, redrive, dismiss, stop and start mappings`,
      statements: [
        ...bucketStatements(props),
        ...queueStatements(props.failedBatches),
        ...functionStatements(stack, props),
        ...lookStatements(stack, props),
        ...keyStatements(stack, props.encryptionKey),
      ],
    });
    this.acknowledge(stack);
  }

  private acknowledge(stack: Stack): void {
    const { partition, region, account, stackName } = stack;
    const shown = (part: string, name: string): string =>
      Token.isUnresolved(part) ? `<AWS::${name}>` : part;
    const place = `${shown(region, 'Region')}:${shown(account, 'AccountId')}`;
    const arn = (service: string, resource: string): string =>
      `arn:${shown(partition, 'Partition')}:${service}:${place}:${resource}`;
    const reasons = {
      '*': 'Metrics, saved queries and results of queries take no resource; they hold no record',
      [`<${FAILED_BATCH_BUCKET_LOGICAL_ID}.Arn>/*`]:
        'Lambda makes the keys of failed batches, and does not say how',
      [arn('lambda', 'event-source-mapping:*')]:
        'Lambda makes the ids of mappings; the condition lets in those of the archive function alone',
      [arn('cloudwatch', `alarm:${stackName}-*`)]: 'The alarms of the stack begin with its name',
    };
    for (const [resource, reason] of Object.entries(reasons)) {
      Validations.of(this.policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason,
      });
    }
  }
}

function bucketStatements({ archiveBucket, failedBatches: { bucket } }: OperatorPolicyProps) {
  return [
    allow(['s3:ListBucket'], [archiveBucket.bucketArn, bucket.bucketArn]),
    allow(
      ['s3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging'],
      [bucket.arnForObjects('*')],
    ),
  ];
}

/** What `npm run replay` calls: docs/replay.md has it by command. */
function queueStatements({ deadLetterQueue, replayQueue }: FailedBatches) {
  return [
    allow(['sqs:GetQueueAttributes', 'sqs:SendMessage'], [replayQueue.queueArn]),
    allow(
      [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ListMessageMoveTasks',
        'sqs:ReceiveMessage',
        'sqs:StartMessageMoveTask',
      ],
      [deadLetterQueue.queueArn],
    ),
  ];
}

function functionStatements(stack: Stack, { archive, replay }: OperatorPolicyProps) {
  const { functionArn } = archive.function;
  return [
    allow(['cloudformation:DescribeStacks'], [stack.stackId]),
    // Commands without the repository.
    allow(['lambda:InvokeFunction'], [replay.function.functionArn]),
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    new iam.PolicyStatement({
      actions: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      resources: [stack.formatArn({ service: 'lambda', resource: 'event-source-mapping:*' })],
      conditions: { ArnLike: { 'lambda:FunctionArn': [functionArn, `${functionArn}:*`] } },
    }),
  ];
}

function lookStatements(stack: Stack, { archive, replay }: OperatorPolicyProps) {
  const { stackName } = stack;
  // Each ends in ':*', the streams of the group.
  const logGroups = [archive, replay].map(({ logGroup }) => logGroup.logGroupArn);
  const cloudWatchArn = (resource: string, region = stack.region) =>
    stack.formatArn({ service: 'cloudwatch', region, resource });
  return [
    allow(['logs:FilterLogEvents', 'logs:StartQuery'], logGroups),
    allow(['cloudwatch:DescribeAlarms'], [cloudWatchArn(`alarm:${stackName}-*`)]),
    allow(['cloudwatch:GetDashboard'], [cloudWatchArn(`dashboard/${stackName}`, '')]),
    allow(
      [
        'cloudwatch:GetMetricData',
        'cloudwatch:GetMetricStatistics',
        'cloudwatch:ListMetrics',
        'logs:DescribeQueryDefinitions',
        'logs:GetQueryResults',
      ],
      // None of them takes a resource.
      ['*'],
    ),
  ];
}

function keyStatements(stack: Stack, key: kms.IKey | undefined): iam.PolicyStatement[] {
  return key === undefined ? [] : [keyStatement(stack, key)];
}

function allow(actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}
