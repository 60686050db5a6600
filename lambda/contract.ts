/**
 * What the two sides of a deployment share: the constructs set these names and the handlers read
 * them. Ranges and defaults are the service's own where it has one, with the page that says so.
 *
 * @module
 */

/** Version of the object layout and record line; every object carries it as metadata. */
export const FORMAT_VERSION = '1';

/** Environment variables of both functions; the last group is the replay function's. None holds a secret. */
export const environmentNames = {
  archiveBucket: 'ARCHIVE_BUCKET',
  objectPrefix: 'OBJECT_PREFIX',
  timeFolder: 'TIME_FOLDER',
  compression: 'COMPRESSION',
  compressionLevel: 'COMPRESSION_LEVEL',
  metadata: 'METADATA',
  storageClass: 'STORAGE_CLASS',
  /** With the delivery `firehose` only. */
  deliveryStream: 'DELIVERY_STREAM',
  maxParallelPuts: 'MAX_PARALLEL_PUTS',
  reportBatchItemFailures: 'REPORT_BATCH_ITEM_FAILURES',
  /** These two are read by Powertools itself; a notification names the service, too. */
  logLevel: 'POWERTOOLS_LOG_LEVEL',
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  failedBatchBucket: 'FAILED_BATCH_BUCKET',
  replayQueueUrl: 'REPLAY_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  replayTries: 'REPLAY_TRIES',
  replayRetrySeconds: 'REPLAY_RETRY_SECONDS',
  /** Not set, nobody is told of single dead letters. */
  alarmTopicArn: 'ALARM_TOPIC_ARN',
  /** Where the log of the invocation is that had failed. */
  archiveLogGroup: 'ARCHIVE_LOG_GROUP',
} as const;

/** The symbol by which the prop `enrich` of an archive reaches the functions: its value is set before they are loaded. */
export const ENRICH_SYMBOL = 'msk-s3-archiver.enrich';

/** How finely objects are foldered by record time (UTC). */
export const timeFolders = ['hour', 'day', 'none'] as const;
export type TimeFolder = (typeof timeFolders)[number];

/** How an object's body is compressed. */
export const compressions = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof compressions)[number];

/**
 * Storage classes of new objects: those that are read at once, and that survive the loss of a zone.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
 */
export const storageClasses = [
  'STANDARD',
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
] as const;
export type StorageClass = (typeof storageClasses)[number];

/** How batches get into S3: by the functions themselves, or through a delivery stream of Firehose. */
export const deliveries = ['s3', 'firehose'] as const;
export type DeliveryKind = (typeof deliveries)[number];

/** What the functions log: `debug` adds one line per object. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Inclusive range and default of a whole-number setting. */
export interface SettingRange {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** Whole-number settings: the unit is in the name, or in the comment where AWS's name has none. */
export const settingRanges = {
  /** Records per invocation. https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
  batchSize: { min: 1, max: 10_000, default: 10_000 },
  /** Seconds a batch may wait to fill. https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
  batchWindow: { min: 0, max: 300, default: 300 },
  /** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
  memoryMiB: { min: 128, max: 10_240, default: 1024 },
  /**
   * At most 14 minutes for a Kafka event source:
   * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-configure.html. At least twice the
   * deadline margin, so that there is time to store anything.
   */
  timeoutSeconds: { min: 10, max: 840, default: 120 },
  maxParallelPuts: { min: 1, max: 256, default: 16 },
  /**
   * Failed batches in one invocation of the replay function. One, so that an invocation that dies of its
   * batch takes no other's try with it. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  replayBatchSize: { min: 1, max: 10, default: 1 },
  /** Invocations of the replay function at a time. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
  replayConcurrency: { min: 2, max: 1000, default: 5 },
  /** Seconds before a new failed batch is first replayed. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
  replayDelaySeconds: { min: 0, max: 900, default: 60 },
  /** Seconds before a failed replay is tried again the first time; each further wait may be twice as long. */
  replayRetrySeconds: { min: 1, max: 3600, default: 60 },
  /**
   * Tries before a failed batch is a dead letter: the queue's maxReceiveCount. Few enough for waits of an
   * hour: SQS drops a message that is 14 days old, a dead letter too.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  replayTries: { min: 1, max: 150, default: 10 },
  /** Seconds of the replay function; its event source sets no lower limit than Lambda's own. */
  replayTimeoutSeconds: { min: 10, max: 900, default: 300 },
  /** Days from its failure after which an entry that was replayed expires; one that was not never does. */
  replayedRetentionDays: { min: 1, max: 3650, default: 30 },
} as const satisfies Record<string, SettingRange>;

/** What Firehose collects before it makes an object: https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html */
export const bufferRanges = {
  /** Before compression. */
  bufferSizeMiB: { min: 1, max: 128, default: 64 },
  bufferSeconds: { min: 0, max: 900, default: 600 },
} as const satisfies Record<string, SettingRange>;

/** Levels of each compression that has any. */
export const compressionLevels = {
  gzip: { min: 1, max: 9, default: 6 },
  zstd: { min: 1, max: 19, default: 3 },
} as const satisfies Partial<Record<Compression, SettingRange>>;

/** Provisioned mode. https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
export const pollerRanges = {
  min: { min: 1, max: 200, default: 1 },
  max: { min: 1, max: 2000, default: 200 },
} as const satisfies Record<string, SettingRange>;

/**
 * How the event source mapping tries a failed batch again; provisioned mode only.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export const retryRanges = {
  /** Tries after the first. The default is what Lambda does where there is an on-failure destination. */
  retryAttempts: { min: 0, max: 10_000, default: 10 },
  /** Seconds. Not set, there is no limit. */
  maxRecordAge: { min: 60, max: 604_800, default: 604_800 },
} as const satisfies Record<string, SettingRange>;

/** Days of the archive bucket's lifecycle. S3 has no upper limit but that of its integers. */
export const lifecycleRanges = {
  /** Of an object, when it goes to a colder class. */
  transition: { min: 1, max: 36_500, default: 36_500 },
  /** Of an object, when it expires. Not set, none does. */
  archiveExpirationDays: { min: 1, max: 36_500, default: 36_500 },
  /** Since a version was deleted or overwritten, by whatever hand: the functions do neither. */
  noncurrentVersionDays: { min: 1, max: 36_500, default: 90 },
} as const satisfies Record<string, SettingRange>;

/** Days of Object Lock and of access logs. */
export const securityRanges = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DefaultRetention.html */
  objectLockDays: { min: 1, max: 36_500, default: 36_500 },
  accessLogDays: { min: 1, max: 3650, default: 3650 },
} as const satisfies Record<string, SettingRange>;

/** When alarms tell. They are about the archive function; nothing but the stack reads these. */
export const alarmRanges = {
  /** Seconds that a record may be old when the function gets it; also more than `batchWindow`. */
  dataAgeTargetSeconds: { min: 60, max: 604_800, default: 900 },
  /**
   * Minutes in which each topic has records; also more than `batchWindow`. Not set, a topic may be quiet.
   * An alarm looks back a day at most:
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
   */
  expectedTrafficMinutes: { min: 1, max: 1440, default: 1440 },
} as const satisfies Record<string, SettingRange>;

/** Fields of a record line's `metadata` that are the archiver's own. */
export const reservedMetadataFields = ['source', 'key_schema', 'value_schema'] as const;

/** Milliseconds before the function's timeout at which uploads in flight are aborted. */
export const DEADLINE_MARGIN_MS = 5_000;

/**
 * Largest request of a synchronous invocation, in bytes, and so of a batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (a MB there is 1024 KB)
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Names of object metadata, without S3's `x-amz-meta-` in front. All values are text. */
export const objectMetadataNames = {
  formatVersion: 'format-version',
  topic: 'topic',
  partition: 'partition',
  /** Offsets of this object's first and last record. */
  firstOffset: 'first-offset',
  lastOffset: 'last-offset',
  /** Offsets of the batch run: the same as the object's unless the run fell into several folders. */
  runFirstOffset: 'run-first-offset',
  runLastOffset: 'run-last-offset',
  recordCount: 'record-count',
  uncompressedBytes: 'uncompressed-bytes',
  /** Earliest and latest record timestamp, epoch milliseconds; absent where no record has one. */
  firstTimestamp: 'first-timestamp',
  lastTimestamp: 'last-timestamp',
  /** SHA-256 of the uncompressed body, hexadecimal: what tells two bodies of one key apart. */
  sha256: 'sha256',
  requestId: 'request-id',
  functionVersion: 'function-version',
  /** ISO 8601, UTC. */
  storedAt: 'stored-at',
  /** Of a replayed object: key of the failed batch it came from, and why that had failed. */
  failedBatch: 'failed-batch',
  failedBatchCondition: 'failed-batch-condition',
} as const;

/** Tags of a failed batch that was replayed. Those that were not have none. */
export const failedBatchTags = {
  status: 'status',
  /** ISO 8601, UTC. */
  replayedAt: 'replayed-at',
  /** How many objects its records are in. */
  objects: 'objects',
} as const;

/** The `status` of a failed batch whose records are all stored. */
export const REPLAYED = 'replayed';

/** Largest entry that is taken for a failed batch, in bytes: a whole event, each character escaped. */
export const MAX_FAILED_BATCH_BYTES = 2 * MAX_PAYLOAD_BYTES + 1024 * 1024;

/** Message attributes of a dead letter: why it is one. Its body is the replay queue's message. */
export const deadLetterAttributes = {
  /** One of the codes of an `ArchiverError`. */
  code: 'code',
  reason: 'reason',
  failedBatch: 'failed-batch',
  condition: 'condition',
  /** `orders-3 offsets 100 to 149; …`, as far as they are known. */
  offsets: 'offsets',
  /** Of the invocation that gave it up: where its log line is. */
  requestId: 'request-id',
  /** ISO 8601, UTC. */
  diedAt: 'died-at',
} as const;

/**
 * Message attributes of the notification of a dead letter, for subscriptions to filter by. Few, since unlike
 * the body they are not encrypted by the topic's key, and a queue with raw delivery takes ten.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
export const notificationAttributes = {
  /** The stack. */
  service: 'service',
  /** One of the codes of an `ArchiverError`. */
  code: 'code',
  /** Where the records of the failed batch are of one topic. */
  topic: 'topic',
  failedBatch: 'failed-batch',
} as const;

/** CloudWatch namespace of every metric below. */
export const METRIC_NAMESPACE = 'MskS3Archiver';

/** The dimension besides Powertools' `service`: the topic. */
export const METRIC_DIMENSION = 'topic';

/** The dimension of `DeadLetters`, besides `service`: the code of the error. */
export const REASON_DIMENSION = 'reason';

/**
 * Metrics of the archive function, one value per invocation, emitted also when 0: by `service` and topic,
 * and those that {@link stackMetricNames} name also by `service` alone.
 */
export const metricNames = {
  records: 'Records',
  /** Bytes of keys, values and header values as Kafka held them. */
  bytesIn: 'BytesIn',
  /** Bytes of the object bodies as stored; 0 for what was already there. */
  bytesStored: 'BytesStored',
  objects: 'Objects',
  alreadyStored: 'AlreadyStored',
  keyConflicts: 'KeyConflicts',
  invalidTimestamps: 'InvalidTimestamps',
  failedObjects: 'FailedObjects',
  /** Records that the delivery stream took; with that delivery only, as the next. */
  streamRecords: 'StreamRecords',
  /** Times that the delivery stream rejected a record of a call; each is sent again. */
  streamRejections: 'StreamRejections',
  encodeMilliseconds: 'EncodeMilliseconds',
  storeMilliseconds: 'StoreMilliseconds',
  /**
   * Milliseconds from the earliest valid timestamp in the batch to its invocation: how far behind the
   * archive is. Not emitted where no record has a valid timestamp.
   */
  oldestRecordAge: 'OldestRecordAge',
} as const;

/**
 * Metrics that are emitted a second time without the topic, for one alarm over all topics: an alarm
 * cannot search for metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html
 */
export const stackMetricNames = [metricNames.keyConflicts, metricNames.oldestRecordAge] as const;

/** Metrics of the replay function, one value for each message of its queue. */
export const replayMetricNames = {
  replayedBatches: 'ReplayedBatches',
  replayedRecords: 'ReplayedRecords',
  replayedObjects: 'ReplayedObjects',
  /** Objects of a replayed batch that were there already. */
  replayAlreadyStored: 'ReplayAlreadyStored',
  /** Tries that failed, and are made again. */
  replayRetries: 'ReplayRetries',
  /** Messages that went to the dead-letter queue. */
  deadLetters: 'DeadLetters',
} as const;

/** The `message` of each log line that tells of a batch, as saved queries look for it. */
export const logMessages = {
  batchArchived: 'batch archived',
  batchNotArchived: 'batch not archived',
  batchRefused: 'batch refused',
  batchReplayed: 'failed batch replayed',
  batchDelayed: 'failed batch not replayed, tried again',
  batchDied: 'failed batch not replayed, in the dead-letter queue',
} as const;
