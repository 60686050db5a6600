import type { Writable } from 'node:stream';
import { type Compression, compressionLevels, settingRanges } from '../lambda/contract.ts';
import { type ArchiveEnvironmentProps, archiveEnvironment } from '../lib/function-environment.ts';
import type { FunctionConfiguration } from './lambda/execution-environment.ts';
import type { S3Access } from './s3-client.ts';

/** What a run decides of the archive function; the rest is as the stack deploys it by default. */
export interface ArchiveFunctionOptions
  extends Pick<
    ArchiveEnvironmentProps,
    'archiveBucket' | 'objectPrefix' | 'timeFolder' | 'reportBatchItemFailures' | 'serviceName'
  > {
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
  readonly compression: Compression;
  readonly s3: S3Access;
  /** Where what the function prints goes. */
  readonly log: Writable;
  /** @default - the stack's */
  readonly timeoutSeconds?: number;
  /** @default - the emulator's own runtime */
  readonly runtimeCommand?: readonly string[] | undefined;
}

/** The archive function as the stack would deploy it, before an S3 server of one's own. */
export function archiveFunction(options: ArchiveFunctionOptions): FunctionConfiguration {
  const { codeFolder, compression, log, runtimeCommand, s3, ...given } = options;
  const { timeoutSeconds = settingRanges.timeoutSeconds.default, ...environment } = given;
  return {
    name: 'archive',
    codeFolder,
    handler: 'index.handler',
    timeoutSeconds,
    memoryMiB: settingRanges.memoryMiB.default,
    log,
    ...(runtimeCommand && { runtimeCommand }),
    environment: {
      ...archiveEnvironment({
        ...environment,
        compression,
        ...(compression !== 'none' && {
          compressionLevel: compressionLevels[compression].default,
        }),
        metadata: { env: given.serviceName },
        maxParallelPuts: settingRanges.maxParallelPuts.default,
        logLevel: 'info',
      }),
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      ...(s3.credentials && {
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      }),
    },
  };
}
