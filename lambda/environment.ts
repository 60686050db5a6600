/**
 * The environment of the functions, from one table: the constructs encode it, the functions decode it.
 * A new variable needs one line in the table. None may hold a secret.
 *
 * @module
 */
import {
  auditRanges,
  authentications,
  byteEncodings,
  compressionLevels,
  compressions,
  deliveries,
  type LogLevel,
  logLevels,
  objectForms,
  type SettingRange,
  settingRanges,
  storageClasses,
  type TopicEncodings,
  timeFolders,
} from './contract.ts';
import { ArchiverError } from './core/errors.ts';
import { isObject } from './core/is-object.ts';
import type { MetadataFields } from './core/record/enrichment.ts';

const compression = oneOf('COMPRESSION', compressions);
const objectPrefix = variable('OBJECT_PREFIX', "empty or end in '/'", parsePrefix);
const timeFolder = oneOf('TIME_FOLDER', timeFolders);
const failedBatchBucket = text('FAILED_BATCH_BUCKET', 'the name of a bucket');
const operatorFlags = optionalText('OPERATOR_FLAGS');
const deliveryStream = text('DELIVERY_STREAM', 'the name of a delivery stream');

/** Of every function. */
const commonVariables = {
  archiveBucket: text('ARCHIVE_BUCKET', 'the name of a bucket'),
  /** Read by Powertools, as the next one. */
  logLevel: powertoolsLogLevel(),
  /** Name of the stack: the `service` of every log line and metric. */
  serviceName: text('POWERTOOLS_SERVICE_NAME', 'the name of the stack'),
};

/** Of the functions that store records. */
const storeVariables = {
  ...commonVariables,
  /** What object keys begin with: empty, or a path that ends in `/`. */
  objectPrefix,
  timeFolder,
  objectOf: oneOf('OBJECT_OF', objectForms),
  /** Of record keys, as the next one of values. */
  keyEncoding: encodings('KEY_ENCODING'),
  valueEncoding: encodings('VALUE_ENCODING'),
  compression,
  /** On the compression's own scale. @default - none, as for the compression `none` */
  compressionLevel: levelOf('COMPRESSION_LEVEL'),
  /** Static fields of every record line's metadata. */
  metadata: json('METADATA', 'a JSON object of text, numbers and booleans', isMetadata),
  /** Of new objects. */
  storageClass: oneOf('STORAGE_CLASS', storageClasses),
  /** @default - none: the functions store objects themselves */
  deliveryStream: optionalText(deliveryStream.name),
  maxParallelPuts: wholeNumber('MAX_PARALLEL_PUTS', settingRanges.maxParallelPuts),
};

const archiveVariables = {
  ...storeVariables,
  reportBatchItemFailures: flag('REPORT_BATCH_ITEM_FAILURES'),
};

const replayVariables = {
  ...storeVariables,
  failedBatchBucket,
  replayQueueUrl: text('REPLAY_QUEUE_URL', 'the URL of a queue'),
  deadLetterQueueUrl: text('DEAD_LETTER_QUEUE_URL', 'the URL of a queue'),
  /** Maximum of tries for a failed batch: `maxReceiveCount` of the replay queue. */
  replayTries: wholeNumber('REPLAY_TRIES', settingRanges.replayTries),
  /** Seconds before the first retry of a failed replay. */
  replayRetrySeconds: wholeNumber('REPLAY_RETRY_SECONDS', settingRanges.replayRetrySeconds),
  /** Topic for notifications of dead letters. @default - no notifications */
  alarmTopicArn: optionalText('ALARM_TOPIC_ARN'),
  /** Log group of the archive function, for notifications to link to. @default - no link */
  archiveLogGroup: optionalText('ARCHIVE_LOG_GROUP'),
  /** Flags that select the archive in the command line. @default - `--stack` with the service name */
  operatorFlags,
};

const auditVariables = {
  ...commonVariables,
  /** What object keys begin with, as of the functions that store records. */
  objectPrefix,
  timeFolder,
  failedBatchBucket,
  /** Of ledgers, hour records and the notes of resets. */
  derivedBucket: text('DERIVED_BUCKET', 'the name of a bucket'),
  delivery: oneOf('DELIVERY', deliveries),
  /** `host:port` of some brokers. */
  bootstrapServers: serverList('BOOTSTRAP_SERVERS'),
  /** ARN of the MSK cluster, for the events of records that are healed. @default - none, the cluster is self-managed */
  clusterArn: optionalText('CLUSTER_ARN'),
  /** `NONE` for brokers that accept every client: in plain text, or over TLS if there is a certificate to trust. */
  authentication: oneOf('AUTHENTICATION', [...authentications, 'NONE'] as const),
  /** Secret to authenticate with, in the form that event source mappings read. @default - none */
  secretArn: optionalText('SECRET_ARN'),
  /** Secret with the certificate of the authority to trust. @default - public authorities */
  rootCaSecretArn: optionalText('ROOT_CA_SECRET_ARN'),
  fullListingDays: wholeNumber('FULL_LISTING_DAYS', auditRanges.fullListingDays),
  /** Whether the body of every new object is read, and not only those whose keys leave offsets open. */
  auditReadsObjects: flag('AUDIT_READS_OBJECTS'),
  /** Days after which S3 expires objects of the archive. @default - never */
  expirationDays: optionalWholeNumber('EXPIRATION_DAYS', auditRanges.expirationDays),
  /** Most lost records of a topic that one audit writes as failed batches; 0 for none. */
  autoHealRecords: wholeNumber('AUTO_HEAL_RECORDS', auditRanges.autoHealRecords),
  /** Flags that select the archive in the command line. @default - `--stack` with the service name */
  operatorFlags,
};

/** Settings of both functions. */
export type StoreEnvironment = ValuesOf<typeof storeVariables>;
/** Settings of the archive function. */
export type ArchiveEnvironment = ValuesOf<typeof archiveVariables>;
/** Settings of the replay function. */
export type ReplayEnvironment = ValuesOf<typeof replayVariables>;
/** Settings of the audit. */
export type AuditEnvironment = ValuesOf<typeof auditVariables>;

/** The environment of the archive function. */
export const archiveEnvironment = codecOf(archiveVariables);
/** The environment of the replay function. */
export const replayEnvironment = codecOf(replayVariables);
/** The environment of the catalog check. */
export const catalogCheckEnvironment = codecOf({
  ...commonVariables,
  /** The first `dt` of the tables, as `YYYY-MM-DD`. */
  catalogFrom: text('CATALOG_FROM', 'a date'),
});
/** The environment of the audit. */
export const auditEnvironment = codecOf(auditVariables);
/** What the bundles with the delivery `firehose` need besides. */
export const streamEnvironment = codecOf({ deliveryStream });

/** Translates settings into environment variables and back: `decode(encode(settings))` equals `settings`. */
export interface EnvironmentCodec<Settings> {
  /** The variables for the settings; those whose setting is undefined are left out. */
  encode(settings: Settings): Record<string, string>;
  /**
   * The settings in an environment.
   *
   * @throws {ArchiverError} `INVALID_SETTINGS`, naming each invalid variable and its allowed values
   */
  decode(environment: Environment): Settings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a variable holds, or what it would have to be. */
type Reading<Value> = { readonly value: Value } | { readonly mustBe: string };

interface Variable<Value> {
  readonly name: string;
  write(value: Value): string | undefined;
  read(text: string | undefined, environment: Environment): Reading<Value>;
}

type ValueOf<Entry> = Entry extends Variable<infer Value> ? Value : never;

type OptionalKey<Table> = {
  [Key in keyof Table]: undefined extends ValueOf<Table[Key]> ? Key : never;
}[keyof Table];

type ValuesOf<Table> = {
  readonly [Key in Exclude<keyof Table, OptionalKey<Table>>]: ValueOf<Table[Key]>;
} & { readonly [Key in OptionalKey<Table>]?: ValueOf<Table[Key]> };

function codecOf<Table extends Readonly<Record<string, Variable<unknown>>>>(
  table: Table,
): EnvironmentCodec<ValuesOf<Table>> {
  const variables = Object.entries<Variable<unknown>>(table);
  return {
    encode(settings) {
      const values: Readonly<Record<string, unknown>> = settings;
      const written = variables.flatMap(([key, variable]) => {
        const text = variable.write(values[key]);
        return text === undefined ? [] : [[variable.name, text] as const];
      });
      return Object.fromEntries(written);
    },

    decode(environment) {
      const problems: string[] = [];
      const read = variables.flatMap(([key, variable]) => {
        const text = environment[variable.name];
        const reading = variable.read(text, environment);
        if ('value' in reading) return reading.value === undefined ? [] : [[key, reading.value]];
        const got = text === undefined ? 'none' : `'${text}'`;
        problems.push(`${variable.name} must be ${reading.mustBe}, got ${got}`);
        return [];
      });
      if (problems.length > 0) throw new ArchiverError('INVALID_SETTINGS', problems.join('; '));
      return Object.fromEntries(read);
    },
  };
}

function variable<Value>(
  name: string,
  mustBe: string,
  parse: (text: string) => Value | undefined,
  write: (value: Value) => string = String,
): Variable<Value> {
  return {
    name,
    write,
    read(text) {
      const value = text === undefined ? undefined : parse(text);
      return value === undefined ? { mustBe } : { value };
    },
  };
}

function text(name: string, mustBe: string): Variable<string> {
  return variable(name, mustBe, (given) => given || undefined);
}

function optionalText(name: string): Variable<string | undefined> {
  return { name, write: (value) => value, read: (given) => ({ value: given || undefined }) };
}

function oneOf<Value extends string>(name: string, values: readonly Value[]): Variable<Value> {
  const mustBe = `one of ${values.join(', ')}`;
  return variable(name, mustBe, (given) => values.find((value) => value === given));
}

function flag(name: string): Variable<boolean> {
  const { read } = oneOf(name, ['true', 'false']);
  return {
    name,
    write: String,
    read(given, environment) {
      const reading = read(given, environment);
      return 'value' in reading ? { value: reading.value === 'true' } : reading;
    },
  };
}

function wholeNumber(name: string, { min, max }: SettingRange): Variable<number> {
  return variable(name, `a whole number from ${min} to ${max}`, (given) => {
    const value = Number(given);
    return /^\d+$/.test(given) && value >= min && value <= max ? value : undefined;
  });
}

function optionalWholeNumber(name: string, range: SettingRange): Variable<number | undefined> {
  const { read } = wholeNumber(name, range);
  return {
    name,
    write: (value) => (value === undefined ? undefined : String(value)),
    read: (given, environment) =>
      given === undefined ? { value: undefined } : read(given, environment),
  };
}

function serverList(name: string): Variable<readonly string[]> {
  const mustBe = 'one or more host:port, separated by commas';
  return variable(
    name,
    mustBe,
    (given) => {
      const servers = given.split(',');
      return servers.every((server) => /^[^\s:]+:\d{1,5}$/.test(server)) ? servers : undefined;
    },
    (servers) => servers.join(),
  );
}

/** The level of the compression in the same environment, which has a range of its own. */
function levelOf(name: string): Variable<number | undefined> {
  return {
    name,
    write: (level) => (level === undefined ? undefined : String(level)),
    read(given, environment) {
      const kind = compressions.find((each) => each === environment[compression.name]);
      if (kind === undefined || kind === 'none') return { value: undefined };
      return wholeNumber(name, compressionLevels[kind]).read(given, environment);
    },
  };
}

function json<Value>(
  name: string,
  mustBe: string,
  isValue: (value: unknown) => value is Value,
): Variable<Value> {
  const parse = (given: string) => {
    try {
      const value: unknown = JSON.parse(given);
      return isValue(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
  return variable(name, mustBe, parse, JSON.stringify);
}

/** Left out if it is {}, since the environment of a function holds 4 KB in all. */
function encodings(name: string): Variable<TopicEncodings> {
  const mustBe = `a JSON object of topics, each with one of ${byteEncodings.join(', ')}`;
  const { read, write } = json(name, mustBe, isTopicEncodings);
  return {
    name,
    write: (value) => (Object.keys(value).length === 0 ? undefined : write(value)),
    read: (given = '{}', environment) => read(given, environment),
  };
}

/** Never refused: Powertools accepts further levels, which an operator may set by hand. */
function powertoolsLogLevel(): Variable<LogLevel> {
  return {
    name: 'POWERTOOLS_LOG_LEVEL',
    write: (level) => level.toUpperCase(),
    read: (given = '') => ({
      value: logLevels.find((level) => level === given.toLowerCase()) ?? 'info',
    }),
  };
}

function parsePrefix(given: string): string | undefined {
  return given === '' || given.endsWith('/') ? given : undefined;
}

function isMetadata(value: unknown): value is MetadataFields {
  return (
    isObject(value) &&
    Object.values(value).every((field) => field === null || typeof field !== 'object')
  );
}

function isTopicEncodings(value: unknown): value is TopicEncodings {
  return (
    isObject(value) &&
    Object.values(value).every((given) => byteEncodings.some((encoding) => encoding === given))
  );
}
