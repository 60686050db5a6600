import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectForm } from '../../lambda/contract.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { EmulatedFunction } from '../local/lambda/function.ts';
import {
  archiveFunction,
  type LocalFunctionOptions,
  replayFunction,
} from '../local/lambda/local-functions.ts';
import { s3ClientOf } from '../local/s3-client.ts';
import type { CreatedObject } from '../local/s3-server/operation.ts';
import { type S3RequestInfo, type S3Server, startS3Server } from '../local/s3-server/server.ts';
import type { ServerFault } from '../local/server-fault.ts';
import type { Mode } from './cell.ts';

/** The folders of the functions' bundles. */
export type CodeFolders = Readonly<Record<'archive' | 'archive-firehose' | 'replay', string>>;

/** Bundles the functions into `dist/`, or into subfolders of another folder. */
export function bundleFunctions(folder?: string): CodeFolders {
  const bundle = (entry: keyof CodeFolders) =>
    folder === undefined ? bundleFunction(entry) : bundleFunction(entry, join(folder, entry));
  return {
    archive: bundle('archive'),
    'archive-firehose': bundle('archive-firehose'),
    replay: bundle('replay'),
  };
}

/** The names of the two buckets. */
export const buckets = { archive: 'archive', failed: 'failed' } as const;

/** Seconds: the deadline margin of five, and one for the PUTs. */
const FUNCTION_TIMEOUT = 6;
/** Milliseconds from the start of an invocation to the deadline of its PUTs. */
export const PUT_DEADLINE_MS = 1000;
/** Seconds for a cold start: on a busy machine it takes longer than in Lambda. */
export const INIT_SECONDS = 600;
const CONCURRENCY = 16;

/** Decides what goes wrong with a request, and may delay it. */
export type S3FaultOf = (request: S3RequestInfo) => Promise<ServerFault | undefined>;

/** The functions that make objects of one form; their processes start with the first invocation. */
export interface WorldFunctions {
  /** The archive function in each mode. */
  readonly archive: Readonly<Record<Mode, EmulatedFunction>>;
  /** The replay function without its queues, so that it fails for a batch that it cannot replay. */
  readonly replay: EmulatedFunction;
}

/** An S3 server and the bundled functions, which scenarios use one after another. */
export interface World {
  readonly client: S3Client;
  readonly endpoint: string;
  readonly functions: Readonly<Record<ObjectForm, WorldFunctions>>;
  /** How many times each key of the archive was created. */
  readonly created: Map<string, number>;
  /** The folder of the replay function's bundle. */
  readonly replayCodeFolder: string;
  /** The folder of the bundle that delivers through a stream. */
  readonly firehoseCodeFolder: string;
  /** Receives the functions' logs. */
  readonly log: Writable;
  /** The faults of the current scenario's S3 requests. */
  s3Fault: S3FaultOf | undefined;
  /** Receives S3's event for each new object in the failed-batch bucket. */
  onFailedBatch: ((object: CreatedObject) => void) | undefined;
  close(): Promise<void>;
}

/**
 * Starts the server and the functions.
 *
 * @param folder the folder for objects and logs
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
  const functionsOf = (objectOf: ObjectForm) => createFunctions(objectOf, { codeFolders, log, s3 });
  const functions = { batch: functionsOf('batch'), partition: functionsOf('partition') };
  // One attempt, because the on-failure destination retries.
  const client = s3ClientOf(s3, 1);
  world = {
    client,
    endpoint: s3.endpoint,
    functions,
    created,
    replayCodeFolder: codeFolders.replay,
    firehoseCodeFolder: codeFolders['archive-firehose'],
    log,
    s3Fault: undefined,
    onFailedBatch: undefined,
    close: async () => {
      client.destroy();
      const all = Object.values(functions).flatMap(({ archive, replay }) => [
        ...Object.values(archive),
        replay,
      ]);
      await Promise.all(all.map((fn) => fn.close()));
      await s3.close();
      await new Promise<void>((resolve) => log.end(() => resolve()));
    },
  };
  return world;
}

function createFunctions(
  objectOf: ObjectForm,
  given: { readonly codeFolders: CodeFolders; readonly log: Writable; readonly s3: S3Server },
): WorldFunctions {
  const { codeFolders, log, s3 } = given;
  const common: Omit<LocalFunctionOptions, 'codeFolder'> = {
    ...{ s3, log, objectOf, archiveBucket: buckets.archive, initSeconds: INIT_SECONDS },
    ...{ objectPrefix: '', timeFolder: 'hour', compression: 'gzip', serviceName: 'faults' },
  };
  const archive = (mode: Mode) =>
    new EmulatedFunction(
      archiveFunction({
        ...{ ...common, codeFolder: codeFolders.archive, timeoutSeconds: FUNCTION_TIMEOUT },
        reportBatchItemFailures: mode === 'provisioned',
      }),
      CONCURRENCY,
    );
  const nowhere = 'http://127.0.0.1:9';
  return {
    archive: { 'on-demand': archive('on-demand'), provisioned: archive('provisioned') },
    replay: new EmulatedFunction(
      replayFunction({
        ...{ ...common, codeFolder: codeFolders.replay, failedBatchBucket: buckets.failed },
        ...{ sqsEndpoint: nowhere, replayQueueUrl: nowhere, deadLetterQueueUrl: nowhere },
        ...{ replayTries: 1, replayRetrySeconds: 1 },
      }),
      1,
    ),
  };
}

/**
 * Milliseconds without any progress after which a scenario counts as unfinished. Far more than one step needs on a busy
 * machine, so that no outcome depends on its load.
 */
export const STALL_MS = 5 * 60_000;

/** How to wait for a scenario. */
export interface Wait {
  /** Milliseconds between two polls. */
  readonly everyMs: number;
  /** A number that changes with every step of the scenario, and not without one. @default - it has one step */
  readonly steps?: () => number;
  /** Milliseconds for each step. @default {@link STALL_MS} */
  readonly withinMs?: number;
}

/** Polls until something is true. @returns false if it was not, and no step was made for too long */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  { everyMs, steps = () => 0, withinMs = STALL_MS }: Wait,
): Promise<boolean> {
  let [done, since] = [steps(), Date.now()];
  while (!(await isTrue())) {
    if (steps() !== done) [done, since] = [steps(), Date.now()];
    else if (Date.now() - since > withinMs) return false;
    await sleep(everyMs);
  }
  return true;
}
