import type { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type {
  Authentication,
  ByteEncoding,
  Compression,
  DeliveryKind,
  LogLevel,
  ObjectForm,
  StorageClass,
  TimeFolder,
  TopicEncodings,
} from '../lambda/contract.ts';
import type { TypedColumns } from './catalog/typed-columns.ts';
import type { EarlierLayout } from './settings/catalog-settings.ts';
import type { NetworkPart } from './settings/network-settings.ts';
import type { ProvisionedPollers } from './settings/settings.ts';
import type { ColderClass } from './settings/storage-settings.ts';

/**
 * An MSK cluster: its ARN, an `ICluster` of `@aws-cdk/aws-msk-alpha`, or a `CfnCluster` or
 * `CfnServerlessCluster` of `aws-cdk-lib/aws-msk`. The ARN may be a token.
 */
export type MskCluster =
  | string
  | { readonly clusterArn: string }
  | { readonly clusterRef: { readonly clusterArn: string } }
  | { readonly serverlessClusterRef: { readonly serverlessClusterArn: string } };

/** A schema registry that Lambda validates records with before it invokes the function. */
export interface SchemaRegistryProps {
  /** The ARN of a Glue schema registry, which may be a token, or the `https://` URL of a Confluent one. */
  readonly uri: string;
  /**
   * The format in which Lambda passes records to the function: as they were produced, or converted to JSON.
   *
   * @default 'SOURCE'
   */
  readonly format?: 'SOURCE' | 'JSON';
  /** The parts of a record that Lambda validates. @default ['VALUE'] */
  readonly validate?: readonly ('KEY' | 'VALUE')[];
  /** How Lambda authenticates to a Confluent registry. It needs `secret`. @default - no authentication */
  readonly authentication?: 'BASIC_AUTH' | 'CLIENT_CERTIFICATE_TLS_AUTH';
  /** The secret with which Lambda authenticates to a Confluent registry. @default - no authentication */
  readonly secret?: secretsmanager.ISecret;
  /**
   * The secret with the certificate of the private authority that signed a Confluent registry's certificate.
   *
   * @default - a public authority signed it
   */
  readonly rootCaSecret?: secretsmanager.ISecret;
}

/** The cluster to read, and how Lambda authenticates to it. */
export interface ClusterProps {
  /**
   * The MSK cluster to read, provisioned or serverless, in the account and region of the stack. Set either this
   * or `bootstrapServers`. If its ARN is a token, `objectPrefix` is required.
   *
   * @default - a self-managed cluster, with `bootstrapServers`
   */
  readonly cluster?: MskCluster;
  /**
   * The bootstrap servers of a self-managed Kafka cluster, as `host:port`, at most 10. They may be tokens;
   * `objectPrefix` is then required. Lambda reaches them through `vpc`, or over the internet, which needs a
   * `secret`.
   *
   * @default - an MSK `cluster`
   */
  readonly bootstrapServers?: readonly string[];
  /**
   * How Lambda authenticates to the cluster. An MSK cluster allows `IAM`, `SASL_SCRAM_512_AUTH` and
   * `CLIENT_CERTIFICATE_TLS_AUTH` (mutual TLS); a serverless one, only `IAM`; a self-managed cluster, every
   * method except `IAM`. Every method except `IAM` needs a `secret`.
   *
   * @default - `SASL_SCRAM_512_AUTH` with a `secret`; without one, `IAM` for MSK and none for a self-managed
   * cluster
   */
  readonly authentication?: Authentication;
  /**
   * The secret with which Lambda authenticates to the cluster. It holds `username` and `password` or, for
   * mutual TLS, `certificate`, `privateKey` and, if the key is encrypted, `privateKeyPassword`. It must be in
   * the stack's region.
   *
   * @default - none
   */
  readonly secret?: secretsmanager.ISecret;
  /**
   * The KMS keys that encrypt the secrets, at most 3. MSK requires one for `SASL_SCRAM_512_AUTH`.
   *
   * @default - the `encryptionKey` of each secret, or Secrets Manager's own key
   */
  readonly secretKeys?: readonly kms.IKey[];
  /**
   * The secret with the certificate of the private authority that signed the certificates of
   * `bootstrapServers`.
   *
   * @default - a public authority signed them
   */
  readonly rootCaSecret?: secretsmanager.ISecret;
}

/**
 * The network of the event pollers, which Lambda runs for the event source mappings, and of the audit. The other
 * functions run outside any VPC.
 */
export interface NetworkProps {
  /**
   * The VPC through which the pollers reach `bootstrapServers`, or, for an MSK cluster, the VPC of the audit, to
   * which `networkAdds` adds endpoints.
   *
   * @default - `bootstrapServers` are reached over the internet, an MSK cluster in its own VPC
   */
  readonly vpc?: ec2.IVpc;
  /**
   * The subnets of the pollers, or, for an MSK cluster, the subnets of the audit and of the endpoints that
   * `networkAdds` adds.
   *
   * @default - the private subnets of `vpc`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * The security groups of the pollers, at most 5. For `bootstrapServers`, Lambda assigns these groups to the
   * pollers; for an MSK cluster, they are the cluster's groups, to which `networkAdds` adds rules and which the audit
   * joins.
   *
   * @default - none
   */
  readonly securityGroups?: readonly ec2.ISecurityGroup[];
  /**
   * The route tables to which the S3 gateway endpoint is added. Used only with `s3` in `networkAdds`.
   *
   * @default - the route tables of the subnets
   */
  readonly routeTables?: readonly Pick<ec2.IRouteTable, 'routeTableId'>[];
  /**
   * The parts to add to the pollers' VPC: `brokers`, a rule that lets members of `securityGroups` reach each
   * other at the brokers' port; `s3`, an S3 gateway endpoint, which is free; `services`, interface endpoints
   * for Lambda, STS and, with a secret, Secrets Manager, which on-demand mode needs in subnets without NAT. In
   * provisioned mode, only an audit with a secret needs `services`, which are then Secrets Manager's alone.
   *
   * @default - none
   */
  readonly networkAdds?: readonly NetworkPart[];
  /**
   * The parts that the VPC already has; NAT counts as `services`, but AWS requires an endpoint for `s3`. Synth
   * warns about every required part that is neither added nor listed here.
   *
   * @default - none
   */
  readonly networkHas?: readonly NetworkPart[];
}

/** The topics to read, and how Lambda batches and retries their records. */
export interface MappingProps {
  /** The names of the topics to archive, from 1 to 50. Each topic has its own event source mapping. */
  readonly topics: readonly string[];
  /** The maximum number of records per invocation, from 1 to 10,000. @default 10000 */
  readonly batchSize?: number;
  /** The maximum time to wait for a batch to fill, from 0 to 300 whole seconds. @default Duration.minutes(5) */
  readonly batchWindow?: Duration;
  /**
   * Where a consumer group without committed offsets starts: at the earliest record, at the latest, or at a
   * time in whole seconds. It has no effect on groups with committed offsets. Mappings that exist keep the
   * position with which they were created when you deploy with `cdk deploy`, except in nested stacks.
   *
   * @default 'earliest'
   */
  readonly startingPosition?: 'earliest' | 'latest' | Date;
  /**
   * The consumer group that reads each topic; `{topic}` stands for the topic's name, and is required with
   * several topics. Another group gets another mapping, and starts at `startingPosition`.
   *
   * @default - `{name}-{topic}`, with this archive's `name`
   */
  readonly consumerGroupId?: string;
  /**
   * Provisioned mode: the minimum and maximum number of event pollers of each mapping, and the poller group,
   * whose mappings share capacity.
   *
   * @default - on-demand mode
   */
  readonly provisionedPollers?: Partial<ProvisionedPollers>;
  /**
   * Whether Lambda retries only the failed topic-partitions of a batch, and not all of it. It needs
   * `provisionedPollers`.
   *
   * @default false
   */
  readonly reportBatchItemFailures?: boolean;
  /**
   * The number of retries, from 0 to 10,000, after which a failed batch goes to the failed-batch bucket. It
   * needs `provisionedPollers`.
   *
   * @default - 10, as in on-demand mode
   */
  readonly retryAttempts?: number;
  /**
   * The age, from 60 to 604,800 seconds, at which a record that could not be archived goes to the failed-batch
   * bucket, even if retries remain. It needs `provisionedPollers`.
   *
   * @default - no limit
   */
  readonly maxRecordAge?: Duration;
  /** Whether Lambda retries a failed batch in two halves. It needs `provisionedPollers`. @default false */
  readonly bisectBatchOnError?: boolean;
  /**
   * The schema registry with which Lambda validates records. It needs `provisionedPollers`, and changes the
   * archived bytes.
   *
   * @default - none, and records are archived as they were produced
   */
  readonly schemaRegistry?: SchemaRegistryProps;
  /**
   * Lambda filter patterns, from 1 to 5, such as `{ value: { kind: ['order'] } }`. Records that match none of
   * them are committed but not archived.
   *
   * @default - every record is archived
   */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  /**
   * Whether Lambda emits event metrics for each mapping, so that alarms can watch for stopped mappings, errors
   * and dropped events. It needs `provisionedPollers`.
   *
   * @default - true in provisioned mode, otherwise false
   */
  readonly eventMetrics?: boolean;
}

/** The format, delivery, storage and retention of archived objects. */
export interface ObjectProps {
  /**
   * The prefix of every object key: '' or a path that ends with '/'. It must be known at synth.
   *
   * @default - the cluster's name or first bootstrap host, followed by '/'; required if that is a token
   */
  readonly objectPrefix?: string;
  /** The granularity of the folders that group objects by record time, in UTC. @default 'hour' */
  readonly timeFolder?: TimeFolder;
  /**
   * What an object holds: the records of a batch in one time folder (`batch`), or only those of one partition
   * (`partition`), at the price of a PUT for each partition of a batch. With the delivery `firehose`, it applies only
   * to records that are too large for Firehose.
   *
   * @default 'batch'
   */
  readonly objectOf?: ObjectForm;
  /**
   * How values are written into record lines: one encoding for all topics, or one by topic, with `*` for topics that
   * are not named. `auto` embeds JSON, and writes other text as a string and other bytes as base64. `base64` suits
   * binary topics such as Avro, and `text` topics whose readers expect every value as a string. Topics must be known at
   * synth. A change applies to new records.
   *
   * @default 'auto'
   */
  readonly valueEncoding?: ByteEncoding | TopicEncodings;
  /**
   * How keys are written, in the same forms as `valueEncoding`. `auto` and `text` write keys as strings, and those that
   * are not UTF-8 as base64.
   *
   * @default 'auto'
   */
  readonly keyEncoding?: ByteEncoding | TopicEncodings;
  /** The compression of the objects. @default 'gzip' */
  readonly compression?: Compression;
  /** The compression level, from 1 to 9 for `gzip` and from 1 to 19 for `zstd`. @default - 6 for gzip, 3 for zstd */
  readonly compressionLevel?: number;
  /**
   * How batches are written to S3: `s3`, objects of one batch each, whose keys contain its partitions and
   * offsets; `firehose`, larger objects that combine many batches, written at least once by a Firehose delivery
   * stream.
   *
   * @default 's3'
   */
  readonly delivery?: DeliveryKind;
  /**
   * The size before compression, from 1 to 128 MiB, at which Firehose writes an object. It needs the delivery
   * `firehose`. The minimum is 64 MiB with several topics or a `timeFolder`.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferSize?: Size;
  /**
   * The time, from 0 to 900 seconds, after which Firehose writes an object even if its buffer is not full. It
   * needs the delivery `firehose`. The minimum is 60 seconds with several topics or a `timeFolder`.
   *
   * @default Duration.minutes(10)
   */
  readonly bufferTime?: Duration;
  /**
   * Static fields to add to the metadata of every record line, at most 2,048 bytes as JSON. They must not
   * contain secrets, since anyone who can read the function or the objects can read them.
   *
   * @default - none
   */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /**
   * The path of a TypeScript or JavaScript module that exports a function `enrich`, of the type `Enrich`, which
   * adds metadata to each record line. Synth bundles it with `esbuild`, which must be installed. A relative
   * path is resolved against the app's working directory.
   *
   * @default - none
   */
  readonly enrich?: string;
  /** The storage class of new objects. @default 'STANDARD' */
  readonly storageClass?: StorageClass;
  /**
   * The age in whole days, from 1 to 36,500, at which objects move to each of these colder storage classes.
   *
   * @default - objects stay in their storage class
   */
  readonly archiveTransitions?: Readonly<Partial<Record<ColderClass, Duration>>>;
  /** The age in whole days, from 1 to 36,500, at which archived objects expire. @default - they never expire */
  readonly archiveExpiration?: Duration;
  /**
   * The time in whole days, from 1 to 36,500, for which deleted and overwritten versions of archived objects can be
   * restored.
   *
   * @default Duration.days(90)
   */
  readonly noncurrentVersionRetention?: Duration;
  /**
   * The time in whole days, from 1 to 36,500, for which archived objects are locked, in governance mode.
   * Principals with `s3:BypassGovernanceRetention` can still delete them. Object Lock cannot be disabled later.
   *
   * @default - objects are not locked
   */
  readonly objectLock?: Duration;
  /**
   * The encryption of buckets, queues and logs: `managed`, keys that AWS manages, which are free; `stack`, a
   * KMS key that this construct creates and that is retained when the stack is deleted; or a key of your own.
   * The policy of a key from this app is extended by the statements that S3 and CloudWatch Logs need; the
   * policy of an imported key must already contain them.
   *
   * @default 'managed'
   */
  readonly encryptionKey?: 'managed' | 'stack' | kms.IKey;
  /**
   * The time in whole days, from 1 to 3,650, for which access logs of both buckets are kept, in a separate
   * bucket.
   *
   * @default - no access logs
   */
  readonly accessLogRetention?: Duration;
}

/** The tables and views with which Athena reads the archive. */
export interface CatalogProps {
  /**
   * Whether to create the catalog: a Glue database with tables and views, an Athena workgroup with saved queries, a
   * policy for readers, and a daily check that the tables cover every folder. The props below need it.
   *
   * @default true
   */
  readonly catalog?: boolean;
  /**
   * The name of the Glue database, which must not exist yet: lower-case letters, digits and '_', starting with a
   * letter.
   *
   * @default - this archive's `name` in lower case, with '_' for '-'
   */
  readonly catalogDatabase?: string;
  /**
   * The day (UTC) of the earliest records, as `YYYY-MM-DD`. The tables have no records of earlier days, except those
   * without a usable timestamp.
   *
   * @default '2020-01-01'
   */
  readonly catalogFrom?: string;
  /** The topics, at most 100, that are no longer archived and whose objects the tables cover. @default - none */
  readonly catalogTopics?: readonly string[];
  /**
   * The earlier values of `objectPrefix` and `timeFolder`, at most 5, so that the tables cover their folders as well.
   * Append new ones at the end: their place gives the tables their names.
   *
   * @default - only the current folders
   */
  readonly catalogLayouts?: readonly EarlierLayout[];
  /**
   * The typed columns of the views of topics, by topic and name, such as
   * `{ orders: { total: { path: '$.total', type: 'double' } } }`. Topics must be known at synth. A topic of
   * `catalogTopics` keeps its view if it is named here, with `{}` if the view has no typed columns.
   *
   * @default - the views have the value as text
   */
  readonly columns?: Readonly<Record<string, TypedColumns>>;
  /**
   * The size of the objects that one query in the workgroup may read, in whole GiB, before Athena cancels it.
   *
   * @default Size.gibibytes(100)
   */
  readonly queryScanLimit?: Size;
}

/** The resources of the functions, and how failed batches are replayed. */
export interface FunctionProps {
  /** The memory of each function, from 128 to 10,240 MiB. CPU grows with it. @default Size.gibibytes(1) */
  readonly memory?: Size;
  /**
   * The timeout of the archive function, from 10 to 840 seconds. Uploads are aborted 5 seconds earlier.
   *
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;
  /** The maximum number of concurrent uploads per invocation, from 1 to 256. @default 16 */
  readonly maxParallelPuts?: number;
  /** The minimum level of the functions' log lines; `debug` adds a line for each object. @default 'info' */
  readonly logLevel?: LogLevel;
  /** Whether X-Ray traces the functions' invocations. AWS charges for each trace. @default false */
  readonly tracing?: boolean;
  /** The maximum number of failed batches per invocation of the replay function, from 1 to 10. @default 1 */
  readonly replayBatchSize?: number;
  /** The maximum number of concurrent invocations of the replay function, from 2 to 1,000. @default 5 */
  readonly replayConcurrency?: number;
  /** The delay before the first replay of a failed batch, from 0 to 900 seconds. @default Duration.minutes(1) */
  readonly replayDelay?: Duration;
  /**
   * The delay before the first retry of a failed replay, from 1 to 3,600 seconds. It may double with each
   * further retry, up to an hour.
   *
   * @default Duration.minutes(1)
   */
  readonly replayRetryDelay?: Duration;
  /**
   * The number of attempts to replay a failed batch, from 1 to 150, after which it becomes a dead letter.
   *
   * @default 10
   */
  readonly replayTries?: number;
  /**
   * The timeout of the replay function, from 10 to 900 seconds. Uploads are aborted 5 seconds earlier.
   *
   * @default Duration.minutes(5)
   */
  readonly replayTimeout?: Duration;
  /**
   * The time after which a replay that did not respond is retried, from six times `replayTimeout` to 43,200
   * seconds.
   *
   * @default - six times `replayTimeout`
   */
  readonly replayVisibility?: Duration;
  /**
   * The age in whole days, from 1 to 3,650, at which replayed failed batches expire, counted from their
   * failure. Failed batches that have not been replayed never expire.
   *
   * @default Duration.days(30)
   */
  readonly replayedRetention?: Duration;
}

/** The audit, which compares the archive with the brokers. */
export interface AuditProps {
  /**
   * Whether to audit the archive on a schedule: a function in the VPC of the brokers classifies every missing offset, and
   * alarms report records that are lost. With an MSK `cluster`, it needs `vpc` or `vpcSubnets`, and `securityGroups`. The
   * props below need it.
   *
   * @default false
   */
  readonly audit?: boolean;
  /** The time between two audits, in whole minutes from 5 minutes to 24 hours. @default Duration.hours(1) */
  readonly auditEvery?: Duration;
  /**
   * The bootstrap servers that the audit connects to, as `host:port`, at most 10. They may be tokens.
   *
   * @default - `bootstrapServers`; those of an MSK cluster are read from MSK during the deployment
   */
  readonly auditBootstrapServers?: readonly string[];
  /** Whether the schedule is disabled, with the alarm for audits that do not run. @default false */
  readonly auditPaused?: boolean;
  /**
   * The maximum number of lost records, from 1 to 1,000,000, that one audit of a topic writes as failed batches, which the
   * replay function then archives.
   *
   * @default - the audit heals nothing
   */
  readonly autoHeal?: number;
  /**
   * The time in whole days, from 1 to 365, after which an audit lists the whole archive of a topic again. The audits
   * between list only recent folders.
   *
   * @default Duration.days(7)
   */
  readonly auditFullListing?: Duration;
  /**
   * Whether the audit reads the body of every new object, and so finds damaged lines and missing records inside it.
   *
   * @default - false; only the bodies are read whose keys leave offsets open
   */
  readonly auditReadsObjects?: boolean;
}

/** The alarms, and the recipients of notifications. */
export interface AlarmProps {
  /**
   * The SNS topic, in the stack's region, that receives alarms and notifications of dead letters. Its policy,
   * and its key's policy, must allow CloudWatch and the replay function to publish. Set either this or
   * `alarmSubscriptions`.
   *
   * @default - a new topic
   */
  readonly alarmTopic?: sns.ITopic;
  /**
   * The e-mail addresses and `https://` endpoints, at most 50, that are subscribed to the new topic. Each must
   * confirm its subscription once. They are readable in the template.
   *
   * @default - no one is notified
   */
  readonly alarmSubscriptions?: readonly string[];
  /**
   * The age of archived records above which an alarm is raised, from 60 to 604,800 seconds and longer than
   * `batchWindow`.
   *
   * @default Duration.minutes(15)
   */
  readonly dataAgeTarget?: Duration;
  /**
   * The longest time without records that is normal for every topic, from 1 to 1,440 whole minutes and longer
   * than `batchWindow`. An alarm for each topic is raised when no records arrive for that long.
   *
   * @default - no such alarms, so that a stopped mapping of a quiet topic goes unnoticed
   */
  readonly expectedTraffic?: Duration;
}

/**
 * The props of a {@link KafkaArchive}. Values that shape the template, such as topics, numbers and durations,
 * must be known at synth; values that identify other resources may be tokens.
 */
export interface KafkaArchiveProps
  extends ClusterProps,
    NetworkProps,
    MappingProps,
    ObjectProps,
    CatalogProps,
    FunctionProps,
    AuditProps,
    AlarmProps {
  /**
   * The name of this archive: a letter followed by letters, digits or '-', at most 128 characters. It names the
   * dashboard, prefixes the names of alarms, saved queries and consumer groups, and is the `service` of metrics
   * and log lines. It must be unique in its account and region.
   *
   * @default - the stack's name and the construct ids below it, joined with '-'; `Default` is left out
   */
  readonly name?: string;
}
