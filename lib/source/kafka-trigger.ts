import { Annotations, CfnOutput, type Duration, Stack, Validations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import type { WatchedMapping } from '../monitoring/archive-metrics.ts';
import type { SchemaRegistrySettings } from '../settings/registry-settings.ts';
import type { ProvisionedPollers, StartingPosition, TopicSettings } from '../settings/settings.ts';
import { isInVpc, type KafkaSource } from './kafka-source.ts';
import { groupDigest } from './mapping-generation.ts';
import {
  isGlueRegistry,
  registryStatements,
  SCHEMAS_REASON,
  schemaRegistryOf,
} from './schema-registry.ts';
import { BROKERS_REASON, NETWORK_REASON, sourceStatements } from './source-permissions.ts';
import { startingPositionParameter } from './starting-position.ts';

/** Props of a {@link KafkaTrigger}. */
export interface KafkaTriggerProps {
  /** The function to invoke. Its role is granted the permissions to read the topics. */
  readonly target: lambda.IFunction;
  readonly source: KafkaSource;
  /** The topics to read, each with its own event source mapping. */
  readonly topics: readonly TopicSettings[];
  /** The consumer group of a topic unless the settings name another, which does not change while the stack exists. */
  readonly defaultGroupOf: (topic: string) => string;
  /** The {@link mappingGeneration}, with which each mapping gets the present {@link startingPosition} once. */
  readonly mappingGeneration: string;
  /** The maximum number of records per invocation. */
  readonly batchSize: number;
  /** The maximum time to wait for a batch to fill, in whole seconds; zero means no wait. */
  readonly batchWindow: Duration;
  /** Where new mappings start; those that exist keep their position: {@link startingPositionParameter}. */
  readonly startingPosition: StartingPosition;
  /** Whether the target returns partial responses. The target must have the same setting. */
  readonly reportBatchItemFailures: boolean;
  /**
   * The destination of batches that Lambda gives up. Without it, Lambda would retry them until their records
   * expire.
   */
  readonly onFailure: lambda.IEventSourceDlq;
  /** The number of retries of a failed batch; provisioned mode only. @default - Lambda's default, 10 */
  readonly retryAttempts?: number;
  /** The age at which Lambda gives up a record; provisioned mode only. @default - no limit */
  readonly maxRecordAge?: Duration;
  /** Whether Lambda retries a failed batch in two halves; provisioned mode only. */
  readonly bisectBatchOnError: boolean;
  /** The registry with which Lambda validates records; provisioned mode only. @default - none */
  readonly schemaRegistry?: SchemaRegistrySettings;
  /** Filter patterns; Lambda skips records that match none of them. @default - no record is skipped */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  /** Whether Lambda emits event metrics for the mappings; provisioned mode only. @default false */
  readonly eventMetrics?: boolean;
  /** @default - on-demand mode */
  readonly provisionedPollers?: ProvisionedPollers;
  /** Resources to create before the mappings. @default - none */
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
      ...sourceStatements(this, props.source, props.topics),
      ...(props.schemaRegistry === undefined
        ? []
        : registryStatements(this, props.schemaRegistry, props.source.secretKeyArns)),
    ];
    // Lambda checks the role when it creates a mapping, so the policy must already exist.
    const policies = statements.flatMap<IDependable>((statement) => {
      const { policyDependable } = target.grantPrincipal.addToPrincipalPolicy(statement);
      return policyDependable === undefined ? [] : [policyDependable];
    });
    this.mappings = props.topics.map(({ topic, consumerGroupId }) => {
      // The topic and any group other than the default are part of the logical id, so that another one means
      // another resource: CloudFormation silently ignores a change of a mapping's topic. Renaming this id, or
      // this construct, would replace every mapping, and Lambda refuses the new one while the old one exists.
      // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2140
      const isDefault = consumerGroupId === props.defaultGroupOf(topic);
      const group = isDefault ? '' : `-${groupDigest(Stack.of(this).resolve(consumerGroupId))}`;
      const mapping = new lambda.EventSourceMapping(this, `Mapping-${topic}${group}`, {
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
        ...pollerOptions(props.provisionedPollers),
        ...(props.eventMetrics && { metricsConfig: { metrics: EVERY_METRIC } }),
      });
      const start = { topic, start: props.startingPosition };
      Object.assign(
        mapping.node.defaultChild as lambda.CfnEventSourceMapping,
        startingPositionParameter(this, `${topic}-${props.mappingGeneration}`, start),
      );
      mapping.node.addDependency(...policies, ...(props.dependsOn ?? []));
      new CfnOutput(this, `MappingId-${topic}`, {
        description: `Event source mapping of the topic ${topic}`,
        value: mapping.eventSourceMappingId,
      });
      return { topic, mappingId: mapping.eventSourceMappingId };
    });
    this.warnOfStart(props.startingPosition);
    for (const reason of wildcardReasons(props)) {
      Validations.of(target.role ?? target).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason,
      });
    }
  }

  private warnOfStart(start: StartingPosition): void {
    if (start.kind === 'latest') {
      Annotations.of(this).addWarningV2(
        'msk-s3-archiver:startingPositionLatest',
        "startingPosition is 'latest': records that are produced while a mapping is being created or updated, which takes minutes, may be skipped and never archived; 'earliest' or a time skips none",
      );
    }
  }
}

/** Why the role may do something on every resource, one reason for each such statement. */
function wildcardReasons({ source, schemaRegistry }: KafkaTriggerProps): string[] {
  return [
    ...(source.kind === 'msk' ? [BROKERS_REASON] : []),
    ...(isInVpc(source) ? [NETWORK_REASON] : []),
    ...(schemaRegistry !== undefined && isGlueRegistry(schemaRegistry) ? [SCHEMAS_REASON] : []),
  ];
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

/** Prefixes each id with its type, as in https://docs.aws.amazon.com/lambda/latest/dg/kafka-esm-create.html */
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
    // Lambda expects each pattern as JSON text.
    ...(filters !== undefined && {
      filters: filters.map((pattern) => ({ pattern: JSON.stringify(pattern) })),
    }),
  };
}

function retryOptions({
  retryAttempts,
  maxRecordAge,
  bisectBatchOnError,
}: KafkaTriggerProps): Options {
  // Omitted unless true, since on-demand mode accepts none of these options.
  return { retryAttempts, maxRecordAge, ...(bisectBatchOnError && { bisectBatchOnError }) };
}

function pollerOptions(pollers: ProvisionedPollers | undefined): Options {
  if (pollers === undefined) return {};
  const { min, max, group } = pollers;
  return {
    provisionedPollerConfig: { minimumPollers: min, maximumPollers: max, pollerGroupName: group },
  };
}
