import type { ArchiveSettings } from '../archive-handler.ts';
import {
  compressionLevels,
  compressions,
  environmentNames as names,
  type SettingRange,
  settingRanges,
  storageClasses,
  timeFolders,
} from '../contract.ts';
import { ArchiverError } from '../core/errors.ts';
import type { MetadataFields } from '../core/record/enrichment.ts';
import type { ObjectDeliverySettings } from '../object-delivery.ts';
import type { ReplaySettings } from '../replay-handler.ts';
import type { S3ObjectStoreOptions } from './s3-object-store.ts';
import type { ReplayQueueUrls } from './sqs-replay-queue.ts';

/** What both functions read from their environment: where objects go, and what they are like. */
export interface StoreSettings extends ObjectDeliverySettings, S3ObjectStoreOptions {}

/**
 * Reads the archive function's environment, which the construct writes whole.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`, naming every variable that is missing or out of range
 */
export function readArchiveSettings(
  environment: NodeJS.ProcessEnv,
): StoreSettings & ArchiveSettings {
  const reader = new Reader(environment);
  return reader.checked({
    ...readStoreSettings(reader),
    reportBatchItemFailures:
      reader.oneOf(names.reportBatchItemFailures, ['true', 'false']) === 'true',
  });
}

/** Whom the replay function tells of dead letters. */
export interface NotifierSettings {
  readonly serviceName: string;
  readonly archiveLogGroup: string | undefined;
  /** Not set, nobody. */
  readonly alarmTopicArn: string | undefined;
}

/**
 * Reads the replay function's environment, which the construct writes whole.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`, naming every variable that is missing or out of range
 */
export function readReplaySettings(
  environment: NodeJS.ProcessEnv,
): StoreSettings & ReplaySettings & ReplayQueueUrls & NotifierSettings {
  const reader = new Reader(environment);
  return reader.checked({
    ...readStoreSettings(reader),
    failedBatchBucket: reader.text(names.failedBatchBucket, 'the name of a bucket'),
    replayQueueUrl: reader.text(names.replayQueueUrl, 'the URL of a queue'),
    deadLetterQueueUrl: reader.text(names.deadLetterQueueUrl, 'the URL of a queue'),
    replayTries: reader.wholeNumber(names.replayTries, settingRanges.replayTries),
    replayRetrySeconds: reader.wholeNumber(
      names.replayRetrySeconds,
      settingRanges.replayRetrySeconds,
    ),
    serviceName: reader.text(names.serviceName, 'the name of the stack'),
    alarmTopicArn: reader.optionalText(names.alarmTopicArn),
    archiveLogGroup: reader.optionalText(names.archiveLogGroup),
  });
}

/**
 * The name of the delivery stream, with the delivery `firehose`.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where there is none
 */
export function readDeliveryStream(environment: NodeJS.ProcessEnv): string {
  const reader = new Reader(environment);
  const stream = reader.text(names.deliveryStream, 'the name of a delivery stream');
  return reader.checked({ stream }).stream;
}

function readStoreSettings(reader: Reader): StoreSettings {
  const compression = reader.oneOf(names.compression, compressions);
  return {
    archiveBucket: reader.text(names.archiveBucket, 'the name of a bucket'),
    objectPrefix: reader.read(names.objectPrefix, parsePrefix, "empty or end in '/'"),
    timeFolder: reader.oneOf(names.timeFolder, timeFolders),
    compression,
    level:
      compression === undefined || compression === 'none'
        ? 0
        : reader.wholeNumber(names.compressionLevel, compressionLevels[compression]),
    metadata: reader.read(
      names.metadata,
      parseMetadata,
      'a JSON object of text, numbers and booleans',
    ),
    storageClass: reader.oneOf(names.storageClass, storageClasses),
    maxParallelPuts: reader.wholeNumber(names.maxParallelPuts, settingRanges.maxParallelPuts),
  };
}

/** Reads variables, and notes what is wrong with them. */
export class Reader {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** A variable's value; of no use where {@link checked} then throws. */
  read<Value>(name: string, parse: (text: string) => Value | undefined, wanted: string): Value {
    const text = this.#environment[name];
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) {
      const got = text === undefined ? 'none' : `'${text}'`;
      this.#problems.push(`${name} must be ${wanted}, got ${got}`);
    }
    return value as Value;
  }

  text(name: string, wanted: string): string {
    return this.read(name, (text) => text || undefined, wanted);
  }

  optionalText(name: string): string | undefined {
    return this.#environment[name] || undefined;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value {
    const find = (text: string) => values.find((value) => value === text);
    return this.read(name, find, `one of ${values.join(', ')}`);
  }

  wholeNumber(name: string, { min, max }: SettingRange): number {
    const parse = (text: string) => parseWholeNumber(text, min, max);
    return this.read(name, parse, `a whole number from ${min} to ${max}`);
  }

  /** The settings, if nothing was wrong with any variable. */
  checked<Settings extends object>(settings: Settings): Readonly<Settings> {
    if (this.#problems.length > 0) {
      throw new ArchiverError('INVALID_SETTINGS', this.#problems.join('; '));
    }
    return Object.freeze(settings);
  }
}

function parseWholeNumber(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
}

function parsePrefix(text: string): string | undefined {
  return text === '' || text.endsWith('/') ? text : undefined;
}

function parseMetadata(text: string): MetadataFields | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    const isFlat =
      typeof fields === 'object' &&
      fields !== null &&
      !Array.isArray(fields) &&
      Object.values(fields).every((value) => value === null || typeof value !== 'object');
    return isFlat ? (fields as MetadataFields) : undefined;
  } catch {
    return undefined;
  }
}
