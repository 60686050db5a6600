import { CfnOutput, Duration, Size, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ArchiveBucket } from './archive-bucket.ts';
import { ArchiveFunction } from './archive-function.ts';
import { KafkaTrigger } from './kafka-trigger.ts';
import type { StackSettings } from './settings.ts';

/** What an {@link ArchiveStack} is made of. */
export interface ArchiveStackProps {
  readonly settings: StackSettings;
}

/** Archives the topics of one Kafka cluster: event source mappings, one function, one bucket. */
export class ArchiveStack extends Stack {
  constructor(scope: Construct, id: string, { settings }: ArchiveStackProps) {
    super(scope, id, {
      stackName: settings.stackName,
      description: 'Archives Kafka topics to S3 (msk-s3-archiver)',
      env: environmentOf(settings),
    });

    const { bucket } = new ArchiveBucket(this, 'Archive');
    const { objectPrefix, timeFolder, compression, compressionLevel, metadata } = settings;
    const { maxParallelPuts, reportBatchItemFailures, logLevel } = settings;
    const archive = new ArchiveFunction(this, 'ArchiveFunction', {
      bucket,
      objectPrefix,
      timeFolder,
      compression,
      compressionLevel,
      metadata,
      maxParallelPuts,
      reportBatchItemFailures,
      logLevel,
      memory: Size.mebibytes(settings.memoryMiB),
      timeout: Duration.seconds(settings.timeoutSeconds),
    });
    const { source, topics, batchSize, startingPosition, provisionedPollers } = settings;
    new KafkaTrigger(this, 'KafkaTrigger', {
      target: archive.version,
      source,
      topics,
      batchSize,
      batchWindow: Duration.seconds(settings.batchWindow),
      startingPosition,
      reportBatchItemFailures,
      provisionedPollers,
    });

    Tags.of(this).add('project', 'msk-s3-archiver');
    new CfnOutput(this, 'ArchiveBucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'ArchiveFunctionName', { value: archive.function.functionName });
    new CfnOutput(this, 'ArchiveLogGroupName', { value: archive.logGroup.logGroupName });
  }
}

/**
 * An event source mapping lies in the account and region of its cluster, so that is where the stack
 * goes: with credentials for another account, or another region in mind, the CDK refuses to deploy
 * instead of Lambda half-way through. A self-managed cluster has neither, and the stack goes to
 * where the credentials point.
 */
function environmentOf({ source }: StackSettings): StackProps['env'] {
  if (source.kind !== 'msk') return undefined;
  const { account, region } = source.cluster;
  return { account, region };
}
