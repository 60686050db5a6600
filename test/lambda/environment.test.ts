import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auditRanges,
  authentications,
  byteEncodings,
  compressionLevels,
  deliveries,
  logLevels,
  objectForms,
  type SettingRange,
  settingRanges,
  storageClasses,
  timeFolders,
} from '../../lambda/contract.ts';
import {
  type ArchiveEnvironment,
  type AuditEnvironment,
  archiveEnvironment,
  auditEnvironment,
  type ReplayEnvironment,
  replayEnvironment,
  streamEnvironment,
} from '../../lambda/environment.ts';
import { MAX_OPERATOR_FLAGS } from '../../lib/archive-name.ts';
import {
  MAX_ENCODING_BYTES,
  MAX_METADATA_BYTES,
  MAX_OBJECT_PREFIX_BYTES,
} from '../../lib/settings/object-settings.ts';

const archive: ArchiveEnvironment = {
  archiveBucket: 'archive',
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  objectOf: 'batch',
  keyEncoding: { payments: 'base64' },
  valueEncoding: { orders: 'text', '*': 'base64' },
  compression: 'zstd',
  compressionLevel: 3,
  metadata: { env: 'prod', tier: 1, hot: true },
  storageClass: 'STANDARD',
  maxParallelPuts: 16,
  reportBatchItemFailures: true,
  logLevel: 'warn',
  serviceName: 'shop',
};
const { reportBatchItemFailures: _, ...store } = archive;
const replay: ReplayEnvironment = {
  ...store,
  failedBatchBucket: 'failed',
  replayQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/replay',
  deadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead',
  replayTries: 10,
  replayRetrySeconds: 60,
};
const audit: AuditEnvironment = {
  archiveBucket: 'archive',
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  failedBatchBucket: 'failed',
  derivedBucket: 'derived',
  delivery: 's3',
  bootstrapServers: ['b-1.shop.kafka.eu-west-1.amazonaws.com:9098', 'b-2.shop:9098'],
  authentication: 'IAM',
  fullListingDays: 7,
  auditReadsObjects: false,
  autoHealRecords: 0,
  logLevel: 'info',
  serviceName: 'shop',
};

/** Any settings that the schema allows, for one function. */
const someText = fc.string({ minLength: 1, unit: 'grapheme' });
const within = ({ min, max }: SettingRange) => fc.integer({ min, max });
const field = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const level = fc.oneof(
  fc.constant({ compression: 'none' } as const),
  fc.record({
    compression: fc.constant('gzip' as const),
    compressionLevel: within(compressionLevels.gzip),
  }),
  fc.record({
    compression: fc.constant('zstd' as const),
    compressionLevel: within(compressionLevels.zstd),
  }),
);
const encodings = fc.dictionary(
  fc.string({ minLength: 1 }).filter((topic) => topic !== '__proto__'),
  fc.constantFrom(...byteEncodings),
  { noNullPrototype: true },
);
const storeFields = {
  archiveBucket: someText,
  objectPrefix: fc.oneof(
    fc.constant(''),
    fc.string().map((path) => `${path}/`),
  ),
  timeFolder: fc.constantFrom(...timeFolders),
  objectOf: fc.constantFrom(...objectForms),
  keyEncoding: encodings,
  valueEncoding: encodings,
  metadata: fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    field,
    { noNullPrototype: true },
  ),
  storageClass: fc.constantFrom(...storageClasses),
  deliveryStream: fc.option(someText, { nil: undefined }),
  maxParallelPuts: within(settingRanges.maxParallelPuts),
  logLevel: fc.constantFrom(...logLevels),
  serviceName: someText,
};

describe('the environment of the functions', () => {
  it('decodes what it encodes, for the archive function', () => {
    const own = fc.record({ ...storeFields, reportBatchItemFailures: fc.boolean() });
    fc.assert(
      fc.property(own, level, (given, chosen) => {
        const settings = { ...given, ...chosen };
        expect(archiveEnvironment.decode(archiveEnvironment.encode(settings))).toEqual(settings);
      }),
    );
  });

  it('decodes what it encodes, for the replay function', () => {
    const own = fc.record({
      ...storeFields,
      failedBatchBucket: someText,
      replayQueueUrl: someText,
      deadLetterQueueUrl: someText,
      replayTries: within(settingRanges.replayTries),
      replayRetrySeconds: within(settingRanges.replayRetrySeconds),
      alarmTopicArn: fc.option(someText, { nil: undefined }),
      archiveLogGroup: fc.option(someText, { nil: undefined }),
      operatorFlags: fc.option(someText, { nil: undefined }),
    });
    fc.assert(
      fc.property(own, level, (given, chosen) => {
        const settings = { ...given, ...chosen };
        expect(replayEnvironment.decode(replayEnvironment.encode(settings))).toEqual(settings);
      }),
    );
  });

  it('decodes what it encodes, for the audit', () => {
    const optional = (setting: fc.Arbitrary<string>) => fc.option(setting, { nil: undefined });
    const port = fc.integer({ min: 1, max: 65_535 });
    const own = fc.record({
      ...{ archiveBucket: someText, failedBatchBucket: someText, derivedBucket: someText },
      ...{ objectPrefix: storeFields.objectPrefix, timeFolder: storeFields.timeFolder },
      ...{ logLevel: storeFields.logLevel, serviceName: someText },
      delivery: fc.constantFrom(...deliveries),
      bootstrapServers: fc.array(
        fc.tuple(fc.domain(), port).map((pair) => pair.join(':')),
        { minLength: 1 },
      ),
      clusterArn: optional(someText),
      authentication: fc.constantFrom(...authentications, 'NONE' as const),
      secretArn: optional(someText),
      rootCaSecretArn: optional(someText),
      fullListingDays: within(auditRanges.fullListingDays),
      auditReadsObjects: fc.boolean(),
      expirationDays: fc.option(within(auditRanges.expirationDays), { nil: undefined }),
      autoHealRecords: within(auditRanges.autoHealRecords),
      operatorFlags: optional(someText),
    });
    fc.assert(
      fc.property(own, (settings) => {
        expect(auditEnvironment.decode(auditEnvironment.encode(settings))).toEqual(settings);
      }),
    );
  });

  it('has the variables that deployed functions have', () => {
    const arns = { clusterArn: 'arn:msk', secretArn: 'arn:secret', rootCaSecretArn: 'arn:ca' };
    expect(
      auditEnvironment.encode({ ...audit, ...arns, expirationDays: 30, operatorFlags: '-s' }),
    ).toEqual({
      ARCHIVE_BUCKET: 'archive',
      OBJECT_PREFIX: 'shop/',
      TIME_FOLDER: 'hour',
      FAILED_BATCH_BUCKET: 'failed',
      DERIVED_BUCKET: 'derived',
      DELIVERY: 's3',
      BOOTSTRAP_SERVERS: 'b-1.shop.kafka.eu-west-1.amazonaws.com:9098,b-2.shop:9098',
      CLUSTER_ARN: 'arn:msk',
      AUTHENTICATION: 'IAM',
      SECRET_ARN: 'arn:secret',
      ROOT_CA_SECRET_ARN: 'arn:ca',
      FULL_LISTING_DAYS: '7',
      AUDIT_READS_OBJECTS: 'false',
      EXPIRATION_DAYS: '30',
      AUTO_HEAL_RECORDS: '0',
      OPERATOR_FLAGS: '-s',
      POWERTOOLS_LOG_LEVEL: 'INFO',
      POWERTOOLS_SERVICE_NAME: 'shop',
    });
    expect(archiveEnvironment.encode(archive)).toEqual({
      ARCHIVE_BUCKET: 'archive',
      OBJECT_PREFIX: 'shop/',
      TIME_FOLDER: 'hour',
      OBJECT_OF: 'batch',
      KEY_ENCODING: '{"payments":"base64"}',
      VALUE_ENCODING: '{"orders":"text","*":"base64"}',
      COMPRESSION: 'zstd',
      COMPRESSION_LEVEL: '3',
      METADATA: '{"env":"prod","tier":1,"hot":true}',
      STORAGE_CLASS: 'STANDARD',
      MAX_PARALLEL_PUTS: '16',
      REPORT_BATCH_ITEM_FAILURES: 'true',
      POWERTOOLS_LOG_LEVEL: 'WARN',
      POWERTOOLS_SERVICE_NAME: 'shop',
    });
    const { REPORT_BATCH_ITEM_FAILURES: _, ...shared } = archiveEnvironment.encode(archive);
    const links = { alarmTopicArn: 'topic', archiveLogGroup: 'log', deliveryStream: 'stream' };
    const operatorFlags = '--stack Shop --archive Orders';
    expect(replayEnvironment.encode({ ...replay, ...links, operatorFlags })).toEqual({
      OPERATOR_FLAGS: operatorFlags,
      ...shared,
      DELIVERY_STREAM: 'stream',
      FAILED_BATCH_BUCKET: 'failed',
      REPLAY_QUEUE_URL: replay.replayQueueUrl,
      DEAD_LETTER_QUEUE_URL: replay.deadLetterQueueUrl,
      REPLAY_TRIES: '10',
      REPLAY_RETRY_SECONDS: '60',
      ALARM_TOPIC_ARN: 'topic',
      ARCHIVE_LOG_GROUP: 'log',
    });
  });

  it('leaves out the variables of settings that are undefined, and of encodings that are {}', () => {
    const none = {
      ...replay,
      compression: 'none',
      compressionLevel: undefined,
      keyEncoding: {},
      valueEncoding: {},
    } as const;
    const names = Object.keys(replayEnvironment.encode(none));
    const optional = [
      'KEY_ENCODING',
      'VALUE_ENCODING',
      'COMPRESSION_LEVEL',
      'DELIVERY_STREAM',
      'ALARM_TOPIC_ARN',
      'ARCHIVE_LOG_GROUP',
    ];
    expect(names.filter((name) => optional.includes(name))).toEqual([]);
  });

  it('treats empty text as undefined where a setting is optional', () => {
    const environment = { ...replayEnvironment.encode(replay), ALARM_TOPIC_ARN: '' };
    expect(replayEnvironment.decode(environment)).not.toHaveProperty('alarmTopicArn');
  });

  it.each<[name: string, value: string | undefined, mustBe: string]>([
    ['ARCHIVE_BUCKET', '', "the name of a bucket, got ''"],
    ['OBJECT_PREFIX', 'shop', "empty or end in '/', got 'shop'"],
    ['TIME_FOLDER', 'week', "one of hour, day, none, got 'week'"],
    ['OBJECT_OF', 'run', "one of batch, partition, got 'run'"],
    ['OBJECT_OF', undefined, 'one of batch, partition, got none'],
    ...['KEY_ENCODING', 'VALUE_ENCODING'].flatMap((name) =>
      ['', '{', '"text"', '[]', '{"orders":"json"}', '{"orders":null}'].map(
        (value): [string, string, string] => [
          name,
          value,
          `a JSON object of topics, each with one of auto, text, base64, got '${value}'`,
        ],
      ),
    ),
    ['COMPRESSION', 'snappy', "one of gzip, zstd, none, got 'snappy'"],
    ['COMPRESSION_LEVEL', '0', "a whole number from 1 to 19, got '0'"],
    ['COMPRESSION_LEVEL', '20', "a whole number from 1 to 19, got '20'"],
    ['COMPRESSION_LEVEL', undefined, 'a whole number from 1 to 19, got none'],
    ['METADATA', '{', "a JSON object of text, numbers and booleans, got '{'"],
    ['METADATA', '[]', "a JSON object of text, numbers and booleans, got '[]'"],
    ['METADATA', '{"a":{}}', `a JSON object of text, numbers and booleans, got '{"a":{}}'`],
    [
      'STORAGE_CLASS',
      'GLACIER',
      "one of STANDARD, STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, got 'GLACIER'",
    ],
    ['MAX_PARALLEL_PUTS', '1.5', "a whole number from 1 to 256, got '1.5'"],
    ['REPORT_BATCH_ITEM_FAILURES', 'yes', "one of true, false, got 'yes'"],
    ['REPORT_BATCH_ITEM_FAILURES', undefined, 'one of true, false, got none'],
    ['POWERTOOLS_SERVICE_NAME', '', "the name of the stack, got ''"],
  ])('refuses %s of %j for the archive function', (name, value, mustBe) => {
    const environment = { ...archiveEnvironment.encode(archive), [name]: value };
    expect(() => archiveEnvironment.decode(environment)).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTINGS', message: `${name} must be ${mustBe}` }),
    );
  });

  it.each([
    ['FAILED_BATCH_BUCKET', '', "the name of a bucket, got ''"],
    ['REPLAY_QUEUE_URL', '', "the URL of a queue, got ''"],
    ['DEAD_LETTER_QUEUE_URL', undefined, 'the URL of a queue, got none'],
    ['REPLAY_TRIES', '0', "a whole number from 1 to 150, got '0'"],
    ['REPLAY_TRIES', '151', "a whole number from 1 to 150, got '151'"],
    ['REPLAY_RETRY_SECONDS', '0', "a whole number from 1 to 3600, got '0'"],
    ['REPLAY_RETRY_SECONDS', '3601', "a whole number from 1 to 3600, got '3601'"],
  ])('refuses %s of %j for the replay function', (name, value, mustBe) => {
    const environment = { ...replayEnvironment.encode(replay), [name]: value };
    expect(() => replayEnvironment.decode(environment)).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTINGS', message: `${name} must be ${mustBe}` }),
    );
  });

  it.each([
    ['DERIVED_BUCKET', '', "the name of a bucket, got ''"],
    ['DELIVERY', 'both', "one of s3, firehose, got 'both'"],
    ['BOOTSTRAP_SERVERS', '', "one or more host:port, separated by commas, got ''"],
    ['BOOTSTRAP_SERVERS', 'a:1,b', "one or more host:port, separated by commas, got 'a:1,b'"],
    ['BOOTSTRAP_SERVERS', 'a:1, b:2', "one or more host:port, separated by commas, got 'a:1, b:2'"],
    ['BOOTSTRAP_SERVERS', undefined, 'one or more host:port, separated by commas, got none'],
    [
      'AUTHENTICATION',
      'SCRAM',
      "one of IAM, SASL_SCRAM_512_AUTH, SASL_SCRAM_256_AUTH, BASIC_AUTH, CLIENT_CERTIFICATE_TLS_AUTH, NONE, got 'SCRAM'",
    ],
    ['FULL_LISTING_DAYS', '0', "a whole number from 1 to 365, got '0'"],
    ['EXPIRATION_DAYS', '0', "a whole number from 1 to 36500, got '0'"],
    ['AUTO_HEAL_RECORDS', '1000001', "a whole number from 0 to 1000000, got '1000001'"],
  ])('refuses %s of %j for the audit', (name, value, mustBe) => {
    const environment = { ...auditEnvironment.encode(audit), [name]: value };
    expect(() => auditEnvironment.decode(environment)).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTINGS', message: `${name} must be ${mustBe}` }),
    );
  });

  it('has a range of levels for each compression', () => {
    const gzip = { ...archiveEnvironment.encode(archive), COMPRESSION: 'gzip' };
    expect(() => archiveEnvironment.decode({ ...gzip, COMPRESSION_LEVEL: '10' })).toThrow(
      "COMPRESSION_LEVEL must be a whole number from 1 to 9, got '10'",
    );
    const none = { ...gzip, COMPRESSION: 'none' };
    expect(archiveEnvironment.decode(none)).not.toHaveProperty('compressionLevel');
  });

  it('names every invalid variable', () => {
    expect(() => archiveEnvironment.decode({})).toThrow(
      /^ARCHIVE_BUCKET must be .+; OBJECT_PREFIX must be .+; TIME_FOLDER .+; REPORT_BATCH_ITEM_FAILURES must be one of true, false, got none$/,
    );
  });

  it('refuses no log level that an operator may set by hand', () => {
    const levelOf = (text?: string) =>
      archiveEnvironment.decode({
        ...archiveEnvironment.encode(archive),
        POWERTOOLS_LOG_LEVEL: text,
      }).logLevel;
    expect([levelOf('debug'), levelOf('SILENT'), levelOf()]).toEqual(['debug', 'info', 'info']);
  });

  it('requires the stream for delivery through Firehose', () => {
    const DELIVERY_STREAM = 'records';
    expect(streamEnvironment.decode({ DELIVERY_STREAM })).toEqual({ deliveryStream: 'records' });
    expect(() => streamEnvironment.decode({})).toThrow(
      'DELIVERY_STREAM must be the name of a delivery stream, got none',
    );
  });

  const inEnvironment = (value: unknown) =>
    Buffer.byteLength(JSON.stringify(JSON.stringify(value)));
  // Short names, so that the quotes around them, which are escaped, are many.
  const encodingsOf = (topics: number) =>
    Object.fromEntries(
      Array.from({ length: topics }, (_, index) => [String(10 + index), 'text' as const]),
    );
  const encodings = { keyEncoding: encodingsOf(50), valueEncoding: encodingsOf(25) };
  const frame = { a: '' };
  const used = [...Object.values(encodings), frame]
    .map(inEnvironment)
    .reduce((sum, bytes) => sum + bytes);
  const longest = MAX_METADATA_BYTES - JSON.stringify(frame).length;

  it.each([
    { metadata: { a: 'x'.repeat(longest) }, keyEncoding: {}, valueEncoding: {} },
    { metadata: { a: 'x'.repeat(MAX_ENCODING_BYTES - used) }, ...encodings },
  ])('fits into the 4 KB of a function with every setting at its longest', (fields) => {
    const queueUrl = `https://sqs.ap-southeast-1.amazonaws.com.cn/111122223333/${'q'.repeat(80)}`;
    const environment = replayEnvironment.encode({
      archiveBucket: 'b'.repeat(63),
      objectPrefix: `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES - 1)}/`,
      timeFolder: 'none',
      objectOf: 'partition',
      ...fields,
      compression: 'zstd',
      compressionLevel: 19,
      storageClass: 'STANDARD',
      maxParallelPuts: 256,
      logLevel: 'error',
      serviceName: 's'.repeat(128),
      failedBatchBucket: 'f'.repeat(63),
      replayQueueUrl: queueUrl,
      deadLetterQueueUrl: queueUrl,
      replayTries: 150,
      replayRetrySeconds: 3600,
      alarmTopicArn: `arn:aws-us-gov:sns:us-gov-west-1:111122223333:${'t'.repeat(256)}`,
      // CloudFormation makes it from the names of the stack and of the resource.
      archiveLogGroup: 'g'.repeat(128 + '-ArchiveFunctionLogGroup3A1FC027-0123456789ab'.length),
      operatorFlags: 'f'.repeat(MAX_OPERATOR_FLAGS),
    });
    expect(Buffer.byteLength(JSON.stringify(environment))).toBeLessThanOrEqual(4096);
  });

  it('fits into the 4 KB of the audit with the longest settings, and the brokers of an MSK cluster', () => {
    const arn = `arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:${'s'.repeat(256)}-1a2b3c`;
    const broker = `b-1-public.${'n'.repeat(64)}.0a1b2c.c12.kafka.us-gov-west-1.amazonaws.com:9198`;
    const environment = auditEnvironment.encode({
      ...audit,
      archiveBucket: 'b'.repeat(63),
      objectPrefix: `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES - 1)}/`,
      failedBatchBucket: 'f'.repeat(63),
      derivedBucket: 'd'.repeat(63),
      delivery: 'firehose',
      bootstrapServers: [broker, broker, broker],
      clusterArn: `arn:aws-us-gov:kafka:us-gov-west-1:111122223333:cluster/${'n'.repeat(64)}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-12`,
      authentication: 'CLIENT_CERTIFICATE_TLS_AUTH',
      ...{ secretArn: arn, rootCaSecretArn: arn },
      ...{ fullListingDays: 365, expirationDays: 36_500, autoHealRecords: 1_000_000 },
      operatorFlags: 'f'.repeat(MAX_OPERATOR_FLAGS),
      logLevel: 'error',
      serviceName: 's'.repeat(128),
    });
    expect(Buffer.byteLength(JSON.stringify(environment))).toBeLessThanOrEqual(4096);
  });
});
