import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { EmulatedFunction } from '../emulator/lambda/function.ts';
import { archiveFunction } from '../emulator/local-functions.ts';
import { s3ClientOf } from '../emulator/s3-client.ts';
import { type S3RequestInfo, type S3Server, startS3Server } from '../emulator/s3-server/server.ts';
import type { ServerFault } from '../emulator/server-fault.ts';
import { type Mode, modes } from './cell.ts';

/** Names of the two buckets. */
export const buckets = { archive: 'archive', failed: 'failed' } as const;

/** Seconds: the deadline margin of five, and one for the puts. */
const FUNCTION_TIMEOUT = 6;
/** Milliseconds from the start of an invocation to the deadline of its puts. */
export const PUT_DEADLINE_MS = 1000;
const CONCURRENCY = 16;

/** Decides what goes wrong with a put; may delay. */
export type PutFault = (request: S3RequestInfo) => Promise<ServerFault | undefined>;

/** An S3 server and the bundled function in both modes, used by one scenario after the other. */
export interface World {
  readonly client: S3Client;
  readonly endpoint: string;
  readonly functions: Readonly<Record<Mode, EmulatedFunction>>;
  /** How often each key of the archive was created. */
  readonly created: Map<string, number>;
  /** Strikes the puts of the scenario that runs. */
  putFault: PutFault | undefined;
  close(): Promise<void>;
}

/**
 * Starts a world.
 *
 * @param folder where its objects and logs go
 * @param codeFolder the function's bundle
 */
export async function startWorld(folder: string, codeFolder: string): Promise<World> {
  mkdirSync(folder, { recursive: true });
  const created: World['created'] = new Map();
  let world: World | undefined;
  const s3: S3Server = await startS3Server({
    root: join(folder, 's3'),
    buckets: Object.values(buckets),
    fault: async (request) =>
      request.operation === 'PutObject' ? world?.putFault?.(request) : undefined,
    onObjectCreated: ({ bucket, key }) => {
      if (bucket !== buckets.archive) return;
      created.set(key, (created.get(key) ?? 0) + 1);
    },
  });
  const log = createWriteStream(join(folder, 'function.log'));
  const [onDemand, provisioned] = modes.map(
    (mode) =>
      new EmulatedFunction(
        archiveFunction({
          codeFolder,
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
  // Who delivers tries again by itself.
  const client = s3ClientOf(s3, 1);
  world = {
    client,
    endpoint: s3.endpoint,
    functions: { 'on-demand': onDemand, provisioned },
    created,
    putFault: undefined,
    close: async () => {
      client.destroy();
      await Promise.all([onDemand.close(), provisioned.close()]);
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
