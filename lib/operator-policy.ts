import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { HEAL_PREFIX } from '../lambda/contract.ts';
import { archiveName, contractId } from './archive-name.ts';
import type { WatchedFunction } from './monitoring/archive-metrics.ts';
import type { ArchiveDeliveryStream } from './storage/archive-delivery-stream.ts';
import { keyStatement } from './storage/encryption-key.ts';
import { FAILED_BATCH_BUCKET_LOGICAL_ID, type FailedBatches } from './storage/failed-batches.ts';
import { wildcardFinding } from './wildcard-finding.ts';

/** Props of an {@link OperatorPolicy}. */
export interface OperatorPolicyProps {
  readonly archiveBucket: s3.IBucket;
  readonly failedBatches: FailedBatches;
  readonly archive: WatchedFunction;
  readonly replay: WatchedFunction;
  readonly alarmTopic: sns.ITopic;
  /** The check of the catalog. @default - none */
  readonly catalogCheck?: Pick<WatchedFunction, 'logGroup'>;
  /** The audit, with its bucket. @default - none */
  readonly audit?: {
    readonly function: WatchedFunction;
    readonly derivedBucket: s3.IBucket;
  };
  /** The delivery stream. @default - none */
  readonly delivery?: ArchiveDeliveryStream;
  /** The key that encrypts buckets and queues. @default - keys that AWS manages */
  readonly encryptionKey?: kms.IKey;
}

/**
 * A managed policy for operators, which is not attached to any principal. It allows the calls of the runbook's
 * commands, except those that docs/security.md lists. Operators can list the archive but not read it, can read
 * failed batches, which contain records, and cannot delete objects.
 */
export class OperatorPolicy extends Construct {
  public readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPolicyProps) {
    super(scope, id);

    const stack = Stack.of(this);
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `To operate ${archiveName(this)}: look, replay, redrive, dismiss, stop and start mappings`,
      statements: [
        ...bucketStatements(props),
        ...queueStatements(props.failedBatches),
        ...functionStatements(stack, props),
        ...lookStatements(stack, { ...props, name: archiveName(this) }),
        ...auditStatements(props),
        ...keyStatements(stack, props.encryptionKey),
      ],
    });
    this.acknowledge(stack, props);
  }

  private acknowledge(stack: Stack, { audit, failedBatches }: OperatorPolicyProps): void {
    const bucketId = contractId(this, FAILED_BATCH_BUCKET_LOGICAL_ID);
    const reasons = {
      '*': 'IAM authorizes these actions on no single resource, and the data that they read contains no records',
      [`<${bucketId}.Arn>/*`]:
        'Lambda chooses the keys of failed batches, and does not document them',
      [stackByName(stack)]: 'CloudFormation chooses the ids of stacks; the name is fixed',
      [stack.formatArn({ service: 'lambda', resource: 'event-source-mapping:*' })]:
        'Lambda chooses the ids of mappings; the condition restricts them to the archive function',
      ...Object.fromEntries(
        Object.values(audit === undefined ? {} : auditObjects(audit, failedBatches)).map((each) => [
          each,
          'The keys depend on the records, and on when operators reset groups',
        ]),
      ),
    };
    for (const [resource, reason] of Object.entries(reasons)) {
      Validations.of(this.policy).acknowledge({ id: wildcardFinding(this, resource), reason });
    }
  }
}

/**
 * The resource of calls that name a stack. CloudFormation authorizes them on `stack/NAME/*`, as its error messages
 * say, and not on the id of the stack that has the name: https://github.com/aws/aws-parallelcluster/pull/754
 */
function stackByName(stack: Stack): string {
  return stack.formatArn({
    ...{ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` },
  });
}

function bucketStatements({
  archiveBucket,
  audit,
  failedBatches: { bucket },
}: OperatorPolicyProps) {
  const derived = audit === undefined ? [] : [audit.derivedBucket.bucketArn];
  return [
    allow(['s3:ListBucket'], [archiveBucket.bucketArn, bucket.bucketArn, ...derived]),
    allow(['s3:ListBucketVersions'], [bucket.bucketArn]),
    allow(
      ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectVersionTagging', 's3:PutObjectTagging'],
      [bucket.arnForObjects('*')],
    ),
  ];
}

/** The queue permissions of `npx kafka-archive`. docs/operate.md#permissions lists permissions by command. */
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
    allow(['cloudformation:DescribeStacks'], [stackByName(stack)]),
    allow(['lambda:GetFunctionConcurrency'], [functionArn]),
    // For replay commands that are sent with the AWS CLI.
    allow(['lambda:InvokeFunction'], [replay.function.functionArn]),
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    new iam.PolicyStatement({
      actions: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      resources: [stack.formatArn({ service: 'lambda', resource: 'event-source-mapping:*' })],
      conditions: { ArnLike: { 'lambda:FunctionArn': [functionArn, `${functionArn}:*`] } },
    }),
  ];
}

function lookStatements(stack: Stack, props: OperatorPolicyProps & { readonly name: string }) {
  const { alarmTopic, archive, audit, catalogCheck, delivery, name, replay } = props;
  // Each ARN ends with ':*', which covers the group's streams.
  const logGroups = [archive, replay, ...(audit === undefined ? [] : [audit.function])].map(
    ({ logGroup }) => logGroup.logGroupArn,
  );
  const dashboardArn = stack.formatArn({
    ...{ service: 'cloudwatch', region: '', resource: `dashboard/${name}` },
  });
  return [
    allow(['logs:FilterLogEvents', 'logs:StartQuery'], logGroups),
    ...(catalogCheck === undefined
      ? []
      : [allow(['logs:FilterLogEvents'], [catalogCheck.logGroup.logGroupArn])]),
    allow(['cloudwatch:GetDashboard'], [dashboardArn]),
    allow(['sns:ListSubscriptionsByTopic'], [alarmTopic.topicArn]),
    ...streamStatements(delivery),
    allow(
      [
        // Authorized on every alarm, unless the call names some: https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1
        'cloudwatch:DescribeAlarms',
        // None of the others supports resource-level permissions.
        'cloudwatch:GetMetricData',
        'cloudwatch:GetMetricStatistics',
        'cloudwatch:ListMetrics',
        'lambda:GetAccountSettings',
        'lambda:ListEventSourceMappings',
        'logs:DescribeQueryDefinitions',
        'logs:GetQueryResults',
        ...(delivery === undefined ? [] : ['servicequotas:ListServiceQuotas']),
      ],
      ['*'],
    ),
  ];
}

/** Without the object prefix: the bucket is of this archive alone, and a policy has few characters left. */
function auditObjects(
  { derivedBucket }: NonNullable<OperatorPolicyProps['audit']>,
  { bucket }: FailedBatches,
) {
  return {
    ledgers: derivedBucket.arnForObjects('audit/*'),
    hours: derivedBucket.arnForObjects('hours/*'),
    healed: bucket.arnForObjects(`${HEAL_PREFIX}*`),
  };
}

/**
 * What `kafka-archive audit`, `reset`, `backfill` and `fetch` do besides reading the archive: they read the settings of
 * its functions, save ledgers, hour records and notes, and write failed batches.
 */
function auditStatements({
  archive,
  audit,
  failedBatches,
}: OperatorPolicyProps): iam.PolicyStatement[] {
  if (audit === undefined) return [];
  const { healed, hours, ledgers } = auditObjects(audit, failedBatches);
  return [
    allow(
      ['lambda:GetFunctionConfiguration'],
      [archive, audit.function].map((each) => each.function.functionArn),
    ),
    allow(['s3:GetObject', 's3:PutObject'], [ledgers, hours]),
    allow(['s3:PutObject'], [healed]),
  ];
}

function streamStatements(delivery: ArchiveDeliveryStream | undefined): iam.PolicyStatement[] {
  if (delivery === undefined) return [];
  return [
    allow(['firehose:DescribeDeliveryStream'], [delivery.stream.deliveryStreamArn]),
    allow(['logs:FilterLogEvents'], [delivery.logGroup.logGroupArn]),
  ];
}

function keyStatements(stack: Stack, key: kms.IKey | undefined): iam.PolicyStatement[] {
  return key === undefined ? [] : [keyStatement(stack, key)];
}

function allow(actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}
