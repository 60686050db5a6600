import { CfnOutput, Duration, Size, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ArchiveFunction } from './functions/archive-function.ts';
import { ReplayFunction } from './functions/replay-function.ts';
import { Monitoring, type WatchProps } from './monitoring/monitoring.ts';
import { OperatorPolicy } from './operator-policy.ts';
import type { StackSettings } from './settings/settings.ts';
import { KafkaNetwork } from './source/kafka-network.ts';
import { KafkaTrigger } from './source/kafka-trigger.ts';
import { mappingGeneration } from './source/mapping-generation.ts';
import { AccessLogs } from './storage/access-logs.ts';
import { ArchiveBucket } from './storage/archive-bucket.ts';
import {
  ArchiveDeliveryStream,
  type ArchiveDeliveryStreamProps,
} from './storage/archive-delivery-stream.ts';
import { encryptionKeyOf } from './storage/encryption-key.ts';
import { FailedBatchDestination } from './storage/failed-batch-destination.ts';
import { FailedBatches } from './storage/failed-batches.ts';

/** What an {@link ArchiveStack} is made of. */
export interface ArchiveStackProps {
  readonly settings: StackSettings;
}

/**
 * Archives the topics of one Kafka cluster: event source mappings, the archive function and its bucket.
 * What it gives up is kept in a bucket of its own, from which the replay function archives it.
 */
export class ArchiveStack extends Stack {
  constructor(scope: Construct, id: string, { settings }: ArchiveStackProps) {
    super(scope, id, {
      stackName: settings.stackName,
      description: 'Archives Kafka topics to S3 (msk-s3-archiver)',
      env: environmentOf(settings),
    });

    const encryptionKey = encryptionKeyOf(this, settings.encryptionKey);
    const kept = { encryptionKey, accessLogs: this.accessLogs(settings) };
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
    const stream = this.deliveryStream(settings, { bucket, encryptionKey });
    const store = {
      stream,
      ...storeProps(settings, bucket),
      encryptionKey,
      tracing: settings.tracing,
    };
    const { reportBatchItemFailures } = settings;
    const archive = new ArchiveFunction(this, 'ArchiveFunction', {
      ...store,
      reportBatchItemFailures,
      mappingGeneration: mappingGeneration(settings),
      timeout: Duration.seconds(settings.timeoutSeconds),
    });
    const { source, topics, batchSize, startingPosition, provisionedPollers } = settings;
    const { retryAttempts, maxRecordAge, bisectBatchOnError } = settings;
    new KafkaNetwork(this, 'KafkaNetwork', {
      source,
      network: settings.network,
      isProvisioned: provisionedPollers !== undefined,
    });
    const { mappings } = new KafkaTrigger(this, 'KafkaTrigger', {
      target: archive.version,
      source,
      topics,
      batchSize,
      batchWindow: Duration.seconds(settings.batchWindow),
      startingPosition,
      reportBatchItemFailures,
      onFailure: new FailedBatchDestination(failedBatches.bucket),
      retryAttempts,
      maxRecordAge: maxRecordAge === undefined ? undefined : Duration.seconds(maxRecordAge),
      bisectBatchOnError,
      provisionedPollers,
      schemaRegistry: settings.schemaRegistry,
      filters: settings.filters,
      eventMetrics: settings.eventMetrics,
    });
    const monitoring = new Monitoring(this, 'Monitoring', {
      alarmTopic: this.givenTopic(settings),
      alarmSubscriptions: settings.alarmSubscriptions,
    });
    const { alarmTopic } = monitoring;
    const replay = new ReplayFunction(this, 'ReplayFunction', {
      ...store,
      ...{ alarmTopic, failedBatches, archiveLogGroup: archive.logGroup },
      replayTries: settings.replayTries,
      replayRetrySeconds: settings.replayRetrySeconds,
      timeout: Duration.seconds(settings.replayTimeoutSeconds),
      batchSize: settings.replayBatchSize,
      maxConcurrency: settings.replayConcurrency,
    });
    const dashboard = monitoring.watch({
      ...watchProps(settings),
      ...{ archive, replay, failedBatches },
      stream: stream && { stream, bufferTime: Duration.seconds(settings.bufferSeconds) },
      provisionedMappings: provisionedPollers === undefined ? [] : mappings,
      measuredMappings: settings.eventMetrics ? mappings : [],
    });
    const { policy: operatorPolicy } = new OperatorPolicy(this, 'Operator', {
      ...{ archiveBucket: bucket, failedBatches, archive, replay, encryptionKey },
    });

    Tags.of(this).add('project', 'msk-s3-archiver');
    const { bucket: failedBatchBucket, replayQueue, deadLetterQueue } = failedBatches;
    const outputs = {
      ArchiveBucketName: bucket.bucketName,
      ArchiveFunctionName: archive.function.functionName,
      ArchiveLogGroupName: archive.logGroup.logGroupName,
      // A command line finds what to replay, and with what, by these.
      FailedBatchBucketName: failedBatchBucket.bucketName,
      ReplayQueueUrl: replayQueue.queueUrl,
      DeadLetterQueueUrl: deadLetterQueue.queueUrl,
      ReplayFunctionName: replay.function.functionName,
      ReplayLogGroupName: replay.logGroup.logGroupName,
      AlarmTopicArn: alarmTopic.topicArn,
      DashboardName: dashboard.dashboardName,
      OperatorPolicyArn: operatorPolicy.managedPolicyArn,
      ...(stream && { DeliveryStreamName: stream.deliveryStreamName }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  private deliveryStream(
    settings: StackSettings,
    kept: Pick<ArchiveDeliveryStreamProps, 'bucket' | 'encryptionKey'>,
  ): firehose.DeliveryStream | undefined {
    if (settings.delivery !== 'firehose') return undefined;
    const { objectPrefix, timeFolder, compression } = settings;
    return new ArchiveDeliveryStream(this, 'Delivery', {
      ...{ ...kept, objectPrefix, timeFolder, compression },
      topics: settings.topics.map(({ topic }) => topic),
      bufferSize: Size.mebibytes(settings.bufferSizeMiB),
      bufferTime: Duration.seconds(settings.bufferSeconds),
    }).stream;
  }

  private accessLogs({ accessLogDays }: StackSettings): s3.IBucket | undefined {
    if (accessLogDays === undefined) return undefined;
    return new AccessLogs(this, 'AccessLogs', { retention: Duration.days(accessLogDays) }).bucket;
  }

  private givenTopic({ alarmTopicArn }: StackSettings): sns.ITopic | undefined {
    if (alarmTopicArn === undefined) return undefined;
    return sns.Topic.fromTopicArn(this, 'GivenAlarmTopic', alarmTopicArn);
  }
}

function days(number: number): Duration;
function days(number: number | undefined): Duration | undefined;
function days(number: number | undefined): Duration | undefined {
  return number === undefined ? undefined : Duration.days(number);
}

/** What the settings say of alarms, and of what they are about. */
function watchProps(
  settings: StackSettings,
): Omit<
  WatchProps,
  'archive' | 'replay' | 'failedBatches' | 'stream' | 'provisionedMappings' | 'measuredMappings'
> {
  const { batchSize, expectedTrafficMinutes: minutes } = settings;
  return {
    batchSize,
    topics: settings.topics.map(({ topic }) => topic),
    timeout: Duration.seconds(settings.timeoutSeconds),
    memory: Size.mebibytes(settings.memoryMiB),
    replayDelay: Duration.seconds(settings.replayDelaySeconds),
    replayVisibility: Duration.seconds(settings.replayVisibilitySeconds),
    dataAgeTarget: Duration.seconds(settings.dataAgeTargetSeconds),
    expectedTraffic: minutes === undefined ? undefined : Duration.minutes(minutes),
  };
}

/**
 * What archive and replay have to be told alike: with other keys or bodies, a batch that is in the
 * archive already would be stored a second time.
 */
function storeProps(settings: StackSettings, bucket: s3.IBucket) {
  const { objectPrefix, timeFolder, compression, compressionLevel, metadata } = settings;
  const { maxParallelPuts, logLevel, storageClass } = settings;
  const objects = { bucket, objectPrefix, timeFolder, compression, compressionLevel, metadata };
  return {
    ...objects,
    storageClass,
    maxParallelPuts,
    logLevel,
    memory: Size.mebibytes(settings.memoryMiB),
  };
}

/**
 * An event source mapping lies in the account and region of its cluster, so that is where the stack
 * goes: with credentials for another account, or another region in mind, the CDK refuses to deploy
 * instead of Lambda half-way through. A self-managed cluster has neither, and the stack goes to where the
 * credentials point.
 */
function environmentOf({ source }: StackSettings): StackProps['env'] {
  if (source.kind !== 'msk') return undefined;
  const { account, region } = source.cluster;
  return { account, region };
}
