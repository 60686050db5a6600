import { Annotations, CfnOutput, type Duration, Validations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import type { WatchedMapping } from '../monitoring/archive-metrics.ts';
import type { SchemaRegistrySettings } from '../settings/registry-settings.ts';
import type { ProvisionedPollers, StartingPosition, TopicSettings } from '../settings/settings.ts';
import { isInVpc, type KafkaSource } from './kafka-source.ts';
import { acknowledgeRegistry, registryStatements, schemaRegistryOf } from './schema-registry.ts';
import { NETWORK_REASON, sourceStatements } from './source-permissions.ts';

/** What a {@link KafkaTrigger} is made of. */
export interface KafkaTriggerProps {
  /** The function to invoke; its role gets what reading the topics takes. */
  readonly target: lambda.IFunction;
  readonly source: KafkaSource;
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
  /** What Lambda checks records with; provisioned mode only. @default - nothing */
  readonly schemaRegistry?: SchemaRegistrySettings;
  /** Patterns; a record that matches none is left out. @default - none is */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  /** Whether Lambda counts the events of the mappings; provisioned mode only. @default false */
  readonly eventMetrics?: boolean;
  /** @default - on-demand mode */
  readonly provisionedPollers?: ProvisionedPollers;
  /** What has to be there before the mappings. @default - nothing else */
  readonly dependsOn?: readonly IDependable[];
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
  public readonly mappings: readonly WatchedMapping[];

  constructor(scope: Construct, id: string, props: KafkaTriggerProps) {
    super(scope, id);

    const { target } = props;
    const statements = [
      ...sourceStatements(props.source, props.topics),
      ...(props.schemaRegistry === undefined
        ? []
        : registryStatements(props.schemaRegistry, props.source.secretKeyArns)),
    ];
    // Lambda checks the role when a mapping is created, so the policy has to be there before.
    const policies = statements.flatMap<IDependable>((statement) => {
      const { policyDependable } = target.grantPrincipal.addToPrincipalPolicy(statement);
      return policyDependable === undefined ? [] : [policyDependable];
    });
    this.mappings = props.topics.map(({ topic, consumerGroupId }) => {
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
        ...recordOptions(props),
        ...startOptions(props.startingPosition),
        ...pollerOptions(props.provisionedPollers),
        ...(props.eventMetrics && { metricsConfig: { metrics: EVERY_METRIC } }),
      });
      mapping.node.addDependency(...policies, ...(props.dependsOn ?? []));
      new CfnOutput(this, `MappingId-${topic}`, {
        description: `Event source mapping of the topic ${topic}`,
        value: mapping.eventSourceMappingId,
      });
      return { topic, mappingId: mapping.eventSourceMappingId };
    });
    this.warnOfStart(props.startingPosition);
    if (props.schemaRegistry !== undefined) {
      acknowledgeRegistry(target.role ?? target, props.schemaRegistry);
    }
    if (isInVpc(props.source)) {
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
  }
}

const EVERY_METRIC = [
  lambda.MetricType.EVENT_COUNT,
  lambda.MetricType.ERROR_COUNT,
  lambda.MetricType.KAFKA_METRICS,
];

type Options = Partial<lambda.EventSourceMappingOptions>;

function sourceOptions(source: KafkaSource): Options {
  const access = accessConfigurations(source);
  return {
    ...(source.kind === 'msk'
      ? { eventSourceArn: source.cluster.arn }
      : { kafkaBootstrapServers: [...source.bootstrapServers] }),
    ...(access.length > 0 && { sourceAccessConfigurations: access }),
  };
}

/** Ids with what they are of in front, as in https://docs.aws.amazon.com/lambda/latest/dg/kafka-esm-create.html */
function accessConfigurations(source: KafkaSource): lambda.SourceAccessConfiguration[] {
  const types = lambda.SourceAccessConfigurationType;
  const { credentials } = source;
  const secrets =
    credentials === undefined
      ? []
      : [{ type: types.of(credentials.type), uri: credentials.secretArn }];
  if (source.kind === 'msk') return secrets;
  const { network, rootCaSecretArn } = source;
  const { subnetIds, securityGroupIds } = network ?? { subnetIds: [], securityGroupIds: [] };
  return [
    ...secrets,
    ...(rootCaSecretArn === undefined
      ? []
      : [{ type: types.SERVER_ROOT_CA_CERTIFICATE, uri: rootCaSecretArn }]),
    ...subnetIds.map((id) => ({ type: types.VPC_SUBNET, uri: `subnet:${id}` })),
    ...securityGroupIds.map((id) => ({
      type: types.VPC_SECURITY_GROUP,
      uri: `security_group:${id}`,
    })),
  ];
}

function recordOptions({ schemaRegistry, filters }: KafkaTriggerProps): Options {
  return {
    ...(schemaRegistry !== undefined && { schemaRegistryConfig: schemaRegistryOf(schemaRegistry) }),
    // The form that Lambda has: text, of which the pattern is made.
    ...(filters !== undefined && {
      filters: filters.map((pattern) => ({ pattern: JSON.stringify(pattern) })),
    }),
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
