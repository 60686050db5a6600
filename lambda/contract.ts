/**
 * The contract between the constructs and the handlers: names, ranges and limits that both sides use. Ranges
 * and defaults are those of the AWS service if it has any, with a link to the page that documents them.
 *
 * @module
 */

/** Version of the object layout and the record line, stored as metadata of every object. */
export const FORMAT_VERSION = '2';

/**
 * The symbol of the global that holds the user's `enrich` function. The bundle sets it before the functions load.
 */
export const ENRICH_SYMBOL = 'msk-s3-archiver.enrich';

/** Granularity of the folders that objects are stored in, by record time (UTC). */
export const timeFolders = ['hour', 'day', 'none'] as const;
export type TimeFolder = (typeof timeFolders)[number];

/** What an object holds: the records of a batch in one time folder, or those of one partition of it. */
export const objectForms = ['batch', 'partition'] as const;
export type ObjectForm = (typeof objectForms)[number];

/**
 * How bytes are written into record lines. `auto` embeds JSON (in values only), writes other UTF-8 as a string, and
 * other bytes as base64. `text` embeds nothing, and `base64` writes all bytes as base64, so that every line of a topic
 * has the same encoding.
 */
export const byteEncodings = ['auto', 'text', 'base64'] as const;
export type ByteEncoding = (typeof byteEncodings)[number];

/** Encodings by topic; `*` is for the topics that are not named, and {} the same as `{"*":"auto"}`. */
export type TopicEncodings = Readonly<Record<string, ByteEncoding>>;

/** How an object's body is compressed. */
export const compressions = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof compressions)[number];

/**
 * Storage classes of new objects: those with immediate access that survive the loss of an Availability Zone.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
 */
export const storageClasses = [
  'STANDARD',
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
] as const;
export type StorageClass = (typeof storageClasses)[number];

/** How batches reach S3: stored by the functions themselves, or through a Firehose delivery stream. */
export const deliveries = ['s3', 'firehose'] as const;
export type DeliveryKind = (typeof deliveries)[number];

/** How the event source mappings and the audit authenticate to a cluster: with a function's role, or with a secret. */
export const authentications = [
  'IAM',
  'SASL_SCRAM_512_AUTH',
  'SASL_SCRAM_256_AUTH',
  'BASIC_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
] as const;
export type Authentication = (typeof authentications)[number];

/** Log levels of the functions; `debug` adds one line for each object. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Inclusive range and default of a whole-number setting. */
export interface SettingRange {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** Whole-number settings. The unit is in the name, or in the comment if AWS's own name has none. */
export const settingRanges = {
  /** Records per invocation. https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
  batchSize: { min: 1, max: 10_000, default: 10_000 },
  /** Seconds a batch may wait to fill. https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
  batchWindow: { min: 0, max: 300, default: 300 },
  /** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
  memoryMiB: { min: 128, max: 10_240, default: 1024 },
  /**
   * A Kafka event source allows at most 14 minutes:
   * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-configure.html. The minimum is twice the
   * deadline margin, which leaves time to store anything.
   */
  timeoutSeconds: { min: 10, max: 840, default: 120 },
  maxParallelPuts: { min: 1, max: 256, default: 16 },
  /**
   * Failed batches in one invocation of the replay function. The default is one, so that an invocation that
   * crashes does not use up a try of another batch. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  replayBatchSize: { min: 1, max: 10, default: 1 },
  /** Concurrent invocations of the replay function. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
  replayConcurrency: { min: 2, max: 1000, default: 5 },
  /** Seconds before the first replay of a new failed batch. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
  replayDelaySeconds: { min: 0, max: 900, default: 60 },
  /** Seconds before the first retry of a failed replay; each further delay is up to twice as long. */
  replayRetrySeconds: { min: 1, max: 3600, default: 60 },
  /**
   * Tries before a failed batch becomes a dead letter: the queue's maxReceiveCount. The maximum allows for
   * delays of an hour each, because SQS deletes messages after 14 days, dead letters included.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  replayTries: { min: 1, max: 150, default: 10 },
  /** Timeout of the replay function in seconds. Its event source has no limit below Lambda's own. */
  replayTimeoutSeconds: { min: 10, max: 900, default: 300 },
  /** Days after its failure at which a replayed entry expires. An entry that is not replayed never expires. */
  replayedRetentionDays: { min: 1, max: 3650, default: 30 },
} as const satisfies Record<string, SettingRange>;

/** Whole-number settings of the audit. */
export const auditRanges = {
  /** Days after which an audit lists the whole archive of a topic again, and so finds what was deleted since. */
  fullListingDays: { min: 1, max: 365, default: 7 },
  /** Lost records that one audit of a topic writes as failed batches, to be archived again; 0 writes none. */
  autoHealRecords: { min: 0, max: 1_000_000, default: 0 },
  /** Days after which S3 expires objects of the archive, which has no default: they are kept. */
  expirationDays: { min: 1, max: 36_500, default: 36_500 },
} as const satisfies Record<string, SettingRange>;

/** How much Firehose buffers before it writes an object: https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html */
export const bufferRanges = {
  /** Size before compression. */
  bufferSizeMiB: { min: 1, max: 128, default: 64 },
  bufferSeconds: { min: 0, max: 900, default: 600 },
} as const satisfies Record<string, SettingRange>;

/** Levels of each compression that has levels. */
export const compressionLevels = {
  gzip: { min: 1, max: 9, default: 6 },
  zstd: { min: 1, max: 19, default: 3 },
} as const satisfies Partial<Record<Compression, SettingRange>>;

/** Event pollers in provisioned mode. https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
export const pollerRanges = {
  min: { min: 1, max: 200, default: 1 },
  max: { min: 1, max: 2000, default: 200 },
} as const satisfies Record<string, SettingRange>;

/**
 * Fields of a record line's `metadata` that are reserved for the archiver: those that it writes, those of format version
 * 1, and names of the line's own fields, by which readers cut the line.
 */
export const reservedMetadataFields = [
  'source',
  'timestamp_rounded',
  'key_schema_format',
  'key_schema_id',
  'value_schema_format',
  'value_schema_id',
  'key_schema',
  'value_schema',
  'value_encoding',
  'value_line_break',
  'metadata',
] as const;

/** Milliseconds before the function's timeout at which uploads that are still running are aborted. */
export const DEADLINE_MARGIN_MS = 5_000;

/**
 * Maximum size of a synchronous invocation's request, and therefore of a batch, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (a MB there is 1024 KB)
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Names of object metadata, without the prefix `x-amz-meta-`. All values are text. Partitions and offsets are in the key
 * alone: they are too many for metadata.
 */
export const objectMetadataNames = {
  formatVersion: 'format-version',
  topic: 'topic',
  recordCount: 'record-count',
  uncompressedBytes: 'uncompressed-bytes',
  /** Earliest and latest record timestamp, epoch milliseconds; absent if no record has one. */
  firstTimestamp: 'first-timestamp',
  lastTimestamp: 'last-timestamp',
  /** SHA-256 of the uncompressed body, hexadecimal: it tells two bodies for the same key apart. */
  sha256: 'sha256',
  requestId: 'request-id',
  functionVersion: 'function-version',
  /** ISO 8601, UTC. */
  storedAt: 'stored-at',
  /** Only on replayed objects: the key of the failed batch, and why that batch had failed. */
  failedBatch: 'failed-batch',
  failedBatchCondition: 'failed-batch-condition',
} as const;

/** Tags of a failed batch that is replayed or dismissed. Other failed batches have no tags. */
export const failedBatchTags = {
  status: 'status',
  /** ISO 8601, UTC; only if it was replayed. */
  replayedAt: 'replayed-at',
  /** ISO 8601, UTC; only if an operator dismissed it. */
  dismissedAt: 'dismissed-at',
  /** Number of objects that hold its records; only if it was replayed. */
  objects: 'objects',
} as const;

/** The `status` of a failed batch that needs no replay any more: it is replayed or dismissed, and expires. */
export const REPLAYED = 'replayed';

/**
 * What the keys of failed batches begin with that no mapping has given up: an audit or an operator has written them, to be
 * archived by the replay function. Lambda's own begin with `aws/lambda/`.
 */
export const HEAL_PREFIX = 'kafka-archive/heal/';

/**
 * Maximum size of a failed batch, in bytes. Those of Lambda have at most a whole event with every character escaped,
 * 13 MiB with the rest. Those that `fetch` writes have one record of any size up to 24 MiB, in base64. Brokers accept
 * 1 MiB unless `message.max.bytes` says otherwise: https://kafka.apache.org/documentation/#brokerconfigs_message.max.bytes
 */
export const MAX_FAILED_BATCH_BYTES = 33 * 1024 * 1024;

/** Message attributes of a dead letter, which say why it is one. Its body is the replay queue's message. */
export const deadLetterAttributes = {
  /** One of the codes of an `ArchiverError`. */
  code: 'code',
  reason: 'reason',
  failedBatch: 'failed-batch',
  condition: 'condition',
  /** `orders-3 offsets 100 to 149; …`, if known. */
  offsets: 'offsets',
  /** Request id of the invocation that gave it up, to find its log line by. */
  requestId: 'request-id',
  /** ISO 8601, UTC. */
  diedAt: 'died-at',
} as const;

/**
 * Message attributes of a dead letter's notification, for the filter policies of subscriptions. They are few:
 * the topic's key does not encrypt them, and a queue with raw delivery accepts at most ten.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
export const notificationAttributes = {
  /** Name of the stack. */
  service: 'service',
  /** One of the codes of an `ArchiverError`. */
  code: 'code',
  /** Topic of the failed batch, if all its records have the same one. */
  topic: 'topic',
  failedBatch: 'failed-batch',
} as const;

/** CloudWatch namespace of all metrics below. */
export const METRIC_NAMESPACE = 'MskS3Archiver';

/** The dimension in addition to Powertools' `service`: the topic. */
export const METRIC_DIMENSION = 'topic';

/** The dimension of `DeadLetters` in addition to `service`: the code of the error. */
export const REASON_DIMENSION = 'reason';

/**
 * Metrics of the archive function: one value per invocation, zeros included, by `service` and topic. Those in
 * {@link stackMetricNames} are emitted by `service` alone as well.
 */
export const metricNames = {
  records: 'Records',
  /** Bytes of keys, values and header values, as stored in Kafka. */
  bytesIn: 'BytesIn',
  /** Bytes of the object bodies, as stored in S3; 0 for objects that were already stored. */
  bytesStored: 'BytesStored',
  objects: 'Objects',
  alreadyStored: 'AlreadyStored',
  keyConflicts: 'KeyConflicts',
  invalidTimestamps: 'InvalidTimestamps',
  failedObjects: 'FailedObjects',
  /** Chunks that the delivery stream accepted; only with the delivery `firehose`, as the next one. */
  streamRecords: 'StreamRecords',
  /** How often the delivery stream rejected a chunk; each is sent again. */
  streamRejections: 'StreamRejections',
  encodeMilliseconds: 'EncodeMilliseconds',
  storeMilliseconds: 'StoreMilliseconds',
  /**
   * Milliseconds from the earliest valid timestamp in the batch to its invocation: the lag of the archive.
   * Not emitted if no record has a valid timestamp.
   */
  oldestRecordAge: 'OldestRecordAge',
} as const;

/**
 * Metrics that are also emitted without the topic, so that one alarm can cover all topics: alarms do not
 * support search expressions.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html
 */
export const stackMetricNames = [metricNames.keyConflicts, metricNames.oldestRecordAge] as const;

/** Metrics of the replay function: one value for each message of its queue. */
export const replayMetricNames = {
  replayedBatches: 'ReplayedBatches',
  replayedRecords: 'ReplayedRecords',
  replayedObjects: 'ReplayedObjects',
  /** Objects of a replayed batch that were already stored. */
  replayAlreadyStored: 'ReplayAlreadyStored',
  /** Failed tries that are retried. */
  replayRetries: 'ReplayRetries',
  /** Messages that the function sent to the dead-letter queue. */
  deadLetters: 'DeadLetters',
} as const;

/** Metrics of the daily check of the catalog, by `service` alone. */
export const catalogMetricNames = {
  /** Folders that no table covers, and one more if the check could not look at all of them. */
  uncoveredFolders: 'UncoveredFolders',
} as const;

/**
 * Metrics of the audit: one value for each topic and audit, zeros included, by `service` and topic. Those in
 * {@link auditStackMetricNames} are emitted by `service` alone as well.
 */
export const auditMetricNames = {
  /** Offsets that are lost and not acknowledged. */
  lostRecords: 'LostRecords',
  /** Offsets that are unexplained and not acknowledged. */
  unexplainedOffsets: 'UnexplainedOffsets',
  /** Offsets at which different records are stored, or that are of another life of the topic; not acknowledged. */
  conflictingOffsets: 'ConflictingOffsets',
  /** Offsets that more than one batch holds. */
  duplicateOffsets: 'DuplicateOffsets',
  /** Holes by class: with the dimension {@link CLASS_DIMENSION} besides. */
  holes: 'Holes',
  /** Records between what is proven and the last stable offset. */
  auditLag: 'AuditLag',
  /** Milliseconds since the start of the audit before this one; not emitted by the first. */
  auditAge: 'AuditAge',
  /** 1 for each topic that was audited, 0 for each that was not. */
  topicsAudited: 'TopicsAudited',
  /** Records that were written as failed batches, to be archived again. */
  healedRecords: 'HealedRecords',
  hoursWritten: 'HoursWritten',
} as const;

/** Metrics of the audit that are also emitted without the topic, for the alarms. */
export const auditStackMetricNames = [
  auditMetricNames.lostRecords,
  auditMetricNames.unexplainedOffsets,
  auditMetricNames.conflictingOffsets,
  auditMetricNames.topicsAudited,
] as const;

/** The dimension of `Holes` in addition to `service` and the topic: the class of the hole. */
export const CLASS_DIMENSION = 'class';

/** The file beside the audit's bundle that has its topics, as {@link AuditTopic}s: an environment has no room for them. */
export const AUDIT_FILE = 'audit.json';

/** A topic to audit, with the settings of its mapping that explain holes. */
export interface AuditTopic {
  readonly topic: string;
  /** The consumer group of its mapping. */
  readonly group: string;
  /** Where the group started: the beginning, the end, or the first record at or after a time in Unix seconds. */
  readonly start: 'earliest' | 'latest' | number;
  /** Patterns of the mapping's filter criteria; a record that matches none is not archived. Empty without filters. */
  readonly filters: readonly Readonly<Record<string, unknown>>[];
}

/** Folders in which the archive stores objects, or once stored them, and which a table of the catalog covers. */
export interface CatalogLayout {
  /** Empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly topics: readonly string[];
}

/** The `dt` of records without a usable timestamp, in format 2 and in format 1. They have tables of their own. */
export const undatedFolders: readonly string[] = ['1970-01-01', 'invalid'];

/** The file beside the catalog check's bundle that has the layouts of the tables: an environment has no room for them. */
export const LAYOUTS_FILE = 'layouts.json';

/**
 * The prefix of records that Firehose could not deliver. It is not below the object prefix, since readers read
 * everything there.
 */
export const STREAM_ERRORS_PREFIX = 'firehose-errors/';

/** The `message` of each log line about a batch, which saved queries search for, and of the catalog check. */
export const logMessages = {
  batchArchived: 'batch archived',
  batchNotArchived: 'batch not archived',
  batchRefused: 'batch refused',
  batchReplayed: 'failed batch replayed',
  batchDelayed: 'failed batch not replayed, tried again',
  batchDied: 'failed batch not replayed, in the dead-letter queue',
  catalogChecked: 'catalog checked',
  catalogNotChecked: 'catalog not checked',
  topicAudited: 'topic audited',
  topicNotAudited: 'topic not audited',
  topicsPostponed: 'topics left to the next audit',
} as const;
