import type { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type {
  Compression,
  DeliveryKind,
  LogLevel,
  StorageClass,
  TimeFolder,
} from '../lambda/contract.ts';
import type { NetworkPart } from './settings/network-settings.ts';
import type { ProvisionedPollers } from './settings/settings.ts';
import type { ColderClass } from './settings/storage-settings.ts';
import type { Credentials } from './source/kafka-source.ts';

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
  /** The form in which Lambda passes records on: as they were produced, or converted to JSON. @default 'SOURCE' */
  readonly format?: 'SOURCE' | 'JSON';
  /** The parts of a record that Lambda validates. @default ['VALUE'] */
  readonly validate?: readonly ('KEY' | 'VALUE')[];
  /** How Lambda signs in to a Confluent registry, together with `secret`. @default - it does not sign in */
  readonly authentication?: 'BASIC_AUTH' | 'CLIENT_CERTIFICATE_TLS_AUTH';
  /** The secret that Lambda signs in to a Confluent registry with. @default - it does not sign in */
  readonly secret?: secretsmanager.ISecret;
  /** The secret with the certificate of the private authority that signed that of a Confluent registry. @default - a public authority signed it */
  readonly rootCaSecret?: secretsmanager.ISecret;
}

/** Which cluster is read, and how Lambda signs in to it. */
export interface ClusterProps {
  /**
   * The MSK cluster to read, provisioned or serverless, in the account and region of the stack. Set either this or
   * `bootstrapServers`. When its ARN is a token, set `objectPrefix` too.
   *
   * @default - a self-managed cluster is read, by its `bootstrapServers`
   */
  readonly cluster?: MskCluster;
  /**
   * The bootstrap servers of a self-managed Kafka cluster, as `host:port`, 10 at most. They may be tokens; then set
   * `objectPrefix` too. Lambda reaches them in `vpc`, or over the internet with a `secret`.
   *
   * @default - an MSK cluster is read
   */
  readonly bootstrapServers?: readonly string[];
  /**
   * How Lambda signs in. To an MSK cluster: `IAM`, `SASL_SCRAM_512_AUTH` or `CLIENT_CERTIFICATE_TLS_AUTH`
   * (mutual TLS); to a serverless one, `IAM` only; to a self-managed cluster, any but `IAM`. All but `IAM` need
   * a `secret`.
   *
   * @default - SASL_SCRAM_512_AUTH with a `secret`; without one, IAM for MSK and none for a self-managed cluster
   */
  readonly authentication?: 'IAM' | Credentials['type'];
  /**
   * The secret that Lambda signs in with: `username` and `password`, or `certificate` and `privateKey`
   * (and `privateKeyPassword`) for mutual TLS. It must be in the region of the stack.
   *
   * @default - none
   */
  readonly secret?: secretsmanager.ISecret;
  /**
   * The KMS keys that the secrets are encrypted with, 3 at most. MSK requires one for `SASL_SCRAM_512_AUTH`.
   *
   * @default - the `encryptionKey` of each secret; without one, the key of Secrets Manager
   */
  readonly secretKeys?: readonly kms.IKey[];
  /**
   * The secret with the certificate of the private authority that signed those of `bootstrapServers`.
   *
   * @default - a public authority signed them
   */
  readonly rootCaSecret?: secretsmanager.ISecret;
}

/** The network of the pollers, which Lambda runs for the event source mappings. The functions are in no VPC. */
export interface NetworkProps {
  /**
   * The VPC that the pollers reach `bootstrapServers` in, or, for an MSK cluster, the one that `networkAdds` adds
   * endpoints to.
   *
   * @default - bootstrap servers are reached over the internet; an MSK cluster is reached in its own VPC
   */
  readonly vpc?: ec2.IVpc;
  /**
   * The subnets of the pollers, or, for an MSK cluster, those of the endpoints that `networkAdds` adds.
   *
   * @default - the private subnets of `vpc`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * The security groups of the pollers, 5 at most: for `bootstrapServers`, those that Lambda gives them; for an MSK
   * cluster, those of the cluster, which `networkAdds` adds rules for.
   *
   * @default - none
   */
  readonly securityGroups?: readonly ec2.ISecurityGroup[];
  /**
   * The route tables that the gateway endpoint of S3 is added to; used only with `s3` in `networkAdds`.
   *
   * @default - the route tables of the subnets
   */
  readonly routeTables?: readonly Pick<ec2.IRouteTable, 'routeTableId'>[];
  /**
   * What to add to the VPC of the pollers: `brokers`, a rule that lets members of `securityGroups` reach each other at
   * the brokers' port; `s3`, a gateway endpoint of S3, which is free; `services`, interface endpoints of Lambda,
   * STS and, with a secret, Secrets Manager, which on-demand mode needs in subnets without NAT.
   *
   * @default - nothing
   */
  readonly networkAdds?: readonly NetworkPart[];
  /**
   * Which of these parts the VPC has already; NAT counts as `s3` and `services`. A part that is needed and
   * is neither added nor named here is warned of at synth.
   *
   * @default - nothing
   */
  readonly networkHas?: readonly NetworkPart[];
}

/** Which topics are read, and how Lambda batches and retries their records. */
export interface MappingProps {
  /** The names of the topics to archive, 1 to 50. Each gets an event source mapping of its own. */
  readonly topics: readonly string[];
  /** The largest number of records in one invocation, from 1 to 10,000. @default 10000 */
  readonly batchSize?: number;
  /** The longest time that a batch waits to fill, from 0 to 300 seconds. @default Duration.minutes(5) */
  readonly batchWindow?: Duration;
  /**
   * Where a consumer group without committed offsets begins: at the earliest record, at the latest, or at a time in
   * whole seconds. It has no effect on a group with committed offsets. A new value replaces the mappings.
   *
   * @default 'earliest'
   */
  readonly startingPosition?: 'earliest' | 'latest' | Date;
  /**
   * The consumer group that reads each topic, with `{topic}` for its name. Several topics need `{topic}`. A new
   * group replaces the mapping, and begins at `startingPosition`.
   *
   * @default - `{name}-{topic}`, with the `name` of this archive
   */
  readonly consumerGroupId?: string;
  /**
   * Provisioned mode: the smallest and largest number of event pollers of each mapping, and the group of mappings
   * that share their capacity.
   *
   * @default - on-demand mode
   */
  readonly provisionedPollers?: Partial<ProvisionedPollers>;
  /** Retry only the topic-partitions of a batch that failed. It needs `provisionedPollers`. @default false */
  readonly reportBatchItemFailures?: boolean;
  /**
   * The number of retries of a failed batch, from 0 to 10,000, before it goes to the failed-batch bucket. It needs
   * `provisionedPollers`.
   *
   * @default 10, as in on-demand mode
   */
  readonly retryAttempts?: number;
  /**
   * The age, from 60 to 604,800 seconds, at which a record that could not be archived goes to the failed-batch
   * bucket, whatever retries are left. It needs `provisionedPollers`.
   *
   * @default - no limit
   */
  readonly maxRecordAge?: Duration;
  /** Retry a failed batch in two halves. It needs `provisionedPollers`. @default false */
  readonly bisectBatchOnError?: boolean;
  /**
   * The schema registry that Lambda validates records with. It needs `provisionedPollers`, and changes what is
   * archived.
   *
   * @default - none: what is archived is what was produced
   */
  readonly schemaRegistry?: SchemaRegistryProps;
  /**
   * Lambda filter patterns, 1 to 5, such as `{ value: { kind: ['order'] } }`. Records that match none of them are
   * committed and not archived.
   *
   * @default - every record is archived
   */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  /**
   * Whether Lambda emits metrics of the events of each mapping, and an alarm watches for dropped ones. It needs
   * `provisionedPollers`.
   *
   * @default - true in provisioned mode, else false
   */
  readonly eventMetrics?: boolean;
}

/** What archived objects are like, and how long they are kept. */
export interface ObjectProps {
  /**
   * The prefix of every object key: '' or a path that ends in '/'. It must be known at synth.
   *
   * @default - the name of the cluster, or its first bootstrap host, and '/'; required where those are tokens
   */
  readonly objectPrefix?: string;
  /** The finest folder that objects are put into by record time, in UTC. @default 'hour' */
  readonly timeFolder?: TimeFolder;
  /** The compression of the objects. @default 'gzip' */
  readonly compression?: Compression;
  /** The level of the compression, from 1 to 9 for `gzip` and 1 to 19 for `zstd`. @default - 6 for gzip, 3 for zstd */
  readonly compressionLevel?: number;
  /**
   * How batches get into S3: `s3`, one object for each batch and partition, whose key has its offsets; `firehose`,
   * larger objects of many batches through a delivery stream, at least once.
   *
   * @default 's3'
   */
  readonly delivery?: DeliveryKind;
  /**
   * The size before compression, from 1 to 128 MiB, at which Firehose writes an object. It needs the delivery
   * `firehose`, and 64 MiB at least with several topics or a `timeFolder`.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferSize?: Size;
  /**
   * The time, from 0 to 900 seconds, after which Firehose writes an object of what it has. It needs the delivery
   * `firehose`, and 60 seconds at least with several topics or a `timeFolder`.
   *
   * @default Duration.minutes(10)
   */
  readonly bufferTime?: Duration;
  /**
   * Static fields for the metadata of every record line, 2,048 bytes at most as JSON. Whoever can read the function or
   * the objects can read them, so they must not hold a secret.
   *
   * @default - none
   */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /**
   * The path of a TypeScript or JavaScript module that exports a function `enrich`, of the type `Enrich`, which adds
   * metadata to each record line. It is bundled at synth with `esbuild`, which must then be installed; a relative
   * path begins at the working directory of the app.
   *
   * @default - none
   */
  readonly enrich?: string;
  /** The storage class of new objects. @default 'STANDARD' */
  readonly storageClass?: StorageClass;
  /**
   * The age in whole days, from 1 to 36,500, at which objects move to each colder storage class.
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
   * The time in whole days, from 1 to 36,500, for which archived objects are locked, in governance mode. Principals
   * with `s3:BypassGovernanceRetention` can still delete them. Object Lock cannot be switched off again.
   *
   * @default - objects are not locked
   */
  readonly objectLock?: Duration;
  /**
   * The key that buckets, queues and logs are encrypted with: `managed`, those of the services, which are free; `stack`,
   * a KMS key that this construct creates and that is kept when the stack is deleted; or a key. A key of this app
   * gets the statements that S3 and CloudWatch Logs need; the policy of an imported one must have them.
   *
   * @default 'managed'
   */
  readonly encryptionKey?: 'managed' | 'stack' | kms.IKey;
  /**
   * The time in whole days, from 1 to 3,650, for which access logs of both buckets are kept, in a bucket of their own.
   *
   * @default - no access logs
   */
  readonly accessLogRetention?: Duration;
}

/** What the functions run with, and how failed batches are replayed. */
export interface FunctionProps {
  /** The memory of each function, from 128 to 10,240 MiB. CPU grows with it. @default Size.gibibytes(1) */
  readonly memory?: Size;
  /**
   * The timeout of the archive function, from 10 to 840 seconds. Uploads are aborted 5 seconds earlier.
   *
   * @default Duration.minutes(2)
   */
  readonly timeout?: Duration;
  /** The largest number of objects that an invocation uploads at the same time, from 1 to 256. @default 16 */
  readonly maxParallelPuts?: number;
  /** The least severe level that the functions log; `debug` adds a line for each object. @default 'info' */
  readonly logLevel?: LogLevel;
  /** Whether X-Ray traces the invocations of the functions, at its price for each trace. @default false */
  readonly tracing?: boolean;
  /** The largest number of failed batches in one invocation of the replay function, from 1 to 10. @default 1 */
  readonly replayBatchSize?: number;
  /** The largest number of concurrent invocations of the replay function, from 2 to 1,000. @default 5 */
  readonly replayConcurrency?: number;
  /** The time, from 0 to 900 seconds, that a failed batch waits for its first replay. @default Duration.minutes(1) */
  readonly replayDelay?: Duration;
  /**
   * The time, from 1 to 3,600 seconds, before the first retry of a failed replay. Each later wait may be twice as
   * long, an hour at most.
   *
   * @default Duration.minutes(1)
   */
  readonly replayRetryDelay?: Duration;
  /** The number of tries of a replay, from 1 to 150, before the failed batch becomes a dead letter. @default 10 */
  readonly replayTries?: number;
  /**
   * The timeout of the replay function, from 10 to 900 seconds. Uploads are aborted 5 seconds earlier.
   *
   * @default Duration.minutes(5)
   */
  readonly replayTimeout?: Duration;
  /**
   * The time after which a replay that gave no answer is retried, from six times `replayTimeout` to 43,200 seconds.
   *
   * @default - six times `replayTimeout`
   */
  readonly replayVisibility?: Duration;
  /**
   * The age in whole days, from 1 to 3,650, at which replayed failed batches expire, counted from their failure. Failed
   * batches that were not replayed never expire.
   *
   * @default Duration.days(30)
   */
  readonly replayedRetention?: Duration;
}

/** Who is notified, and when. */
export interface AlarmProps {
  /**
   * The SNS topic, in the region of the stack, that alarms and notifications of dead letters go to. Its policy, and
   * that of its key, must let CloudWatch and the replay function publish. Set either this or `alarmSubscriptions`.
   *
   * @default - a new topic
   */
  readonly alarmTopic?: sns.ITopic;
  /**
   * The e-mail addresses and `https://` endpoints, 50 at most, that the new topic notifies. Each has to confirm its
   * subscription once. They are readable in the template.
   *
   * @default - no one is notified
   */
  readonly alarmSubscriptions?: readonly string[];
  /**
   * The age of archived records, from 60 to 604,800 seconds and more than `batchWindow`, above which an alarm goes off.
   *
   * @default Duration.minutes(15)
   */
  readonly dataAgeTarget?: Duration;
  /**
   * The time, from 1 to 1,440 whole minutes and more than `batchWindow`, within which every topic gets records. An alarm
   * for each topic goes off when none arrive for that long.
   *
   * @default - a topic may be quiet, and a stopped mapping of a quiet topic raises no alarm
   */
  readonly expectedTraffic?: Duration;
}

/**
 * The props of a {@link KafkaArchive}. Values that shape the template, such as topics, numbers and durations, must
 * be known at synth; what identifies another resource may be a token.
 */
export interface KafkaArchiveProps
  extends ClusterProps,
    NetworkProps,
    MappingProps,
    ObjectProps,
    FunctionProps,
    AlarmProps {
  /**
   * The name of this archive: a letter, then letters, digits or '-', 128 at most. Alarms, dashboard, saved queries and
   * consumer groups are named after it, and it is the `service` of metrics and log lines. Two archives of one
   * account and region must not share a name.
   *
   * @default - the name of the stack and the ids of the constructs below it, joined with '-'; `Default` is left out
   */
  readonly name?: string;
}
