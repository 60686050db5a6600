import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { EmulatedFunction } from '../local/lambda/function.ts';
import { archiveFunction, replayFunction } from '../local/lambda/local-functions.ts';
import { s3ClientOf } from '../local/s3-client.ts';
import type { CreatedObject } from '../local/s3-server/operation.ts';
import { type S3RequestInfo, type S3Server, startS3Server } from '../local/s3-server/server.ts';
import type { ServerFault } from '../local/server-fault.ts';
import { type Mode, modes } from './cell.ts';

/** Folders of the functions' bundles. */
export type CodeFolders = Readonly<Record<'archive' | 'archive-firehose' | 'replay', string>>;

/** Bundles the functions, into `dist/` or below another folder. */
export function bundleFunctions(folder?: string): CodeFolders {
  const bundle = (entry: keyof CodeFolders) =>
    folder === undefined ? bundleFunction(entry) : bundleFunction(entry, join(folder, entry));
  return {
    archive: bundle('archive'),
    'archive-firehose': bundle('archive-firehose'),
    replay: bundle('replay'),
  };
}

/** Names of the two buckets. */
export const buckets = { archive: 'archive', failed: 'failed' } as const;

/** Seconds: the deadline margin of five, and one for the puts. */
const FUNCTION_TIMEOUT = 6;
/** Milliseconds from the start of an invocation to the deadline of its puts. */
export const PUT_DEADLINE_MS = 1000;
const CONCURRENCY = 16;

/** Decides what goes wrong with a request; may delay. */
export type S3FaultOf = (request: S3RequestInfo) => Promise<ServerFault | undefined>;

/** An S3 server and the bundled function in both modes, used by one scenario after the other. */
export interface World {
  readonly client: S3Client;
  readonly endpoint: string;
  readonly functions: Readonly<Record<Mode, EmulatedFunction>>;
  /** The replay function, without its queues: what it cannot replay fails. */
  readonly replayFunction: EmulatedFunction;
  /** How often each key of the archive was created. */
  readonly created: Map<string, number>;
  /** Of the replay function. */
  readonly replayCodeFolder: string;
  /** Of the archive function that delivers through a stream. */
  readonly firehoseCodeFolder: string;
  /** Where functions log. */
  readonly log: Writable;
  /** Strikes the requests of the scenario that runs. */
  s3Fault: S3FaultOf | undefined;
  /** Told of each entry of the failed-batch bucket: S3's own event. */
  onFailedBatch: ((object: CreatedObject) => void) | undefined;
  close(): Promise<void>;
}

/**
 * Starts a world.
 *
 * @param folder where its objects and logs go
 * @param codeFolders the functions' bundles
 */
export async function startWorld(folder: string, codeFolders: CodeFolders): Promise<World> {
  mkdirSync(folder, { recursive: true });
  const created: World['created'] = new Map();
  let world: World | undefined;
  const s3: S3Server = await startS3Server({
    root: join(folder, 's3'),
    buckets: Object.values(buckets),
    fault: async (request) => world?.s3Fault?.(request),
    onObjectCreated: (object) => {
      const { bucket, key } = object;
      if (bucket === buckets.archive) created.set(key, (created.get(key) ?? 0) + 1);
      else world?.onFailedBatch?.(object);
    },
  });
  const log = createWriteStream(join(folder, 'function.log'));
  const [onDemand, provisioned] = modes.map(
    (mode) =>
      new EmulatedFunction(
        archiveFunction({
          codeFolder: codeFolders.archive,
          s3,
          archiveBucket: buckets.archive,
          objectPrefix: '',
          timeFolder: 'hour',
          compression: 'gzip',
          reportBatchItemFailures: mode === 'provisioned',
          serviceName: 'faults',
          timeoutSeconds: FUNCTION_TIMEOUT,
          log,
        }),
        CONCURRENCY,
      ),
  ) as [EmulatedFunction, EmulatedFunction];
  const nowhere = 'http://127.0.0.1:9';
  const replaying = new EmulatedFunction(
    replayFunction({
      ...{ codeFolder: codeFolders.replay, s3, log },
      ...{ archiveBucket: buckets.archive, failedBatchBucket: buckets.failed },
      ...{ objectPrefix: '', timeFolder: 'hour', compression: 'gzip', serviceName: 'faults' },
      ...{ sqsEndpoint: nowhere, replayQueueUrl: nowhere, deadLetterQueueUrl: nowhere },
      ...{ replayTries: 1, replayRetrySeconds: 1 },
    }),
    1,
  );
  // Who delivers tries again by itself.
  const client = s3ClientOf(s3, 1);
  world = {
    client,
    endpoint: s3.endpoint,
    functions: { 'on-demand': onDemand, provisioned },
    replayFunction: replaying,
    created,
    replayCodeFolder: codeFolders.replay,
    firehoseCodeFolder: codeFolders['archive-firehose'],
    log,
    s3Fault: undefined,
    onFailedBatch: undefined,
    close: async () => {
      client.destroy();
      await Promise.all([onDemand, provisioned, replaying].map((fn) => fn.close()));
      await s3.close();
      log.end();
    },
  };
  return world;
}

/** Waits until something is so. @returns false where it was not in time */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { everyMs, withinMs }: { readonly everyMs: number; readonly withinMs: number },
): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > end) return false;
    await sleep(everyMs);
  }
  return true;
}
