import { archiveEnvironment } from '../../../lambda/environment.ts';
import { uuid } from '../reset/reset-console.ts';
import type { StackOutput } from '../stacks-server.ts';

/** The environment of the archive function of the stack `Shop`. */
export const archiveVariables = archiveEnvironment.encode({
  ...{ archiveBucket: 'archive', objectPrefix: 'shop/', timeFolder: 'hour', objectOf: 'batch' },
  ...{ keyEncoding: {}, valueEncoding: {}, compression: 'gzip', compressionLevel: 6, metadata: {} },
  ...{ storageClass: 'STANDARD', maxParallelPuts: 4, reportBatchItemFailures: false },
  ...{ logLevel: 'info', serviceName: 'Shop' },
});

/** The outputs of the stack `Shop`, which archives the topic 'orders' and has a bucket for derived data. */
export const shopOutputs: readonly StackOutput[] = [
  { name: 'ArchiveFunctionName', value: 'archive' },
  { name: 'ArchiveBucketName', value: 'archive' },
  { name: 'FailedBatchBucketName', value: 'failed' },
  { name: 'DerivedBucketName', value: 'derived' },
  {
    ...{ name: 'KafkaTriggerMappingIdorders0A1B2C3D', value: uuid },
    description: 'Event source mapping of the topic orders',
  },
];
