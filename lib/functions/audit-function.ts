import { Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AUDIT_FILE, type AuditTopic, HEAL_PREFIX } from '../../lambda/contract.ts';
import { type AuditEnvironment, auditEnvironment } from '../../lambda/environment.ts';
import { archiveName, operatorFlags } from '../archive-name.ts';
import type { StartingPosition, TopicSettings } from '../settings/settings.ts';
import { isInVpc, type KafkaSource, type PollerNetwork } from '../source/kafka-source.ts';
import { auditStatements, NETWORK_REASON } from '../source/source-permissions.ts';
import { keyStatement } from '../storage/encryption-key.ts';
import { wildcardFinding } from '../wildcard-finding.ts';
import { BundledFunction } from './bundled-function.ts';

/** Props of an {@link AuditFunction}: its environment and its resources. */
export interface AuditFunctionProps
  extends Omit<
    AuditEnvironment,
    | 'archiveBucket'
    | 'authentication'
    | 'clusterArn'
    | 'derivedBucket'
    | 'failedBatchBucket'
    | 'operatorFlags'
    | 'rootCaSecretArn'
    | 'secretArn'
    | 'serviceName'
  > {
  readonly bucket: s3.IBucket;
  readonly derivedBucket: s3.IBucket;
  readonly failedBatchBucket: s3.IBucket;
  readonly source: KafkaSource;
  /** From where the brokers are reached. @default - over the internet */
  readonly network?: PollerNetwork;
  readonly topics: readonly TopicSettings[];
  /** Where the groups of the topics started. */
  readonly startingPosition: StartingPosition;
  /** Filter patterns of the mappings. @default - every record is archived */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  /** Time between two audits, in whole minutes. */
  readonly every: Duration;
  /** Whether the schedule is disabled. */
  readonly isPaused: boolean;
  /** The key that encrypts the buckets and the log. @default - keys that AWS manages */
  readonly encryptionKey?: kms.IKey;
}

/** How long a run waits that Lambda cannot start at once. The next run makes the same audits. */
const LONGEST_WAIT = Duration.minutes(5);

/**
 * The Lambda that audits the topics on a schedule, in the VPC of the brokers. It reads topics and offsets from the
 * brokers and lists the buckets, writes ledgers and hour records and, only if it may heal, failed batches.
 */
export class AuditFunction extends BundledFunction {
  constructor(scope: Construct, id: string, props: AuditFunctionProps) {
    const { credentials, kind } = props.source;
    super(scope, id, {
      entry: 'audit',
      file: { name: AUDIT_FILE, text: JSON.stringify(auditTopics(props)) },
      description: 'Compares the archive with the brokers',
      roleDescription:
        'Audit function: reads topics and archive, writes its log, ledgers and hour records',
      memory: Size.mebibytes(1024),
      // The most that Lambda allows: what one run cannot audit is left to the next.
      timeout: Duration.minutes(15),
      encryptionKey: props.encryptionKey,
      network: props.network,
      environment: auditEnvironment.encode({
        ...props,
        archiveBucket: props.bucket.bucketName,
        derivedBucket: props.derivedBucket.bucketName,
        failedBatchBucket: props.failedBatchBucket.bucketName,
        authentication: credentials?.type ?? (kind === 'msk' ? 'IAM' : 'NONE'),
        clusterArn: kind === 'msk' ? props.source.cluster.arn : undefined,
        secretArn: credentials?.secretArn,
        rootCaSecretArn: kind === 'self-managed' ? props.source.rootCaSecretArn : undefined,
        serviceName: archiveName(scope),
        operatorFlags: operatorFlags(scope),
      }),
    });
    this.allowAuditing(props);
    this.schedule(props);
  }

  private allowAuditing(props: AuditFunctionProps): void {
    const { bucket, derivedBucket, encryptionKey, failedBatchBucket, objectPrefix, source } = props;
    const objects = {
      archived: bucket.arnForObjects(`${objectPrefix}topic=*`),
      failed: failedBatchBucket.arnForObjects('*'),
      healed: failedBatchBucket.arnForObjects(`${HEAL_PREFIX}*`),
      ledgers: derivedBucket.arnForObjects(`audit/${objectPrefix}topic=*`),
      hours: derivedBucket.arnForObjects(`hours/${objectPrefix}topic=*`),
    };
    const statements = [
      ...auditStatements(this, source, props.topics),
      // Also so that S3 answers 404 for a missing key, instead of 403.
      allow(
        ['s3:ListBucket'],
        [bucket, derivedBucket, failedBatchBucket].map(({ bucketArn }) => bucketArn),
      ),
      allow(['s3:GetObject'], [objects.archived]),
      allow(['s3:GetObject', 's3:GetObjectTagging'], [objects.failed]),
      allow(['s3:GetObject', 's3:PutObject'], [objects.ledgers, objects.hours]),
      ...(props.autoHealRecords > 0 ? [allow(['s3:PutObject'], [objects.healed])] : []),
      ...(encryptionKey === undefined ? [] : [keyStatement(Stack.of(this), encryptionKey)]),
    ];
    for (const statement of statements) this.role.addToPolicy(statement);
    const reasons = {
      [objects.archived]: 'The keys depend on the records',
      [objects.failed]: 'Lambda chooses the keys of failed batches, and does not document them',
      [objects.ledgers]: 'The keys depend on the topics, and on when operators reset groups',
      [objects.hours]: 'The keys depend on the records',
      ...(props.autoHealRecords > 0 && { [objects.healed]: 'The keys depend on the records' }),
      ...(isInVpc(source) && { '*': NETWORK_REASON }),
    };
    for (const [resource, reason] of Object.entries(reasons)) {
      Validations.of(this.role).acknowledge({ id: wildcardFinding(this, resource), reason });
    }
  }

  private schedule({ every, isPaused }: AuditFunctionProps): void {
    // A run that failed is not repeated before the next, which makes the same audits.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: LONGEST_WAIT });
    new events.Rule(this, 'Schedule', {
      description: `Audits ${archiveName(this)}`,
      schedule: events.Schedule.rate(every),
      enabled: !isPaused,
      targets: [new targets.LambdaFunction(this.function, { maxEventAge: LONGEST_WAIT })],
    });
  }
}

function auditTopics({ filters = [], startingPosition: start, topics }: AuditFunctionProps) {
  return topics.map(
    ({ topic, consumerGroupId: group }): AuditTopic => ({
      ...{ topic, group, filters },
      start: start.kind === 'timestamp' ? start.unixSeconds : start.kind,
    }),
  );
}

function allow(actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}
