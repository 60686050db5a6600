import type { Writable } from 'node:stream';
import {
  type Compression,
  compressionLevels,
  type ObjectForm,
  settingRanges,
  type TopicEncodings,
} from '../../../lambda/contract.ts';
import {
  type ArchiveEnvironment,
  archiveEnvironment,
  type ReplayEnvironment,
  replayEnvironment,
  type StoreEnvironment,
} from '../../../lambda/environment.ts';
import type { S3Access } from '../s3-client.ts';
import { type FunctionConfiguration, functionArn } from './execution-environment.ts';

/** A delivery stream of a local Firehose server. */
export interface StreamAccess {
  readonly endpoint: string;
  readonly name: string;
}

/** Options of both functions; everything else is as in the default stack. */
export interface LocalFunctionOptions
  extends Pick<StoreEnvironment, 'archiveBucket' | 'objectPrefix' | 'timeFolder' | 'serviceName'> {
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
  readonly compression: Compression;
  /** @default - the stack's, `batch` */
  readonly objectOf?: ObjectForm | undefined;
  /** @default - the stack's, {} */
  readonly keyEncoding?: TopicEncodings | undefined;
  /** @default - the stack's, {} */
  readonly valueEncoding?: TopicEncodings | undefined;
  readonly s3: S3Access;
  /** For bundles that deliver through a stream. @default - none */
  readonly stream?: StreamAccess | undefined;
  /** Receives the function's output. */
  readonly log: Writable;
  /** @default - the stack's */
  readonly timeoutSeconds?: number;
  /** Limit of a cold start. @default - that of Lambda */
  readonly initSeconds?: number | undefined;
  /** @default - the emulator's runtime */
  readonly runtimeCommand?: readonly string[] | undefined;
  /** Clock of the emulator's runtime, in epoch milliseconds. @default - the system's */
  readonly now?: () => number;
}

/** Options of the archive function. */
export interface ArchiveFunctionOptions
  extends LocalFunctionOptions,
    Pick<ArchiveEnvironment, 'reportBatchItemFailures'> {}

/** Options of the replay function. */
export interface ReplayFunctionOptions
  extends LocalFunctionOptions,
    Pick<
      ReplayEnvironment,
      | 'failedBatchBucket'
      | 'replayQueueUrl'
      | 'deadLetterQueueUrl'
      | 'replayTries'
      | 'replayRetrySeconds'
    > {
  /** Endpoint of a local SQS server. */
  readonly sqsEndpoint: string;
}

/** The ARN of the archive function. */
export const ARCHIVE_FUNCTION_ARN = functionArn('archive');

/** The archive function as the stack would deploy it, with a local S3 server. */
export function archiveFunction(options: ArchiveFunctionOptions): FunctionConfiguration {
  const { reportBatchItemFailures } = options;
  return localFunction('archive', options, {
    timeoutSeconds: settingRanges.timeoutSeconds.default,
    environment: archiveEnvironment.encode({
      ...storeEnvironment(options),
      reportBatchItemFailures,
    }),
  });
}

/** The replay function as the stack would deploy it, with local S3 and SQS servers. */
export function replayFunction(options: ReplayFunctionOptions): FunctionConfiguration {
  const { deadLetterQueueUrl, failedBatchBucket, replayQueueUrl } = options;
  const { replayRetrySeconds, replayTries, sqsEndpoint } = options;
  return localFunction('replay', options, {
    timeoutSeconds: settingRanges.replayTimeoutSeconds.default,
    environment: {
      ...replayEnvironment.encode({
        ...storeEnvironment(options),
        ...{ deadLetterQueueUrl, failedBatchBucket, replayQueueUrl },
        ...{ replayRetrySeconds, replayTries },
      }),
      AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    },
  });
}

function storeEnvironment(options: LocalFunctionOptions): StoreEnvironment {
  const { archiveBucket, compression, objectPrefix, serviceName, stream, timeFolder } = options;
  const { keyEncoding = {}, objectOf = 'batch', valueEncoding = {} } = options;
  return {
    ...{ archiveBucket, compression, objectPrefix, serviceName, timeFolder },
    ...{ keyEncoding, objectOf, valueEncoding },
    ...(stream && { deliveryStream: stream.name }),
    ...(compression !== 'none' && { compressionLevel: compressionLevels[compression].default }),
    metadata: { env: serviceName },
    storageClass: 'STANDARD',
    maxParallelPuts: settingRanges.maxParallelPuts.default,
    logLevel: 'info',
  };
}

function localFunction(
  name: string,
  options: LocalFunctionOptions,
  stack: Pick<FunctionConfiguration, 'environment' | 'timeoutSeconds'>,
): FunctionConfiguration {
  const { codeFolder, initSeconds, log, now, runtimeCommand, s3, stream, timeoutSeconds } = options;
  return {
    name,
    codeFolder,
    handler: 'index.handler',
    timeoutSeconds: timeoutSeconds ?? stack.timeoutSeconds,
    memoryMiB: settingRanges.memoryMiB.default,
    log,
    ...(initSeconds !== undefined && { initSeconds }),
    ...(runtimeCommand && { runtimeCommand }),
    ...(now && { now }),
    environment: {
      ...stack.environment,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      ...(stream && { AWS_ENDPOINT_URL_FIREHOSE: stream.endpoint }),
      ...(s3.credentials && {
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      }),
    },
  };
}
