import { z } from 'zod';
import {
  alarmRanges,
  compressionLevels,
  compressions,
  logLevels,
  pollerRanges,
  reservedMetadataFields,
  retryRanges,
  settingRanges,
  timeFolders,
} from '../../lambda/contract.ts';
import { deliverySettings } from './delivery-settings.ts';
import { networkSettings } from './network-settings.ts';
import { registrySettings } from './registry-settings.ts';
import { securitySettings } from './security-settings.ts';
import {
  anyWholeNumber,
  choice,
  flag,
  isSubscriber,
  jsonFields,
  jsonObject,
  must,
  nameList,
  show,
  text,
  wholeNumber,
} from './setting-forms.ts';
import { sourceSettings } from './source-settings.ts';
import { storageSettings } from './storage-settings.ts';

/**
 * The longest prefix, in bytes. S3 keys hold 1,024, and the rest of a key takes up to 612: the topic
 * twice at 249, a partition of 10 digits, two offsets of 20, the folders and every suffix.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const MAX_OBJECT_PREFIX_BYTES = 400;

/** A function's environment holds 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_METADATA_BYTES = 2048;

/** https://docs.aws.amazon.com/lambda/latest/api/API_AmazonManagedKafkaEventSourceConfig.html */
export const MAX_CONSUMER_GROUP_LENGTH = 200;

/** As long as SQS keeps a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_RETENTION_SECONDS = 14 * 24 * 3600;

/** Seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
export const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * How many times the replay function's timeout a message is kept from others at least: what AWS advises,
 * so that invocations that are throttled can be made again.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const VISIBILITY_TIMEOUTS = 6;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const MAX_ALARM_NAME_LENGTH = 255;

const range = (name: keyof typeof settingRanges) =>
  wholeNumber(settingRanges[name]).default(settingRanges[name].default);

const startingPositionError = must(
  "be 'earliest', 'latest' or a time in whole seconds with Z or an offset, such as '2026-11-23T09:00:00Z'",
);
const time = z.iso.datetime({ offset: true });

const isStartingPosition = (value: string): boolean =>
  value === 'earliest' ||
  value === 'latest' ||
  (time.safeParse(value).success && Date.parse(value) > 0 && Date.parse(value) % 1000 === 0);

const subscriberError = must('be an e-mail address, or an https:// URL without a password');

const isPrefix = (prefix: string): boolean =>
  prefix === '' ||
  (prefix.length <= MAX_OBJECT_PREFIX_BYTES &&
    prefix
      .split('/')
      .every((part, index, parts) =>
        index === parts.length - 1
          ? part === ''
          : /^[\w!.()=-]+$/.test(part) && !/^\.+$/.test(part),
      ));

const objectPrefixError = must(
  `end with '/' or be '', not start with '/', have no empty, '.' or '..' part, hold letters, digits and ! - _ . ( ) = / only and at most ${MAX_OBJECT_PREFIX_BYTES} characters`,
);

const metadataFields = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()], {
      error: must('be text, a number, true or false'),
    }),
    { error: must('be an object, as JSON text such as {"env":"prod"}') },
  )
  .superRefine(checkMetadata, {
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  });

function checkMetadata(
  fields: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): void {
  for (const name of Object.keys(fields)) {
    if (reservedMetadataFields.some((reserved) => reserved === name)) {
      const message = `must not be set, the archiver fills in ${reservedMetadataFields.join(', ')} itself`;
      context.addIssue({ code: 'custom', path: [name], message });
    } else if (!/^[A-Za-z_][\w.-]{0,63}$/.test(name)) {
      const message =
        "must be named with a letter or '_', then letters, digits, '_', '-' or '.', 64 characters in all at most";
      context.addIssue({ code: 'custom', path: [name], message });
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(fields));
  if (bytes > MAX_METADATA_BYTES) {
    const message = `must take at most ${MAX_METADATA_BYTES} bytes as JSON, got ${bytes}`;
    context.addIssue({ code: 'custom', message });
  }
}

const provisionedPollers = jsonFields(
  {
    min: wholeNumber(pollerRanges.min).default(pollerRanges.min.default),
    max: wholeNumber(pollerRanges.max).default(pollerRanges.max.default),
    group: text(/^[\w-]{1,128}$/, "be 1 to 128 letters, digits, '-' or '_'").optional(),
  },
  '{"min":1,"max":10}',
).refine(({ min, max }) => min <= max, {
  error: ({ input }) => `must have min at most max, got ${show(input)}`,
  when: ({ issues }) => issues.length === 0,
});

const levels = Object.entries(compressionLevels)
  .map(([name, level]) => `'${name}' ${level.min} to ${level.max}, ${level.default} if not set`)
  .join('; ');

/** Every setting there is, with what it means: the one place that says so. */
export const settingsSchema = z.object({
  stackName: text(
    /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
    "be a letter, then letters, digits or '-', 128 at most",
  )
    .default('KafkaArchive')
    .describe('Name of the CloudFormation stack; one stack archives the topics of one cluster'),
  ...sourceSettings,
  topics: nameList({
    // Narrower than Kafka's own rule: Lambda takes neither one character nor a dot in front.
    of: text(
      /^[\w-][\w.-]{1,248}$/,
      "be 2 to 249 letters, digits, '.', '_' or '-', not starting with '.'",
    ),
    noun: 'topic',
    // What one role can be allowed to read, at AWS's default of ten managed policies a role, with the
    // longest names there can be.
    max: 50,
  }).describe(
    'Topics to archive, as a list or as "orders, payments"; each has an event source mapping of its own',
  ),
  batchSize: range('batchSize').describe('Most records in one invocation'),
  batchWindow: range('batchWindow').describe(
    'Most seconds that a batch waits to fill; 0 waits for nothing',
  ),
  startingPosition: z
    .string({ error: startingPositionError })
    .refine(isStartingPosition, { error: startingPositionError })
    .optional()
    .describe(
      "Where a consumer group without committed offsets begins: 'earliest' (if not set), 'latest', or a time with Z or an offset. It is of no effect on a group that has: to begin elsewhere, set another consumerGroupId too, or see docs/reset.md. A new value replaces the mapping",
    ),
  hoursBack: wholeNumber({ min: 1, max: 87_600 })
    .optional()
    .describe(
      'Instead of startingPosition: begin this many hours before the synth. The time differs at each synth, which replaces the mappings, so set startingPosition to the time that the synth prints before deploying again',
    ),
  consumerGroupId: text(
    /^(?:[A-Za-z0-9/:_+=.@-]|\{topic\}){1,200}$/,
    "be 1 to 200 letters, digits or / : _ + = . @ -, with {topic} for the topic ('*' is allowed by Lambda, but would be a wildcard in the role's permissions)",
  )
    .optional()
    .describe(
      'Consumer group that reads the topic, {topic} standing for its name; <stackName>-{topic} if not set. Several topics need {topic}, since groups must be unique among mappings. A new group replaces the mapping, and begins at startingPosition',
    ),
  provisionedPollers: jsonObject(provisionedPollers)
    .optional()
    .describe(
      'Provisioned mode: {"min": pollers, "max": pollers, "group": name}, the group optional; on-demand mode if not set',
    ),
  reportBatchItemFailures: flag()
    .default(false)
    .describe(
      'Retry only the topic-partitions of a batch that failed, not all of it; needs provisionedPollers',
    ),
  retryAttempts: wholeNumber(retryRanges.retryAttempts)
    .optional()
    .describe(
      `Tries of a failed batch after the first, before it goes to the failed-batch bucket; needs provisionedPollers. If not set, and in on-demand mode, Lambda makes ${retryRanges.retryAttempts.default}, since there is that bucket`,
    ),
  maxRecordAge: wholeNumber(retryRanges.maxRecordAge)
    .optional()
    .describe(
      'Seconds after which a record that could not be archived goes to the failed-batch bucket, whatever tries are left; needs provisionedPollers. If not set, no age is too high',
    ),
  bisectBatchOnError: flag()
    .default(false)
    .describe(
      'Retry a batch that failed in two halves, so that few records go to the failed-batch bucket; needs provisionedPollers. Halves make objects that overlap those of a whole batch',
    ),
  ...registrySettings,
  ...networkSettings,
  objectPrefix: z
    .string({ error: objectPrefixError })
    .refine(isPrefix, { error: objectPrefixError })
    .optional()
    .describe(
      "What object keys begin with: '' or a path that ends in '/'; the name of the cluster, or its first bootstrap host, and '/' if not set",
    ),
  timeFolder: choice(timeFolders)
    .default('hour')
    .describe('How finely objects are put into folders by record time, UTC'),
  compression: choice(compressions).default('gzip').describe('Compression of the objects'),
  compressionLevel: anyWholeNumber()
    .optional()
    .describe(`Level of the compression: ${levels}; 'none' has no level`),
  ...deliverySettings,
  ...storageSettings,
  ...securitySettings,
  metadata: jsonObject(metadataFields)
    .default({})
    .describe(
      'Static fields, text, number, true or false, for the metadata of every record line; readable by whoever may read the function or the objects: never a secret',
    ),
  memoryMiB: range('memoryMiB').describe('Memory of each function in MiB; CPU comes with it'),
  timeoutSeconds: range('timeoutSeconds').describe(
    'Seconds that one invocation of the archive function may take; uploads are given up 5 seconds earlier',
  ),
  maxParallelPuts: range('maxParallelPuts').describe('Most objects uploaded at the same time'),
  logLevel: choice(logLevels)
    .default('info')
    .describe('What the functions log; debug adds a line per object'),
  replayBatchSize: range('replayBatchSize').describe(
    'Most failed batches in one invocation of the replay function, which share its time',
  ),
  replayConcurrency: range('replayConcurrency').describe(
    'Most invocations of the replay function at the same time',
  ),
  replayDelaySeconds: range('replayDelaySeconds').describe(
    'Seconds that a new failed batch waits for its first replay; 0 replays it at once',
  ),
  replayRetrySeconds: range('replayRetrySeconds').describe(
    'Seconds until a replay that failed is tried again the first time; each further wait is up to twice as long, an hour at most',
  ),
  replayTries: range('replayTries').describe(
    'Tries of a replay before the failed batch is a dead letter; what no try can get past is one at once',
  ),
  replayTimeoutSeconds: range('replayTimeoutSeconds').describe(
    'Seconds that one invocation of the replay function may take; uploads are given up 5 seconds earlier',
  ),
  replayVisibilitySeconds: anyWholeNumber()
    .optional()
    .describe(
      `Seconds after which a replay that gave no answer is tried again, from ${VISIBILITY_TIMEOUTS} times replayTimeoutSeconds, which it is if not set, to ${MAX_VISIBILITY_SECONDS}`,
    ),
  replayedRetentionDays: range('replayedRetentionDays').describe(
    'Age in days at which a failed batch that was replayed expires, counted from when it failed; one that was not replayed never does',
  ),
  alarmSubscriptions: nameList({
    of: z.string({ error: subscriberError }).refine(isSubscriber, { error: subscriberError }),
    noun: 'subscriber',
    max: 50,
  })
    .optional()
    .describe(
      'Who is told of alarms and of dead letters: e-mail addresses and https:// endpoints, as a list or with commas between them. Each has to confirm the subscription once. They are readable in the template: for an endpoint whose URL is a secret, set alarmTopicArn. Nobody if not set',
    ),
  alarmTopicArn: text(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
    'be the ARN of an SNS topic that is not a FIFO topic',
  )
    .optional()
    .describe(
      'ARN of an SNS topic in the region of the stack that alarms and notifications of dead letters are sent to, in place of one of the stack; its policy, and that of its key, must let CloudWatch and the replay function publish. Either this or alarmSubscriptions',
    ),
  eventMetrics: flag()
    .optional()
    .describe(
      'Whether Lambda counts the events of each mapping (polled, filtered, failed, dropped, committed; errors; lag), and an alarm tells of dropped ones; needs provisionedPollers, with which it is true if not set',
    ),
  tracing: flag()
    .default(false)
    .describe('Whether X-Ray traces invocations of the functions, at its price a trace'),
  dataAgeTargetSeconds: wholeNumber(alarmRanges.dataAgeTargetSeconds)
    .default(alarmRanges.dataAgeTargetSeconds.default)
    .describe(
      'Age in seconds that records may have when they are archived, before an alarm tells of it; more than batchWindow',
    ),
  expectedTrafficMinutes: wholeNumber(alarmRanges.expectedTrafficMinutes)
    .optional()
    .describe(
      'Minutes in which every topic has records: an alarm for each tells when none came in so long; more than batchWindow. If not set, a topic may be quiet, and a mapping that has stopped is not told from one',
    ),
});
