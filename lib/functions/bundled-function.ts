import { type Duration, RemovalPolicy, type Size, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { contractId } from '../archive-name.ts';
import type { PollerNetwork } from '../source/kafka-source.ts';
import { ARCHIVE_BUCKET_LOGICAL_ID } from '../storage/archive-bucket.ts';
import { keyStatement } from '../storage/encryption-key.ts';
import type { FunctionEntry } from './bundle.ts';
import { type AddedFile, folderWith, functionFolder } from './function-folder.ts';

/** Props of both functions: the destination of the records, and the resources of the function. */
export interface StoreFunctionProps {
  /** The archive bucket. The function may write to it only under the object prefix. */
  readonly bucket: s3.IBucket;
  /** The stream that receives the records instead, except those that are too large. @default - none */
  readonly stream?: firehose.IDeliveryStream;
  readonly memory: Size;
  readonly timeout: Duration;
  /** Whether X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** The key that encrypts the buckets, the queues and the log. @default - keys that AWS manages */
  readonly encryptionKey?: kms.IKey;
  /** The path of a module whose `enrich` replaces the one in `lambda/enrich.ts`. @default - none */
  readonly enrich?: string;
}

/** Props of a {@link BundledFunction}. */
export interface BundledFunctionProps {
  readonly entry: FunctionEntry;
  /** A file that the function finds beside its bundle. @default - none */
  readonly file?: AddedFile;
  readonly description: string;
  readonly roleDescription: string;
  readonly environment: Record<string, string>;
  readonly memory: Size;
  readonly timeout: Duration;
  /** Whether X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** The key that encrypts its log. @default - the key of CloudWatch Logs */
  readonly encryptionKey?: kms.IKey;
  /** The path of a module whose `enrich` replaces the one in `lambda/enrich.ts`. @default - none */
  readonly enrich?: string;
  /** The part of a VPC in which it runs. Its role needs the permissions for network interfaces. @default - no VPC */
  readonly network?: PollerNetwork;
  /** @default - the CDK's defaults */
  readonly currentVersionOptions?: lambda.VersionOptions;
}

/**
 * The folders bundled in this synth. Functions with the same entry and `enrich` are the same in every archive
 * of an app.
 */
const folders = new Map<string, string>();

function folderOf(entry: FunctionEntry, enrich: string | undefined): string {
  const key = JSON.stringify([entry, enrich]);
  const folder = folders.get(key) ?? functionFolder(entry, enrich);
  folders.set(key, folder);
  return folder;
}

/** A Lambda function that runs a bundle, with its own role and log group. */
export abstract class BundledFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly logGroup: logs.ILogGroup;
  /** The role of the function. It may write the log, and a subclass adds further permissions. */
  protected readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      // Logs contain offsets and object keys but no records, so deleting them loses no data.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: props.roleDescription,
    });
    // Not the managed policy AWSLambdaBasicExecutionRole, which allows writing to every log group.
    this.logGroup.grantWrite(this.role);
    const folder = folderOf(props.entry, props.enrich);
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(props.file ? folderWith(folder, props.file) : folder),
      handler: 'index.handler',
      role: this.role,
      logGroup: this.logGroup,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      tracing: props.tracing ? lambda.Tracing.ACTIVE : undefined,
      currentVersionOptions: props.currentVersionOptions,
      environment: props.environment,
    });
    if (props.network !== undefined) {
      const { subnetIds, securityGroupIds } = props.network;
      const resource = this.function.node.defaultChild as lambda.CfnFunction;
      // The VPC itself, which the construct would need, may be unknown.
      resource.vpcConfig = {
        subnetIds: [...subnetIds],
        securityGroupIds: [...securityGroupIds],
      };
    }
    if (props.tracing) {
      Validations.of(this.role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'X-Ray actions support no resource-level permissions',
      });
    }
  }

  /** Allows the function to store and look up objects under the prefix, and to put records into the stream. */
  protected allowStoring({
    bucket,
    encryptionKey,
    objectPrefix,
    stream,
  }: Pick<StoreFunctionProps, 'bucket' | 'encryptionKey' | 'stream'> & {
    readonly objectPrefix: string;
  }): void {
    if (encryptionKey !== undefined) {
      this.role.addToPolicy(keyStatement(Stack.of(this), encryptionKey));
    }
    if (stream !== undefined) {
      this.role.addToPolicy(
        // Not stream.grantPutRecords, which also grants PutRecord.
        new iam.PolicyStatement({
          actions: ['firehose:PutRecordBatch'],
          resources: [stream.deliveryStreamArn],
        }),
      );
    }
    this.role.addToPolicy(
      new iam.PolicyStatement({
        // Not bucket.grantPut, which also grants retention, legal hold and tagging. GetObject is for the HEAD
        // that follows a 412. Without ListBucket, a HEAD of a missing key would return 403, but after a 412 the
        // key exists.
        actions: ['s3:PutObject', 's3:GetObject'],
        resources: [bucket.arnForObjects(`${objectPrefix}*`)],
      }),
    );
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${contractId(this, ARCHIVE_BUCKET_LOGICAL_ID)}.Arn>/${objectPrefix}*]`,
      reason:
        'The keys under the prefix depend on the records, so they cannot be listed in advance',
    });
  }
}
