import { expect, it } from 'vitest';
import { readArchiveSettings } from '../../../lambda/io/settings.ts';
import {
  type ArchiveEnvironmentProps,
  archiveEnvironment,
  replayEnvironment,
} from '../../../lib/functions/function-environment.ts';
import {
  MAX_METADATA_BYTES,
  MAX_OBJECT_PREFIX_BYTES,
} from '../../../lib/settings/settings-schema.ts';

const props: ArchiveEnvironmentProps = {
  archiveBucket: 'bucket',
  objectPrefix: 'example/',
  timeFolder: 'day',
  compression: 'zstd',
  compressionLevel: 7,
  metadata: { env: 'prod', shard: 3, pii: false },
  storageClass: 'STANDARD',
  maxParallelPuts: 8,
  reportBatchItemFailures: true,
  logLevel: 'warn',
  serviceName: 'Audit',
};

it('writes what the function reads', () => {
  expect(readArchiveSettings(archiveEnvironment(props))).toEqual({
    archiveBucket: 'bucket',
    objectPrefix: 'example/',
    timeFolder: 'day',
    compression: 'zstd',
    level: 7,
    metadata: { env: 'prod', shard: 3, pii: false },
    storageClass: 'STANDARD',
    maxParallelPuts: 8,
    reportBatchItemFailures: true,
  });
});

it('writes no level where there is none, and an empty prefix', () => {
  const bare = {
    ...props,
    compression: 'none',
    compressionLevel: undefined,
    objectPrefix: '',
  } as const;

  expect(archiveEnvironment(bare)).not.toHaveProperty('COMPRESSION_LEVEL');
  expect(readArchiveSettings(archiveEnvironment(bare))).toMatchObject({
    compression: 'none',
    objectPrefix: '',
  });
});

it('tells Powertools the level in capitals, and Node to map stack traces', () => {
  expect(archiveEnvironment(props)).toMatchObject({
    POWERTOOLS_LOG_LEVEL: 'WARN',
    POWERTOOLS_SERVICE_NAME: 'Audit',
    NODE_OPTIONS: '--enable-source-maps',
  });
});

it('fits the 4 KB of a function, with everything as long as it can be', () => {
  const frame = JSON.stringify({ a: '' }).length;
  const queueUrl = `https://sqs.ap-southeast-1.amazonaws.com.cn/111122223333/${'q'.repeat(80)}`;
  const environment = replayEnvironment({
    archiveBucket: 'b'.repeat(63),
    objectPrefix: `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES - 1)}/`,
    timeFolder: 'none',
    compression: 'zstd',
    compressionLevel: 19,
    metadata: { a: 'x'.repeat(MAX_METADATA_BYTES - frame) },
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
    // Of CloudFormation, which makes it of the stack's name and that of the resource.
    archiveLogGroup: 'g'.repeat(128 + '-ArchiveFunctionLogGroup3A1FC027-0123456789ab'.length),
  });
  expect(Buffer.byteLength(JSON.stringify(environment))).toBeLessThanOrEqual(4096);
});
