import { type Duration, RemovalPolicy, type Size, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { contractId } from '../archive-name.ts';
import { ARCHIVE_BUCKET_LOGICAL_ID } from '../storage/archive-bucket.ts';
import { keyStatement } from '../storage/encryption-key.ts';
import type { FunctionEntry } from './bundle.ts';
import { functionFolder } from './function-folder.ts';

/** What both functions are made of: where objects go, and what a function runs with. */
export interface StoreFunctionProps {
  /** Where the objects go; the function may write under the object prefix and nowhere else. */
  readonly bucket: s3.IBucket;
  /** Where records go in place of it, but for those that are too large. @default - none */
  readonly stream?: firehose.IDeliveryStream;
  readonly memory: Size;
  readonly timeout: Duration;
  /** Whether X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** Of the buckets, the queues and the log. @default - keys of the services */
  readonly encryptionKey?: kms.IKey;
  /** Path of a module whose `enrich` takes the place of that in `lambda/enrich.ts`. @default - none */
  readonly enrich?: string;
}

/** What a {@link BundledFunction} is made of. */
export interface BundledFunctionProps {
  readonly entry: FunctionEntry;
  readonly description: string;
  readonly roleDescription: string;
  readonly environment: Record<string, string>;
  readonly memory: Size;
  readonly timeout: Duration;
  /** Whether X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** Of what it reads and writes, and of its log. @default - keys of the services */
  readonly encryptionKey?: kms.IKey;
  /** Path of a module whose `enrich` takes the place of that in `lambda/enrich.ts`. @default - none */
  readonly enrich?: string;
  /** @default - those of the CDK */
  readonly currentVersionOptions?: lambda.VersionOptions;
}

/** Bundles of this synth: functions of one entry and one `enrich` are the same in every archive of an app. */
const folders = new Map<string, string>();

function folderOf(entry: FunctionEntry, enrich: string | undefined): string {
  const key = JSON.stringify([entry, enrich]);
  const folder = folders.get(key) ?? functionFolder(entry, enrich);
  folders.set(key, folder);
  return folder;
}

/** A Lambda function made of its bundle, with a role and a log group that are its own. */
export abstract class BundledFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly logGroup: logs.ILogGroup;
  /** May write the log, and what else a function gives it. */
  protected readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      // Logs name offsets and keys and hold no record, so nothing is lost with them.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: props.roleDescription,
    });
    // Not the managed policy AWSLambdaBasicExecutionRole, which may write every log group.
    this.logGroup.grantWrite(this.role);
    if (props.encryptionKey !== undefined) {
      this.role.addToPolicy(keyStatement(Stack.of(this), props.encryptionKey));
    }
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(folderOf(props.entry, props.enrich)),
      handler: 'index.handler',
      role: this.role,
      logGroup: this.logGroup,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      tracing: props.tracing ? lambda.Tracing.ACTIVE : undefined,
      currentVersionOptions: props.currentVersionOptions,
      environment: props.environment,
    });
    if (props.tracing) {
      Validations.of(this.role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'The actions of X-Ray take no resource',
      });
    }
  }

  /** Lets the function store objects under the prefix, and see what is stored there, and put into the stream. */
  protected allowStoring({
    bucket,
    objectPrefix,
    stream,
  }: Pick<StoreFunctionProps, 'bucket' | 'stream'> & { readonly objectPrefix: string }): void {
    if (stream !== undefined) {
      this.role.addToPolicy(
        // Not stream.grantPutRecords, which adds PutRecord.
        new iam.PolicyStatement({
          actions: ['firehose:PutRecordBatch'],
          resources: [stream.deliveryStreamArn],
        }),
      );
    }
    this.role.addToPolicy(
      new iam.PolicyStatement({
        // Not bucket.grantPut, which adds retention, legal hold and tagging. GetObject is for the
        // HEAD that follows a 412; without ListBucket, a HEAD of a missing key would say 403, but
        // after a 412 the key is there.
        actions: ['s3:PutObject', 's3:GetObject'],
        resources: [bucket.arnForObjects(`${objectPrefix}*`)],
      }),
    );
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${contractId(this, ARCHIVE_BUCKET_LOGICAL_ID)}.Arn>/${objectPrefix}*]`,
      reason: 'The keys under the prefix follow from the records, so they cannot be listed',
    });
  }
}
