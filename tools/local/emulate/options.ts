import { connectionFlags, connectionHelp, readConnection } from '../../../cli/connection-flags.ts';
import {
  flag,
  httpUrl,
  invalid,
  list,
  oneOf,
  readFlags,
  text,
  wholeNumber,
} from '../../../cli/flags.ts';
import type { KafkaConnection } from '../../../kafka/connection.ts';
import {
  type Compression,
  compressions,
  type SettingRange,
  settingRanges,
  type TimeFolder,
  timeFolders,
} from '../../../lambda/contract.ts';
import {
  type OutOfRangePolicy,
  outOfRangePolicies,
  type StartingPosition,
} from '../kafka/topic-options.ts';
import { type MappingSettings, mappingSettings } from '../mapping/settings.ts';

/** What the emulator was asked to run. */
export interface EmulateOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[];
  /** The consumer group of a topic. */
  readonly groupOf: (topic: string) => string;
  readonly startingPosition: StartingPosition;
  readonly outOfRange: OutOfRangePolicy;
  /** Milliseconds. */
  readonly sessionTimeoutMs: number;
  readonly mapping: MappingSettings;
  /** Seconds. */
  readonly functionTimeout: number;
  readonly compression: Compression;
  readonly timeFolder: TimeFolder;
  readonly objectPrefix: string;
  /** Folder of the function's log, and of the buckets where there is no endpoint. */
  readonly out: string;
  /** An S3 server to store in. @default - one of the emulator's own */
  readonly s3Endpoint: string | undefined;
  readonly bucket: string;
  /** The on-failure destination, and the way back from it. @default - no destination */
  readonly failed: EmulateFailed | undefined;
}

/** How failed batches are kept and replayed. */
export interface EmulateFailed {
  readonly bucket: string;
  /** Of the SQS server. @default - any free one */
  readonly sqsPort: number | undefined;
  /** Before a new one is first replayed. */
  readonly delaySeconds: number;
  /** Before a failed replay is tried again, the first time. */
  readonly retrySeconds: number;
  readonly tries: number;
}

const ranges = {
  'batch-size': settingRanges.batchSize,
  'batch-window': { ...settingRanges.batchWindow, default: 1 },
  pollers: { min: 1, max: 100, default: 1 },
  'retry-attempts': { min: -1, max: 10_000, default: -1 },
  'max-record-age': { min: -1, max: 604_800, default: -1 },
  'session-timeout': { min: 1, max: 1800, default: 45 },
  timeout: settingRanges.timeoutSeconds,
  'hours-back': { min: 1, max: 1_000_000, default: 1 },
  'sqs-port': { min: 1, max: 65_535, default: 1 },
  'replay-delay': settingRanges.replayDelaySeconds,
  'replay-retry': settingRanges.replayRetrySeconds,
  'replay-tries': settingRanges.replayTries,
} as const satisfies Record<string, SettingRange>;

const modes = ['on-demand', 'provisioned'] as const;

/** What `--help` prints. */
export const emulateHelp = `Archives topics of a Kafka cluster until stopped, as the deployed stack would: emulated event
source mappings poll in consumer groups and invoke the function that would be deployed.

Usage: npm run emulate -- --brokers LIST --topics LIST [options]

Cluster
${connectionHelp}

Topics
  --topics LIST        topics, with commas between; one event source mapping each
  --group NAME         consumer group; {topic} stands for the topic, and is needed with several
                       (default msk-s3-archiver-{topic})
  --starting-position  earliest, latest or an ISO 8601 time: where a group without committed
                       offsets begins (default earliest)
  --hours-back N       in place of --starting-position: so long before now
  --out-of-range NAME  where to go on when the next offset is deleted already: earliest, latest,
                       or stop (default earliest)
  --session-timeout S  seconds without a heartbeat until a poller is taken for dead (default 45)

Event source mapping
  --batch-size N       records of a batch, 1 to 10000 (default 10000)
  --batch-window S     seconds a batch may wait to fill, 0 to 300 (default 1)
  --pollers N          pollers of each topic (default 1)
  --mode NAME          on-demand or provisioned (default on-demand)
  --partial-response   send again only what failed; provisioned mode
  --bisect             halve a failing batch; provisioned mode
  --retry-attempts N   further tries of a batch, -1 for no end; provisioned mode
  --max-record-age S   seconds after which a record is given up, from 60; provisioned mode

Function and objects
  --timeout S          of the function, 10 to 840 seconds (default 120)
  --compression NAME   gzip, zstd or none (default gzip)
  --time-folder NAME   hour, day or none (default hour)
  --prefix PATH        front of every key: empty, or ending in / (default empty)
  --out FOLDER         where objects and the function's log go (default emulate-out)
  --s3-endpoint URL    store in this S3 server instead, as AWS_ACCESS_KEY_ID with
                       AWS_SECRET_ACCESS_KEY
  --bucket NAME        (default archive)

Failed batches
  --failed-bucket NAME bucket that keeps what is given up, to be replayed from there (default: none,
                       it is dropped)
  --replay-delay S     seconds before a failed batch is first replayed, 0 to 900 (default 60)
  --replay-retry S     seconds before a failed replay is tried again the first time, 1 to 3600
                       (default 60)
  --replay-tries N     tries before a failed batch is a dead letter, 1 to 150 (default 10)
  --sqs-port N         port of the SQS server with the queues (default: any free one)

  --help               this text

Ctrl-C finishes what is in the functions, commits it and leaves the group; once more abandons it.
Failed batches that were not replayed are at the next start.
Exit code: 0 when stopped, 1 when it cannot go on, 2 for bad options.
`;

/**
 * Reads the command line; `help` when that is what it asks for.
 *
 * @param now epoch milliseconds
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseEmulateOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): EmulateOptions | 'help' {
  const values = readValues(args);
  if (values.help) return 'help';
  const connection = readConnection(values, environment);
  if (connection === undefined) throw invalid('--brokers or KAFKA_BOOTSTRAP_SERVERS is needed');
  const topics = list(values.topics ?? '');
  if (topics.length === 0) throw invalid('--topics needs the name of a topic at least');
  const { group } = values;
  if (topics.length > 1 && !group.includes('{topic}')) {
    throw invalid(`--group needs {topic} in it with several topics, got '${group}'`);
  }
  const prefix = values.prefix;
  if (prefix !== '' && !prefix.endsWith('/')) {
    throw invalid(`--prefix must be empty or end in /, got '${prefix}'`);
  }
  const number = (name: keyof typeof ranges) => wholeNumber(ranges, name, values[name]);
  return {
    connection,
    topics,
    groupOf: (topic) => group.replaceAll('{topic}', topic),
    startingPosition: startingPosition(values, now),
    outOfRange: oneOf('out-of-range', values['out-of-range'], outOfRangePolicies),
    sessionTimeoutMs: number('session-timeout') * 1000,
    mapping: mappingSettings({
      mode: oneOf('mode', values.mode, modes),
      batchSize: number('batch-size'),
      batchWindow: number('batch-window'),
      pollers: number('pollers'),
      maximumRetryAttempts: number('retry-attempts'),
      maximumRecordAgeSeconds: number('max-record-age'),
      bisectBatchOnFunctionError: values.bisect,
      reportBatchItemFailures: values['partial-response'],
    }),
    functionTimeout: number('timeout'),
    compression: oneOf('compression', values.compression, compressions),
    timeFolder: oneOf('time-folder', values['time-folder'], timeFolders),
    objectPrefix: prefix,
    out: values.out,
    s3Endpoint: httpUrl('s3-endpoint', values['s3-endpoint']),
    bucket: values.bucket,
    failed: readFailed(values),
  };
}

/** Flags that mean nothing without `--failed-bucket`. */
const replayFlags = ['replay-delay', 'replay-retry', 'replay-tries', 'sqs-port'] as const;

function readFailed(values: ReturnType<typeof readValues>): EmulateFailed | undefined {
  const { 'failed-bucket': bucket, 'sqs-port': port } = values;
  if (bucket === undefined) {
    const given = replayFlags.find((name) => values[name] !== undefined);
    if (given !== undefined) throw invalid(`--${given} needs --failed-bucket`);
    return undefined;
  }
  // Else what is archived would be taken for failed batches.
  if (bucket === values.bucket) {
    throw invalid(`--failed-bucket must be another than --bucket, got '${bucket}'`);
  }
  const number = (name: (typeof replayFlags)[number]) => wholeNumber(ranges, name, values[name]);
  return {
    bucket,
    sqsPort: port === undefined ? undefined : number('sqs-port'),
    delaySeconds: number('replay-delay'),
    retrySeconds: number('replay-retry'),
    tries: number('replay-tries'),
  };
}

function readValues(args: readonly string[]) {
  return readFlags(args, {
    ...connectionFlags,
    topics: text,
    group: { ...text, default: 'msk-s3-archiver-{topic}' },
    'starting-position': text,
    'hours-back': text,
    'out-of-range': { ...text, default: 'earliest' },
    'session-timeout': text,
    'batch-size': text,
    'batch-window': text,
    pollers: text,
    mode: { ...text, default: 'on-demand' },
    'partial-response': flag,
    bisect: flag,
    'retry-attempts': text,
    'max-record-age': text,
    timeout: text,
    compression: { ...text, default: 'gzip' },
    'time-folder': { ...text, default: 'hour' },
    prefix: { ...text, default: '' },
    out: { ...text, default: 'emulate-out' },
    's3-endpoint': text,
    bucket: { ...text, default: 'archive' },
    'failed-bucket': text,
    'replay-delay': text,
    'replay-retry': text,
    'replay-tries': text,
    'sqs-port': text,
    help: flag,
  });
}

function startingPosition(
  given: { readonly 'starting-position'?: string; readonly 'hours-back'?: string },
  now: number,
): StartingPosition {
  const { 'starting-position': position, 'hours-back': hours } = given;
  if (hours !== undefined) {
    if (position !== undefined) throw invalid('give --starting-position or --hours-back, not both');
    return { timestamp: now - wholeNumber(ranges, 'hours-back', hours) * 3_600_000 };
  }
  if (position === undefined || position === 'earliest' || position === 'latest') {
    return position ?? 'earliest';
  }
  const timestamp = Date.parse(position);
  if (/^\d{4}-/.test(position) && Number.isFinite(timestamp)) return { timestamp };
  throw invalid(
    `--starting-position must be earliest, latest or an ISO 8601 time, got '${position}'`,
  );
}
