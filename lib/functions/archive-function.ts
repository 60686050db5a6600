import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type ArchiveEnvironment, archiveEnvironment } from '../../lambda/environment.ts';
import { archiveName } from '../archive-name.ts';
import { SAFE_MEMORY_MIB } from '../settings/function-settings.ts';
import { BundledFunction, type StoreFunctionProps } from './bundled-function.ts';

/** Props of an {@link ArchiveFunction}: its environment and its resources. */
export interface ArchiveFunctionProps
  extends StoreFunctionProps,
    Omit<ArchiveEnvironment, 'archiveBucket' | 'deliveryStream' | 'serviceName'> {
  /** The {@link mappingGeneration}, which changes when the event source mappings must be replaced. */
  readonly mappingGeneration: string;
}

/** The archive Lambda with its role and log group. */
export class ArchiveFunction extends BundledFunction {
  /**
   * The function as of this deployment, for event source mappings to invoke. Function and mapping must change
   * together: if the function began to return partial responses before the mapping evaluates them, Lambda would
   * treat failed batches as archived.
   */
  public readonly version: lambda.IVersion;

  constructor(scope: Construct, id: string, props: ArchiveFunctionProps) {
    super(scope, id, {
      entry: props.stream === undefined ? 'archive' : 'archive-firehose',
      // Part of the configuration, so that a new generation makes Lambda publish a new version.
      description: `Archives batches of Kafka records to S3, for mappings of generation ${props.mappingGeneration}`,
      roleDescription: 'Archive function: reads its topics, writes its log and its objects',
      memory: props.memory,
      timeout: props.timeout,
      encryptionKey: props.encryptionKey,
      tracing: props.tracing,
      enrich: props.enrich,
      // The mapping invokes the previous version until it is updated, so that one is retained. The version of
      // a deployment that failed must be deleted: for the same code, Lambda would return it again, and
      // CloudFormation refuses a version that exists.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
      environment: archiveEnvironment.encode({
        ...props,
        archiveBucket: props.bucket.bucketName,
        deliveryStream: props.stream?.deliveryStreamName,
        // Keeps metrics apart if two stacks archive topics with the same name from two clusters.
        serviceName: archiveName(scope),
      }),
    });
    this.allowStoring(props);
    this.warnOfMemory(props.memory.toMebibytes());
    this.version = this.function.currentVersion;
  }

  /** A warning and no refusal: with small batches, less memory can be enough. */
  private warnOfMemory(memoryMiB: number): void {
    if (memoryMiB >= SAFE_MEMORY_MIB) return;
    Annotations.of(this).addWarningV2(
      'msk-s3-archiver:littleMemory',
      `with memoryMiB ${memoryMiB}, the functions may run out of memory for batches of many objects or very large records, which then become dead letters: set memoryMiB to at least ${SAFE_MEMORY_MIB}, or keep batchSize small`,
    );
  }
}
