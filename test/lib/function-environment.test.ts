import { expect, it } from 'vitest';
import { readArchiveSettings } from '../../lambda/io/settings.ts';
import {
  type ArchiveEnvironmentProps,
  archiveEnvironment,
} from '../../lib/function-environment.ts';

const props: ArchiveEnvironmentProps = {
  archiveBucket: 'bucket',
  objectPrefix: 'example/',
  timeFolder: 'day',
  compression: 'zstd',
  compressionLevel: 7,
  metadata: { env: 'prod', shard: 3, pii: false },
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
