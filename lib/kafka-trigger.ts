import { Annotations, CfnOutput, type Duration, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import { type ClusterArn, groupArn, topicArn } from './cluster-arn.ts';
import type {
  MskSource,
  ProvisionedPollers,
  SelfManagedSource,
  StartingPosition,
  TopicSettings,
} from './settings.ts';

/** What a {@link KafkaTrigger} is made of. */
export interface KafkaTriggerProps {
  /** The function to invoke; its role gets what reading the topics takes. */
  readonly target: lambda.IFunction;
  readonly source: MskSource | SelfManagedSource;
  /** One event source mapping each. */
  readonly topics: readonly TopicSettings[];
  /** Most records in one invocation. */
  readonly batchSize: number;
  /** How long a batch may wait to fill, in whole seconds; zero waits for nothing. */
  readonly batchWindow: Duration;
  readonly startingPosition: StartingPosition;
  /** Whether the target answers with a partial response; it must be told the same. */
  readonly reportBatchItemFailures: boolean;
  /** Where a batch goes that is given up: without it, one is tried until its records expire. */
  readonly onFailure: lambda.IEventSourceDlq;
  /** Tries of a batch after the first; provisioned mode only. @default - Lambda's own, ten */
  readonly retryAttempts?: number;
  /** Age at which a record is given up; provisioned mode only. @default - none */
  readonly maxRecordAge?: Duration;
  /** Whether a batch that fails is tried again in halves; provisioned mode only. */
  readonly bisectBatchOnError: boolean;
  /** @default - on-demand mode */
  readonly provisionedPollers?: ProvisionedPollers;
}

/**
 * The event source mappings from Kafka to the function, one per topic, with exactly the permissions
 * that Lambda needs to read those topics.
 *
 * It is built on `lambda.EventSourceMapping` and not on `ManagedKafkaEventSource`, which attaches the
 * managed policy AWSLambdaMSKExecutionRole (every cluster, every log group) and leaves out the
 * `kafka-cluster` permissions.
 */
export class KafkaTrigger extends Construct {
  constructor(scope: Construct, id: string, props: KafkaTriggerProps) {
    super(scope, id);

    const { target } = props;
    // Lambda checks the role when a mapping is created, so the policy has to be there before.
    const policies = statementsOf(props).flatMap<IDependable>((statement) => {
      const { policyDependable } = target.grantPrincipal.addToPrincipalPolicy(statement);
      return policyDependable === undefined ? [] : [policyDependable];
    });
    for (const { topic, consumerGroupId } of props.topics) {
      // The topic is part of the logical id, so that another topic is another resource: to change the
      // topic of a mapping is a silent no-op in CloudFormation. Renaming this id, or this construct,
      // makes every mapping a new one, which Lambda refuses while the old one is there.
      // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2140
      const mapping = new lambda.EventSourceMapping(this, `Mapping-${topic}`, {
        target,
        kafkaTopic: topic,
        kafkaConsumerGroupId: consumerGroupId,
        batchSize: props.batchSize,
        maxBatchingWindow: props.batchWindow,
        reportBatchItemFailures: props.reportBatchItemFailures,
        onFailure: props.onFailure,
        ...retryOptions(props),
        ...sourceOptions(props.source),
        ...startOptions(props.startingPosition),
        ...pollerOptions(props.provisionedPollers),
      });
      mapping.node.addDependency(...policies);
      new CfnOutput(this, `MappingId-${topic}`, {
        description: `Event source mapping of the topic ${topic}`,
        value: mapping.eventSourceMappingId,
      });
    }
    this.warnOfStart(props.startingPosition);
    if (props.source.kind === 'msk') {
      Validations.of(target.role ?? target).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: NETWORK_REASON,
      });
    }
  }

  private warnOfStart(start: StartingPosition): void {
    if (start.kind === 'latest') {
      Annotations.of(this).addWarningV2(
        'msk-s3-archiver:startingPositionLatest',
        "startingPosition is 'latest': records that are produced while a mapping is created or updated, which takes minutes, can be missed and are then not archived; 'earliest' or a time misses none",
      );
    }
    if (start.kind === 'timestamp' && start.hoursBack !== undefined) {
      const time = new Date(start.unixSeconds * 1000).toISOString();
      Annotations.of(this).addWarningV2(
        'msk-s3-archiver:hoursBackMoves',
        `hoursBack ${start.hoursBack} is ${time} now and another time at the next synth, which would replace the mappings and so fail: for every later deployment set startingPosition to '${time}' instead`,
      );
    }
  }
}

const NETWORK_REASON =
  'Lambda makes its network interfaces in the subnets of the cluster, which are not known at synth, and the Describe actions take no resource';

/** Topics or groups in one statement: few enough for any ten names to fit a managed policy. */
const NAMES_PER_STATEMENT = 3;

function statementsOf({ source, topics }: KafkaTriggerProps): iam.PolicyStatement[] {
  if (source.kind === 'msk') return mskStatements(source.cluster, topics);
  return [allow(['secretsmanager:GetSecretValue'], [source.secretArn])];
}

/**
 * Each action with the type of resource it is about.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 * https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
 *
 * Topics and groups come in statements of a few, since a role splits what is too long for its inline
 * policy by statements.
 */
function mskStatements(
  cluster: ClusterArn,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  return [
    // DescribeClusterV2 does for both kinds of cluster; Lambda means to give DescribeCluster up.
    allow(['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [cluster.arn]),
    allow(['kafka-cluster:Connect'], [cluster.arn]),
    ...chunks(topics.map(({ topic }) => topicArn(cluster, topic))).map((arns) =>
      allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], arns),
    ),
    ...chunks(topics.map(({ consumerGroupId }) => groupArn(cluster, consumerGroupId))).map((arns) =>
      allow(['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'], arns),
    ),
    allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
      ],
      // NETWORK_REASON says why.
      ['*'],
    ),
  ];
}

function allow(actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}

function chunks(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / NAMES_PER_STATEMENT);
  return Array.from({ length: count }, (_, index) =>
    names.slice(index * NAMES_PER_STATEMENT, (index + 1) * NAMES_PER_STATEMENT),
  );
}

type Options = Partial<lambda.EventSourceMappingOptions>;

function sourceOptions(source: MskSource | SelfManagedSource): Options {
  if (source.kind === 'msk') return { eventSourceArn: source.cluster.arn };
  const type = lambda.SourceAccessConfigurationType.of(source.authentication);
  return {
    kafkaBootstrapServers: [...source.bootstrapServers],
    sourceAccessConfigurations: [{ type, uri: source.secretArn }],
  };
}

function startOptions(start: StartingPosition): Options {
  if (start.kind === 'timestamp') {
    return {
      startingPosition: lambda.StartingPosition.AT_TIMESTAMP,
      startingPositionTimestamp: start.unixSeconds,
    };
  }
  const { TRIM_HORIZON, LATEST } = lambda.StartingPosition;
  return { startingPosition: start.kind === 'earliest' ? TRIM_HORIZON : LATEST };
}

function retryOptions({
  retryAttempts,
  maxRecordAge,
  bisectBatchOnError,
}: KafkaTriggerProps): Options {
  // Left out unless it bisects: Lambda takes none of them in on-demand mode.
  return { retryAttempts, maxRecordAge, ...(bisectBatchOnError && { bisectBatchOnError }) };
}

function pollerOptions(pollers: ProvisionedPollers | undefined): Options {
  if (pollers === undefined) return {};
  const { min, max, group } = pollers;
  return {
    provisionedPollerConfig: { minimumPollers: min, maximumPollers: max, pollerGroupName: group },
  };
}
