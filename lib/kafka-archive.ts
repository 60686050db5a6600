import { CfnOutput, Duration, Fn, Size, Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { contractId, nameArchive } from './archive-name.ts';
import { Catalog } from './catalog/catalog.ts';
import { CatalogCheck } from './catalog/catalog-check.ts';
import { layoutsOf } from './catalog/layouts.ts';
import { ArchiveFunction } from './functions/archive-function.ts';
import { AuditFunction, type AuditFunctionProps } from './functions/audit-function.ts';
import { ReplayFunction } from './functions/replay-function.ts';
import type { KafkaArchiveProps } from './kafka-archive-props.ts';
import { settingsOf } from './kafka-archive-settings.ts';
import type { WatchedMapping } from './monitoring/archive-metrics.ts';
import { Monitoring, type WatchProps } from './monitoring/monitoring.ts';
import { OperatorPolicy } from './operator-policy.ts';
import { ReaderPolicy } from './reader-policy.ts';
import type { StackSettings } from './settings/settings.ts';
import { BootstrapServers } from './source/bootstrap-servers.ts';
import { KafkaNetwork } from './source/kafka-network.ts';
import { KafkaTrigger, type KafkaTriggerProps } from './source/kafka-trigger.ts';
import { mappingGeneration } from './source/mapping-generation.ts';
import { AccessLogs } from './storage/access-logs.ts';
import { ArchiveBucket } from './storage/archive-bucket.ts';
import {
  ArchiveDeliveryStream,
  type ArchiveDeliveryStreamProps,
} from './storage/archive-delivery-stream.ts';
import { DerivedBucket } from './storage/derived-bucket.ts';
import { encryptionKeyOf } from './storage/encryption-key.ts';
import { FailedBatchDestination } from './storage/failed-batch-destination.ts';
import { FailedBatches } from './storage/failed-batches.ts';

/**
 * Archives topics of one Kafka cluster to S3, with an event source mapping for each topic, the function that
 * the mappings invoke, and the bucket to which it writes. Batches that Lambda gives up are kept in a second
 * bucket, from which a replay function archives them. Alarms and a dashboard monitor all of it.
 *
 * The command line finds the archive by its outputs, such as `ArchiveBucketName`. Unless the construct's id is
 * `Default`, the id precedes their names: `OrdersArchiveBucketName`.
 *
 * @example
 * new KafkaArchive(this, 'Orders', {
 *   cluster: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
 *   topics: ['orders', 'payments'],
 * });
 */
export class KafkaArchive extends Construct {
  /**
   * The name that prefixes the alarms and saved queries, names the dashboard, and is the `service` of metrics
   * and logs.
   */
  public readonly name: string;
  /** The bucket that holds the archive. It is retained when the stack is deleted. */
  public readonly bucket: s3.IBucket;
  /** The bucket that holds failed batches. It is retained when the stack is deleted. */
  public readonly failedBatchBucket: s3.IBucket;
  /** The queue of failed batches that are waiting to be replayed. */
  public readonly replayQueue: sqs.IQueue;
  /** The queue of failed batches that could not be replayed. */
  public readonly deadLetterQueue: sqs.IQueue;
  /** The function that archives records. The mappings invoke its {@link archiveVersion}. */
  public readonly archiveFunction: lambda.IFunction;
  /** The version of the archive function that the mappings invoke. */
  public readonly archiveVersion: lambda.IVersion;
  /** The log group of the archive function. */
  public readonly archiveLogGroup: logs.ILogGroup;
  /** The function that archives failed batches. */
  public readonly replayFunction: lambda.IFunction;
  /** The log group of the replay function. */
  public readonly replayLogGroup: logs.ILogGroup;
  /** The topics, each with the UUID of its event source mapping. */
  public readonly mappings: readonly WatchedMapping[];
  /** The SNS topic that receives alarms and notifications of dead letters. */
  public readonly alarmTopic: sns.ITopic;
  /** The CloudWatch dashboard of this archive. */
  public readonly dashboard: cloudwatch.Dashboard;
  /** A managed policy with the permissions that operators need. It is not attached to any principal. */
  public readonly operatorPolicy: iam.IManagedPolicy;
  /**
   * A managed policy with the permissions to query the archive. It is not attached to any principal; undefined
   * without a catalog.
   */
  public readonly readerPolicy?: iam.IManagedPolicy;
  /** The KMS key that encrypts buckets, queues, logs and results; undefined if AWS manages their keys. */
  public readonly encryptionKey?: kms.IKey;
  /** The Firehose delivery stream; undefined unless the delivery is `firehose`. */
  public readonly deliveryStream?: firehose.IDeliveryStream;
  /** The function that compares the archive with the brokers; undefined without the audit. */
  public readonly auditFunction?: lambda.IFunction;
  /**
   * The bucket that holds the audit's ledgers and hour records, and sends its events to EventBridge. It is retained when
   * the stack is deleted; undefined without the audit.
   */
  public readonly derivedBucket?: s3.IBucket;

  /** @throws Error with a line for each invalid prop: its name, the valid values and the given value */
  constructor(scope: Construct, id: string, props: KafkaArchiveProps) {
    super(scope, id);

    const names = nameArchive(this, props.name);
    const settings = settingsOf(this, names.name, props);
    estimateArns(this, settings);
    const encryptionKey = encryptionKeyOf(this, props.encryptionKey ?? 'managed', {
      hasCatalog: settings.catalog,
    });
    const kept = { encryptionKey, accessLogs: this.createAccessLogs(settings) };
    const { bucket } = new ArchiveBucket(this, 'Archive', {
      ...kept,
      transitions: settings.archiveTransitions,
      expiration: days(settings.archiveExpirationDays),
      noncurrentVersionRetention: days(settings.noncurrentVersionDays),
      objectLock: days(settings.objectLockDays),
    });
    const failedBatches = new FailedBatches(this, 'FailedBatches', {
      ...kept,
      replayDelay: Duration.seconds(settings.replayDelaySeconds),
      replayVisibility: Duration.seconds(settings.replayVisibilitySeconds),
      replayTries: settings.replayTries,
      replayedRetention: Duration.days(settings.replayedRetentionDays),
    });
    const delivery = this.createDelivery(settings, { bucket, encryptionKey });
    const stream = delivery?.stream;
    // Archive and replay share every setting: with others, a batch that is archived would be stored again.
    const store = {
      ...settings,
      memory: Size.mebibytes(settings.memoryMiB),
      ...{ bucket, stream, encryptionKey, enrich: props.enrich },
    };
    const generation = mappingGeneration(Stack.of(this).resolve(settings));
    const archive = new ArchiveFunction(this, 'ArchiveFunction', {
      ...store,
      mappingGeneration: generation,
      timeout: Duration.seconds(settings.timeoutSeconds),
    });
    const mappings = this.createMappings(settings, {
      target: archive.version,
      mappingGeneration: generation,
      defaultGroupOf: (topic) => `${names.defaultName}-${topic}`,
      onFailure: new FailedBatchDestination(failedBatches.bucket),
    });
    const monitoring = new Monitoring(this, 'Monitoring', {
      alarmTopic: props.alarmTopic,
      alarmSubscriptions: settings.alarmSubscriptions,
    });
    const { alarmTopic } = monitoring;
    const replay = new ReplayFunction(this, 'ReplayFunction', {
      ...store,
      ...{ alarmTopic, failedBatches, archiveLogGroup: archive.logGroup },
      timeout: Duration.seconds(settings.replayTimeoutSeconds),
      batchSize: settings.replayBatchSize,
      maxConcurrency: settings.replayConcurrency,
    });
    const audit = this.createAudit(settings, {
      ...{ ...kept, bucket, failedBatchBucket: failedBatches.bucket },
    });
    const catalog = this.createCatalog(settings, { bucket, encryptionKey, audit });
    const dashboard = monitoring.watch({
      ...watchProps(settings),
      ...{ archive, replay, failedBatches, catalogCheck: catalog?.check.function },
      audit: audit && {
        function: audit.function,
        every: Duration.minutes(settings.auditEvery),
        isPaused: settings.auditPaused,
      },
      stream: stream && { stream, bufferTime: Duration.seconds(settings.bufferSeconds) },
      provisionedMappings: settings.provisionedPollers === undefined ? [] : mappings,
      measuredMappings: settings.eventMetrics ? mappings : [],
    });
    const { policy: operatorPolicy } = new OperatorPolicy(this, 'Operator', {
      archiveBucket: bucket,
      ...{ alarmTopic, archive, delivery, encryptionKey, failedBatches, replay },
      catalogCheck: catalog?.check,
      audit,
    });

    this.name = names.name;
    this.bucket = bucket;
    this.failedBatchBucket = failedBatches.bucket;
    this.replayQueue = failedBatches.replayQueue;
    this.deadLetterQueue = failedBatches.deadLetterQueue;
    this.archiveFunction = archive.function;
    this.archiveVersion = archive.version;
    this.archiveLogGroup = archive.logGroup;
    this.replayFunction = replay.function;
    this.replayLogGroup = replay.logGroup;
    this.mappings = mappings;
    this.alarmTopic = alarmTopic;
    this.dashboard = dashboard;
    this.operatorPolicy = operatorPolicy;
    this.readerPolicy = catalog?.readerPolicy;
    this.encryptionKey = encryptionKey;
    this.deliveryStream = stream;
    this.auditFunction = audit?.function.function;
    this.derivedBucket = audit?.derivedBucket;
    this.createOutputs({ ...catalog?.outputs, ...audit?.outputs });
  }

  /** Creates the outputs by which the command line finds the archive. */
  private createOutputs(ofParts: Readonly<Record<string, string>>): void {
    const outputs = {
      ArchiveBucketName: this.bucket.bucketName,
      ArchiveFunctionName: this.archiveFunction.functionName,
      ArchiveLogGroupName: this.archiveLogGroup.logGroupName,
      FailedBatchBucketName: this.failedBatchBucket.bucketName,
      ReplayQueueUrl: this.replayQueue.queueUrl,
      DeadLetterQueueUrl: this.deadLetterQueue.queueUrl,
      ReplayFunctionName: this.replayFunction.functionName,
      ReplayLogGroupName: this.replayLogGroup.logGroupName,
      AlarmTopicArn: this.alarmTopic.topicArn,
      DashboardName: this.dashboard.dashboardName,
      OperatorPolicyArn: this.operatorPolicy.managedPolicyArn,
      ...(this.deliveryStream && { DeliveryStreamName: this.deliveryStream.deliveryStreamName }),
      ...ofParts,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value }).overrideLogicalId(contractId(this, name));
    }
  }

  private createMappings(
    settings: StackSettings,
    parts: Pick<KafkaTriggerProps, 'target' | 'mappingGeneration' | 'defaultGroupOf' | 'onFailure'>,
  ): readonly WatchedMapping[] {
    const { audit: hasAudit, source, network, provisionedPollers, maxRecordAge } = settings;
    new KafkaNetwork(this, 'KafkaNetwork', {
      ...{ hasAudit, source, network, isProvisioned: provisionedPollers !== undefined },
    });
    return new KafkaTrigger(this, 'KafkaTrigger', {
      ...parts,
      source,
      topics: settings.topics,
      batchSize: settings.batchSize,
      batchWindow: Duration.seconds(settings.batchWindow),
      startingPosition: settings.startingPosition,
      reportBatchItemFailures: settings.reportBatchItemFailures,
      retryAttempts: settings.retryAttempts,
      maxRecordAge: maxRecordAge === undefined ? undefined : Duration.seconds(maxRecordAge),
      bisectBatchOnError: settings.bisectBatchOnError,
      provisionedPollers,
      schemaRegistry: settings.schemaRegistry,
      filters: settings.filters,
      eventMetrics: settings.eventMetrics,
    }).mappings;
  }

  private createDelivery(
    settings: StackSettings,
    kept: Pick<ArchiveDeliveryStreamProps, 'bucket' | 'encryptionKey'>,
  ): ArchiveDeliveryStream | undefined {
    if (settings.delivery !== 'firehose') return undefined;
    const { objectPrefix, timeFolder, compression } = settings;
    return new ArchiveDeliveryStream(this, 'Delivery', {
      ...{ ...kept, objectPrefix, timeFolder, compression },
      topics: settings.topics.map(({ topic }) => topic),
      bufferSize: Size.mebibytes(settings.bufferSizeMiB),
      bufferTime: Duration.seconds(settings.bufferSeconds),
      isLocked: settings.objectLockDays !== undefined,
    });
  }

  private createAudit(
    settings: StackSettings,
    {
      accessLogs,
      ...parts
    }: Pick<AuditFunctionProps, 'bucket' | 'encryptionKey' | 'failedBatchBucket'> & {
      readonly accessLogs?: s3.IBucket;
    },
  ) {
    if (!settings.audit) return undefined;
    const { archiveExpirationDays: expirationDays, network, source } = settings;
    const { encryptionKey } = parts;
    const { bucket: derivedBucket } = new DerivedBucket(this, 'Derived', {
      ...{ accessLogs, encryptionKey },
    });
    const bootstrapServers = this.auditServers(settings, encryptionKey);
    const audit = new AuditFunction(this, 'AuditFunction', {
      ...{ ...settings, ...parts, derivedBucket, encryptionKey, expirationDays },
      bootstrapServers: [bootstrapServers],
      network: source.kind === 'msk' ? network : source.network,
      every: Duration.minutes(settings.auditEvery),
      isPaused: settings.auditPaused,
      fullListingDays: settings.auditFullListingDays,
      autoHealRecords: settings.autoHeal ?? 0,
    });
    const outputs = {
      AuditBootstrapServers: bootstrapServers,
      AuditFunctionName: audit.function.functionName,
      AuditLogGroupName: audit.logGroup.logGroupName,
      DerivedBucketName: derivedBucket.bucketName,
    };
    return { function: audit, derivedBucket, outputs };
  }

  /** The bootstrap servers of the audit, separated by commas. */
  private auditServers(
    { auditBootstrapServers: given, source }: StackSettings,
    encryptionKey: kms.IKey | undefined,
  ): string {
    // Not the list's own method, since the list may be a token.
    if (given !== undefined) return Fn.join(',', given);
    if (source.kind === 'self-managed') return Fn.join(',', [...source.bootstrapServers]);
    const { servers } = new BootstrapServers(this, 'Bootstrap', {
      ...{ clusterArn: source.cluster.arn, credentials: source.credentials, encryptionKey },
    });
    return servers;
  }

  private createCatalog(
    settings: StackSettings,
    {
      audit,
      bucket,
      encryptionKey,
    }: Pick<ArchiveDeliveryStreamProps, 'bucket' | 'encryptionKey'> & {
      readonly audit?: { readonly derivedBucket: s3.IBucket };
    },
  ) {
    if (!settings.catalog) return undefined;
    const { catalogFrom: from, catalogTopics = [], columns = {}, logLevel } = settings;
    const topics = settings.topics.map(({ topic }) => topic);
    const layouts = layoutsOf({ ...settings, topics });
    const shared = { bucket, encryptionKey, from, layouts };
    const { databaseName, workgroupName } = new Catalog(this, 'Catalog', {
      ...{ ...shared, columns, database: settings.catalogDatabase },
      topics: [...topics, ...catalogTopics.filter((topic) => Object.hasOwn(columns, topic))],
      scanLimit: Size.gibibytes(settings.queryScanLimitGiB),
    });
    const check = new CatalogCheck(this, 'CatalogCheck', { ...shared, logLevel });
    const { policy: readerPolicy } = new ReaderPolicy(this, 'Reader', {
      ...{ archiveBucket: bucket, databaseName, encryptionKey },
      derivedBucket: audit?.derivedBucket,
      objectPrefixes: [...new Set(shared.layouts.map(({ objectPrefix }) => objectPrefix))],
    });
    const outputs = {
      CatalogDatabaseName: databaseName,
      WorkgroupName: workgroupName,
      CatalogCheckLogGroupName: check.logGroup.logGroupName,
      ReaderPolicyArn: readerPolicy.managedPolicyArn,
    };
    return { check, readerPolicy, outputs };
  }

  private createAccessLogs({ accessLogDays }: StackSettings): s3.IBucket | undefined {
    if (accessLogDays === undefined) return undefined;
    return new AccessLogs(this, 'AccessLogs', { retention: Duration.days(accessLogDays) }).bucket;
  }
}

/** The longest possible ARN of a topic or group, without the name at its end. */
const LONGEST_PARENT = `arn:aws-us-gov:kafka:ap-southeast-1:111122223333:topic/${'c'.repeat(64)}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-s12/`;

/**
 * Tells the CDK how long ARNs are that are known only at deployment, so that it can split policies that would
 * be too long for IAM.
 */
function estimateArns(archive: Construct, { source, topics }: StackSettings): void {
  if (source.kind !== 'msk' || !Token.isUnresolved(source.cluster.arn)) return;
  const names = topics.flatMap(({ topic, consumerGroupId }) => [topic, consumerGroupId]);
  const longest = Math.max(...names.map(({ length }) => length));
  archive.node.setContext('@aws-cdk/aws-iam.arnSizeEstimate', LONGEST_PARENT.length + longest);
}

function days(number: number): Duration;
function days(number: number | undefined): Duration | undefined;
function days(number: number | undefined): Duration | undefined {
  return number === undefined ? undefined : Duration.days(number);
}

/** The settings that the alarms and the dashboard depend on. */
function watchProps(
  settings: StackSettings,
): Omit<
  WatchProps,
  | 'archive'
  | 'audit'
  | 'replay'
  | 'failedBatches'
  | 'catalogCheck'
  | 'stream'
  | 'provisionedMappings'
  | 'measuredMappings'
> {
  const { batchSize, expectedTrafficMinutes: minutes } = settings;
  return {
    batchSize,
    topics: settings.topics.map(({ topic }) => topic),
    validated: settings.schemaRegistry !== undefined,
    timeout: Duration.seconds(settings.timeoutSeconds),
    memory: Size.mebibytes(settings.memoryMiB),
    replayDelay: Duration.seconds(settings.replayDelaySeconds),
    replayVisibility: Duration.seconds(settings.replayVisibilitySeconds),
    dataAgeTarget: Duration.seconds(settings.dataAgeTargetSeconds),
    expectedTraffic: minutes === undefined ? undefined : Duration.minutes(minutes),
  };
}
