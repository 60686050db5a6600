import { type Duration, RemovalPolicy, type Size, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ARCHIVE_BUCKET_LOGICAL_ID } from './archive-bucket.ts';
import { bundleFunction } from './bundle.ts';
import { type ArchiveEnvironmentProps, archiveEnvironment } from './function-environment.ts';

/** What an {@link ArchiveFunction} is made of: what it is told, and what it runs with. */
export interface ArchiveFunctionProps
  extends Omit<ArchiveEnvironmentProps, 'archiveBucket' | 'serviceName'> {
  /** Where the objects go; the function may write under the object prefix and nowhere else. */
  readonly bucket: s3.IBucket;
  readonly memory: Size;
  readonly timeout: Duration;
}

/** The archive Lambda with its role and log group. */
export class ArchiveFunction extends Construct {
  public readonly function: lambda.IFunction;
  /**
   * The function as it is in this deployment, for event source mappings to invoke. What they expect of
   * its answers has to change together with it: a function that begins to answer with a partial
   * response, invoked by a mapping that does not look at it yet, would have failed batches taken for
   * archived.
   */
  public readonly version: lambda.IVersion;
  public readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: ArchiveFunctionProps) {
    super(scope, id);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      // Logs name offsets and keys and hold no record, so nothing is lost with them.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const archive = new lambda.Function(this, 'Function', {
      description: 'Archives batches of Kafka records to S3',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(bundleFunction('archive')),
      handler: 'index.handler',
      role: this.createRole(props),
      logGroup: this.logGroup,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      // The mapping goes on invoking the version before until it is updated.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      environment: archiveEnvironment({
        ...props,
        archiveBucket: props.bucket.bucketName,
        // Two stacks may archive topics of one name from two clusters; their metrics stay apart.
        serviceName: Stack.of(this).stackName,
      }),
    });
    this.function = archive;
    this.version = archive.currentVersion;
  }

  private createRole({ bucket, objectPrefix }: ArchiveFunctionProps): iam.Role {
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Archive function: reads its topics, writes its log and its objects',
    });
    // Not the managed policy AWSLambdaBasicExecutionRole, which may write every log group.
    this.logGroup.grantWrite(role);
    const objects = bucket.arnForObjects(`${objectPrefix}*`);
    role.addToPolicy(
      new iam.PolicyStatement({
        // Not bucket.grantPut, which adds retention, legal hold and tagging. GetObject is for the
        // HEAD that follows a 412; without ListBucket, a HEAD of a missing key would say 403, but
        // after a 412 the key is there.
        actions: ['s3:PutObject', 's3:GetObject'],
        resources: [objects],
      }),
    );
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${ARCHIVE_BUCKET_LOGICAL_ID}.Arn>/${objectPrefix}*]`,
      reason: 'The keys under the prefix follow from the records, so they cannot be listed',
    });
    return role;
  }
}
