import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IDependable } from 'constructs';
import { contractId } from '../archive-name.ts';
import { FAILED_BATCH_BUCKET_LOGICAL_ID } from './failed-batches.ts';

/**
 * The failed-batch bucket as the on-failure destination of event source mappings, which write to it with the
 * role of the function that they invoke.
 *
 * It replaces `S3OnFailureDestination`, which would also let the role read and delete failed batches.
 */
export class FailedBatchDestination implements lambda.IEventSourceDlq {
  private readonly bucket: s3.IBucket;
  private readonly granted = new Map<lambda.IFunction, readonly IDependable[]>();

  constructor(bucket: s3.IBucket) {
    this.bucket = bucket;
  }

  /** Allows the function's role to put failed batches before the mapping is created. */
  bind(mapping: lambda.IEventSourceMapping, target: lambda.IFunction): lambda.DlqDestinationConfig {
    // Granted once per function, since its role must also hold the statements of many topics.
    const policies = this.granted.get(target) ?? this.grant(target);
    this.granted.set(target, policies);
    // Lambda checks the role when it creates a mapping, so the policy must already exist.
    mapping.node.addDependency(...policies);
    return { destination: this.bucket.bucketArn };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html lists these permissions and the condition. */
  private grant(target: lambda.IFunction): IDependable[] {
    const isOwn = { StringEquals: { 's3:ResourceAccount': this.bucket.env.account } };
    const statements = [
      { actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] },
      { actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects('*')] },
    ];
    Validations.of(target.role ?? target).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${contractId(this.bucket, FAILED_BATCH_BUCKET_LOGICAL_ID)}.Arn>/*]`,
      reason: 'Lambda chooses the keys of failed batches, and does not document them',
    });
    return statements.flatMap((statement) => {
      const { policyDependable } = target.grantPrincipal.addToPrincipalPolicy(
        new iam.PolicyStatement({ ...statement, conditions: isOwn }),
      );
      return policyDependable === undefined ? [] : [policyDependable];
    });
  }
}
