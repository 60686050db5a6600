import { join } from 'node:path';
import { settingRanges } from '../../../lambda/contract.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { VISIBILITY_TIMEOUTS } from '../../../lib/settings/function-settings.ts';
import type { LocalFunctionOptions } from '../lambda/local-functions.ts';
import { openLog } from '../log-file.ts';
import {
  type FailedBatches,
  type FailedBatchesOptions,
  startFailedBatches,
} from '../replay/failed-batches.ts';
import { writeLocalTargets } from '../replay/local-targets.ts';
import type { S3Access } from '../s3-client.ts';
import { startS3Server } from '../s3-server/server.ts';
import type { EmulateOptions } from './options.ts';

/** The S3 server of a run. */
export interface EmulateS3 {
  readonly access: S3Access;
  /** Where the objects are, for the user. */
  readonly place: string;
  close(): Promise<void>;
}

/** Seconds for which a message is hidden: the stack's default. */
const VISIBILITY = VISIBILITY_TIMEOUTS * settingRanges.replayTimeoutSeconds.default;

/** Options that both functions share. */
export function functionOptions(
  options: EmulateOptions,
  s3: S3Access,
): Omit<LocalFunctionOptions, 'codeFolder' | 'log'> {
  const { bucket, compression, objectPrefix, timeFolder } = options;
  const { keyEncoding, objectOf, valueEncoding } = options;
  return {
    ...{ compression, objectPrefix, timeFolder, objectOf, keyEncoding, valueEncoding },
    ...{ archiveBucket: bucket, s3, serviceName: 'emulator' },
  };
}

/**
 * Starts the emulator's S3 server, or connects to the given one.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if the credentials of a given server are missing
 */
export async function openS3(
  { bucket, failedBucket, out, s3Endpoint }: EmulateOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<EmulateS3> {
  if (s3Endpoint === undefined) {
    const buckets = failedBucket === undefined ? [bucket] : [bucket, failedBucket];
    const server = await startS3Server({ root: out, buckets });
    const { endpoint } = server;
    return { access: { endpoint }, place: join(out, bucket), close: () => server.close() };
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const message = '--s3-endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new ArchiverError('INVALID_SETTINGS', message);
  }
  const access = { endpoint: s3Endpoint, credentials: { accessKeyId, secretAccessKey } };
  return { access, place: `${bucket} at ${s3Endpoint}`, close: async () => undefined };
}

/** What the replay of failed batches needs from the run. */
export interface ReplayDeps extends Pick<FailedBatchesOptions, 'now' | 'observe'> {
  /** Folder of the replay function's bundle. */
  readonly codeFolder: string;
  readonly print: (line: string) => void;
}

/**
 * Starts the replay of failed batches with the stack's defaults, including those of earlier runs.
 *
 * @returns undefined if the run keeps no failed batches
 * @throws {ArchiverError} `INVALID_SETTINGS` if the bucket of failed batches or the log cannot be used
 */
export async function startReplay(
  options: EmulateOptions,
  s3: S3Access,
  { print, ...deps }: ReplayDeps,
): Promise<FailedBatches | undefined> {
  const { failedBucket, out } = options;
  if (failedBucket === undefined) return undefined;
  const failedBatches = await startFailedBatches({
    ...{ ...functionOptions(options, s3), ...deps, failedBatchBucket: failedBucket },
    log: openLog(join(out, 'replay.log'), 'a'),
    delaySeconds: settingRanges.replayDelaySeconds.default,
    replayRetrySeconds: settingRanges.replayRetrySeconds.default,
    visibilitySeconds: VISIBILITY,
  });
  try {
    const restored = await failedBatches.restore();
    writeLocalTargets({ out, bucket: failedBucket, s3Endpoint: s3.endpoint }, failedBatches);
    print(`failed batches are kept in ${failedBucket} and replayed; inspect them with:`);
    print(`npm run archive -- status --local ${out}`);
    print(`(S3 server: ${s3.endpoint}, SQS server: ${failedBatches.endpoint})`);
    if (restored > 0) print(`${restored} failed batches of earlier runs will be replayed`);
    return failedBatches;
  } catch (cause) {
    await failedBatches.close();
    // If several addresses refuse a connection, only the error's code is set.
    const { code, message } = cause as { readonly code?: string; readonly message?: string };
    const why = message || code || String(cause);
    const problem = `cannot use --failed-bucket ${failedBucket}: ${why}`;
    throw new ArchiverError('INVALID_SETTINGS', problem, { cause });
  }
}
