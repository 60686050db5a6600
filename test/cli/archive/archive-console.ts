/**
 * Archives records as the archive function does, into a folder or into the bucket of a local S3 server, and runs the
 * commands that read the archive, with their output captured.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { createArchiveCommand } from '../../../cli/archive-command.ts';
import { run as runCommand } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import type { KafkaEventRecord } from '../../../lambda/core/record/kafka-event.ts';
import { s3ClientOf } from '../../../tools/local/s3-client.ts';
import { type S3ServerOptions, startS3Server } from '../../../tools/local/s3-server/server.ts';
import {
  type AllArchiveSettings,
  archiveHandler,
  archiveParts,
  invocation,
} from '../../helpers/archive-parts.ts';
import { mskEvent, noon } from '../../helpers/kafka-events.ts';

/** An object as the archive function stores it. */
export interface ArchivedObject {
  readonly body: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Objects by their keys. */
export type Objects = ReadonlyMap<string, ArchivedObject>;

/** Archives batches, each in an invocation of its own. */
export async function archived(
  batches: readonly (readonly KafkaEventRecord[])[],
  settings: Partial<AllArchiveSettings> = {},
): Promise<Map<string, ArchivedObject>> {
  const { deps, store } = archiveParts(settings);
  const handler = archiveHandler(deps);
  for (const records of batches) await handler(mskEvent(records), invocation);
  return store.objects;
}

/** Writes objects into a folder that is deleted at the end of the test. @returns the folder */
export function folderOf(objects: Objects): string {
  const folder = mkdtempSync(join(tmpdir(), 'archive-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [key, { body }] of objects) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), body);
  }
  return folder;
}

/** Starts an S3 server whose bucket `archive` has the objects. @returns the flags for it */
export async function bucketOf(objects: Objects, fault?: S3ServerOptions['fault']) {
  const root = mkdtempSync(join(tmpdir(), 'archive-cli-s3-'));
  const s3 = await startS3Server({ root, buckets: ['archive'], ...(fault && { fault }) });
  const client = s3ClientOf(s3);
  onTestFinished(async () => {
    client.destroy();
    await s3.close();
    rmSync(root, { recursive: true });
  });
  for (const [Key, { body: Body, metadata: Metadata }] of objects) {
    await client.send(
      new PutObjectCommand({ Bucket: 'archive', Key, Body, ...(Metadata && { Metadata }) }),
    );
  }
  return ['--bucket', 'archive', '--s3-endpoint', s3.endpoint];
}

/** Runs a command line. @returns its exit code, what it writes, and its lines on standard error */
export async function run(args: readonly string[], given: Partial<Machine> = {}) {
  const written: Buffer[] = [];
  const errors: string[] = [];
  const progress: string[] = [];
  const machine: Machine = {
    ask: undefined,
    environment: {},
    now: () => noon,
    pause: async () => undefined,
    print: (text) => written.push(Buffer.from(`${text}\n`)),
    printError: (text) => errors.push(text),
    write: async (bytes) => {
      written.push(Buffer.from(bytes));
    },
    progress: (text) => progress.push(text),
    stop: new AbortController().signal,
    ...given,
  };
  const code = await runCommand(createArchiveCommand(machine), args, machine);
  return { code, out: Buffer.concat(written).toString(), errors, progress };
}

/** Runs a command line of words without spaces on a folder. */
export async function runOn(folder: string, line: string, given: Partial<Machine> = {}) {
  const { progress: _, ...result } = await run([...line.split(' '), '--local', folder], given);
  return result;
}
