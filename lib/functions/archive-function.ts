import { RemovalPolicy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type ArchiveEnvironment, archiveEnvironment } from '../../lambda/environment.ts';
import { archiveName } from '../archive-name.ts';
import { BundledFunction, type StoreFunctionProps } from './bundled-function.ts';

/** What an {@link ArchiveFunction} is made of: what it is told, and what it runs with. */
export interface ArchiveFunctionProps
  extends StoreFunctionProps,
    Omit<ArchiveEnvironment, 'archiveBucket' | 'deliveryStream' | 'serviceName'> {
  /** Changes with what its event source mappings cannot change: {@link mappingGeneration}. */
  readonly mappingGeneration: string;
}

/** The archive Lambda with its role and log group. */
export class ArchiveFunction extends BundledFunction {
  /**
   * The function as it is in this deployment, for event source mappings to invoke. What they expect of
   * its answers has to change together with it: a function that begins to answer with a partial
   * response, invoked by a mapping that does not look at it yet, would have failed batches taken for
   * archived.
   */
  public readonly version: lambda.IVersion;

  constructor(scope: Construct, id: string, props: ArchiveFunctionProps) {
    super(scope, id, {
      entry: props.stream === undefined ? 'archive' : 'archive-firehose',
      // Part of what Lambda publishes a version of.
      description: `Archives batches of Kafka records to S3, for mappings of generation ${props.mappingGeneration}`,
      roleDescription: 'Archive function: reads its topics, writes its log and its objects',
      memory: props.memory,
      timeout: props.timeout,
      encryptionKey: props.encryptionKey,
      tracing: props.tracing,
      enrich: props.enrich,
      // The mapping goes on invoking the version before until it is updated.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      environment: archiveEnvironment.encode({
        ...props,
        archiveBucket: props.bucket.bucketName,
        deliveryStream: props.stream?.deliveryStreamName,
        // Two stacks may archive topics of one name from two clusters; their metrics stay apart.
        serviceName: archiveName(scope),
      }),
    });
    this.allowStoring(props);
    this.version = this.function.currentVersion;
  }
}
