import { describe, expect, it } from 'vitest';
import { readArchiveSettings, readReplaySettings } from '../../../lambda/io/settings.ts';
import {
  archiveEnvironment,
  replayEnvironment,
} from '../../../lib/functions/function-environment.ts';

const props = {
  archiveBucket: 'archive',
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  compression: 'zstd',
  compressionLevel: 3,
  metadata: { env: 'prod', tier: 1, hot: true },
  storageClass: 'STANDARD',
  maxParallelPuts: 16,
  reportBatchItemFailures: true,
  logLevel: 'info',
  serviceName: 'shop',
} as const;

describe('readArchiveSettings', () => {
  it('reads what the construct writes', () => {
    expect(readArchiveSettings(archiveEnvironment(props))).toEqual({
      archiveBucket: 'archive',
      objectPrefix: 'shop/',
      timeFolder: 'hour',
      compression: 'zstd',
      level: 3,
      metadata: { env: 'prod', tier: 1, hot: true },
      storageClass: 'STANDARD',
      maxParallelPuts: 16,
      reportBatchItemFailures: true,
    });
    const { compressionLevel: _, ...plain } = props;
    const none = {
      ...plain,
      compression: 'none',
      objectPrefix: '',
      reportBatchItemFailures: false,
    } as const;
    expect(readArchiveSettings(archiveEnvironment(none))).toMatchObject({
      level: 0,
      objectPrefix: '',
      reportBatchItemFailures: false,
    });
  });

  it.each([
    ['ARCHIVE_BUCKET', '', "the name of a bucket, got ''"],
    ['OBJECT_PREFIX', 'shop', "empty or end in '/', got 'shop'"],
    ['TIME_FOLDER', 'week', "one of hour, day, none, got 'week'"],
    ['COMPRESSION', 'snappy', "one of gzip, zstd, none, got 'snappy'"],
    ['COMPRESSION_LEVEL', '0', "a whole number from 1 to 19, got '0'"],
    ['COMPRESSION_LEVEL', '20', "a whole number from 1 to 19, got '20'"],
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
  ])('refuses %s of %j', (name, value, wanted) => {
    expect(() => readArchiveSettings({ ...archiveEnvironment(props), [name]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTINGS', message: `${name} must be ${wanted}` }),
    );
  });

  it('names every problem at once', () => {
    expect(() => readArchiveSettings({})).toThrow(
      /^COMPRESSION .*; ARCHIVE_BUCKET .*; OBJECT_PREFIX .*; TIME_FOLDER .*; METADATA .*; STORAGE_CLASS .*; MAX_PARALLEL_PUTS .*; REPORT_BATCH_ITEM_FAILURES /,
    );
  });
});

describe('readReplaySettings', () => {
  const replayProps = {
    ...props,
    failedBatchBucket: 'failed',
    replayQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/replay',
    deadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead',
    replayTries: 10,
    replayRetrySeconds: 60,
  };

  it('reads what the construct writes: the object settings of the archive, and its own', () => {
    const { reportBatchItemFailures: _, ...store } = readArchiveSettings(archiveEnvironment(props));
    expect(readReplaySettings(replayEnvironment(replayProps))).toEqual({
      ...store,
      failedBatchBucket: 'failed',
      replayQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/replay',
      deadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead',
      replayTries: 10,
      replayRetrySeconds: 60,
      serviceName: 'shop',
      alarmTopicArn: undefined,
      archiveLogGroup: undefined,
    });
  });

  it('reads whom to tell of dead letters, and which log they look at', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const environment = replayEnvironment({
      ...replayProps,
      ...{ alarmTopicArn, archiveLogGroup: 'archive-log' },
    });
    expect(readReplaySettings(environment)).toMatchObject({
      alarmTopicArn,
      archiveLogGroup: 'archive-log',
    });
  });

  it.each([
    ['FAILED_BATCH_BUCKET', '', "the name of a bucket, got ''"],
    ['REPLAY_QUEUE_URL', '', "the URL of a queue, got ''"],
    ['DEAD_LETTER_QUEUE_URL', undefined, 'the URL of a queue, got none'],
    ['POWERTOOLS_SERVICE_NAME', '', "the name of the stack, got ''"],
    ['REPLAY_TRIES', '0', "a whole number from 1 to 150, got '0'"],
    ['REPLAY_TRIES', '151', "a whole number from 1 to 150, got '151'"],
    ['REPLAY_RETRY_SECONDS', '0', "a whole number from 1 to 3600, got '0'"],
    ['REPLAY_RETRY_SECONDS', '3601', "a whole number from 1 to 3600, got '3601'"],
  ])('refuses %s of %j', (name, value, wanted) => {
    expect(() => readReplaySettings({ ...replayEnvironment(replayProps), [name]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTINGS', message: `${name} must be ${wanted}` }),
    );
  });
});
