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
import type { S3Access } from '../s3-client.ts';
import { startS3Server } from '../s3-server/server.ts';
import type { EmulateFailed, EmulateOptions } from './options.ts';
import type { EmulateDeps } from './run.ts';

/** Where objects and failed batches go, and the way of the latter back. */
export interface Storage {
  readonly s3: S3Access;
  /** As a user is told. */
  readonly place: string;
  /** @default - there is no failed bucket */
  readonly failedBatches?: FailedBatches;
  /** What an on-failure destination tells of its entries, where the S3 server tells nobody. */
  readonly announce?: FailedBatches['announce'];
  /** Finishes what is in the replay function, and ends all. */
  close(): Promise<void>;
}

/** What storage needs of the emulator. */
export type StorageDeps = Pick<EmulateDeps, 'bundle' | 'environment' | 'now' | 'print'>;

/** Seconds that a message is hidden, as by the stack's default. */
const VISIBILITY = VISIBILITY_TIMEOUTS * settingRanges.replayTimeoutSeconds.default;

/** What both functions are told. */
export function functionPlace(
  { bucket, compression, objectPrefix, timeFolder }: EmulateOptions,
  s3: S3Access,
): Omit<LocalFunctionOptions, 'codeFolder' | 'log'> {
  const place = { compression, objectPrefix, timeFolder, archiveBucket: bucket };
  return { ...place, s3, serviceName: 'emulator' };
}

/**
 * Opens an S3 server, and where failed batches are kept, has those replayed that were not yet.
 *
 * @param observe told of failed batches
 * @throws {ArchiverError} `INVALID_SETTINGS` for a server, bucket, log or port that cannot be used
 */
export async function openStorage(
  options: EmulateOptions,
  deps: StorageDeps,
  observe: FailedBatchesOptions['observe'],
): Promise<Storage> {
  const { failed } = options;
  const opened = await openS3(options, deps);
  const { close, s3 } = opened;
  if (failed === undefined) return opened;
  try {
    const failedBatches = await startReplay(failed, { options, deps, s3, observe });
    const { announce } = failedBatches;
    opened.onFailed = announce;
    return {
      ...{ s3, place: opened.place, failedBatches },
      ...(opened.isOwn ? {} : { announce }),
      async close() {
        await failedBatches.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An S3 server, before failed batches have their way back. */
interface OpenedS3 extends Storage {
  /** Whether it is the emulator's, which tells of new failed batches. */
  readonly isOwn: boolean;
  onFailed?: FailedBatches['announce'];
}

async function openS3(
  { bucket, failed, out, s3Endpoint }: EmulateOptions,
  { environment }: StorageDeps,
): Promise<OpenedS3> {
  if (s3Endpoint !== undefined) {
    const s3 = accessOf(s3Endpoint, environment);
    const place = `${bucket} at ${s3Endpoint}`;
    return { s3, place, isOwn: false, close: () => Promise.resolve() };
  }
  const server = await startS3Server({
    root: out,
    buckets: failed ? [bucket, failed.bucket] : [bucket],
    onObjectCreated: (object) => {
      if (object.bucket === failed?.bucket) opened.onFailed?.(object);
    },
  });
  const { endpoint } = server;
  const close = () => server.close();
  const opened: OpenedS3 = { s3: { endpoint }, place: join(out, bucket), isOwn: true, close };
  return opened;
}

function accessOf(endpoint: string, environment: StorageDeps['environment']): S3Access {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const message = '--s3-endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new ArchiverError('INVALID_SETTINGS', message);
  }
  return { endpoint, credentials: { accessKeyId, secretAccessKey } };
}

interface ReplayParts {
  readonly options: EmulateOptions;
  readonly deps: StorageDeps;
  readonly s3: S3Access;
  readonly observe: FailedBatchesOptions['observe'];
}

async function startReplay(
  { bucket, delaySeconds, retrySeconds, sqsPort, tries }: EmulateFailed,
  { deps, observe, options, s3 }: ReplayParts,
): Promise<FailedBatches> {
  const log = openLog(join(options.out, 'replay.log'), 'a');
  const failedBatches = await startFailedBatches({
    ...{ ...functionPlace(options, s3), observe, now: deps.now, failedBatchBucket: bucket },
    ...{ delaySeconds, replayRetrySeconds: retrySeconds, replayTries: tries },
    ...(sqsPort !== undefined && { port: sqsPort }),
    visibilitySeconds: VISIBILITY,
    codeFolder: deps.bundle('replay'),
    log,
  }).catch((cause) => {
    throw sqsPort === undefined ? cause : unusable(`--sqs-port ${sqsPort}`, cause);
  });
  const { endpoint, queueUrls } = failedBatches;
  try {
    const restored = await failedBatches.restore();
    deps.print(
      `failed batches go to ${bucket}, and back by ${queueUrls.replay} (SQS at ${endpoint})`,
    );
    if (restored > 0) deps.print(`of earlier runs, ${restored} failed batches are to be replayed`);
    return failedBatches;
  } catch (cause) {
    await failedBatches.close();
    throw unusable(`--failed-bucket ${bucket}`, cause);
  }
}

function unusable(what: string, cause: unknown): ArchiverError {
  // Of a connection that is refused by several addresses, only the code says anything.
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  const why = message || code || String(cause);
  return new ArchiverError('INVALID_SETTINGS', `cannot use ${what}: ${why}`, { cause });
}
