/**
 * Runs the commands for failed batches on the S3 and SQS servers of one test, with failed batches as Lambda stores
 * them and dead letters as the replay function sends them, and captures the output.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PutObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { createArchiveCommand } from '../../../cli/archive-command.ts';
import { run as runCommand } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import { deadLetterAttributes } from '../../../lambda/contract.ts';
import {
  parseReplayMessage,
  toReplayMessage,
} from '../../../lambda/core/failed-batch/replay-message.ts';
import { toBatchRecord } from '../../../lambda/core/record/mapping-event.ts';
import type { Discard } from '../../../tools/local/mapping/event-source-mapping.ts';
import { s3Destination } from '../../../tools/local/mapping/on-failure.ts';
import { s3ClientOf } from '../../../tools/local/s3-client.ts';
import { type S3ServerOptions, startS3Server } from '../../../tools/local/s3-server/server.ts';
import { type SqsServerOptions, startSqsServer } from '../../../tools/local/sqs-server/server.ts';
import { noon, origin, sourceRecord } from '../../../tools/local/test/source-records.ts';

/** Records of a failed batch by partition: offsets from and to. */
export type Ranges = Readonly<Record<number, readonly [first: number, last: number]>>;

/** The parts of a failed batch. */
export interface SeededBatch {
  readonly topic?: string;
  readonly ranges: Ranges;
  readonly condition?: Discard['condition'];
  /** Milliseconds before {@link now}. */
  readonly ago?: number;
}

/** The time of the command line. */
export const now = noon + 86_400_000;
export const minute = 60_000;
export const hour = 60 * minute;

/** Faults of a test's servers. */
export interface Faults {
  readonly s3?: S3ServerOptions['fault'];
  readonly sqs?: SqsServerOptions['fault'];
}

/** Starts servers with a bucket and two queues, which stop at the end of the test. */
export async function startReplayServers(faults: Faults = {}) {
  const root = mkdtempSync(join(tmpdir(), 'replay-cli-'));
  let modified = now;
  const s3 = await startS3Server({
    ...{ root, buckets: ['failed'], now: () => new Date(modified) },
    ...(faults.s3 && { fault: faults.s3 }),
  });
  let sending = now;
  const sqs = await startSqsServer({
    now: () => sending,
    queues: [
      { name: 'dead' },
      { name: 'replay', deadLetters: { name: 'dead', maxReceiveCount: 1 } },
    ],
    ...(faults.sqs && { fault: faults.sqs }),
  });
  const client = s3ClientOf(s3);
  onTestFinished(async () => {
    client.destroy();
    await Promise.all([s3.close(), sqs.close()]);
    rmSync(root, { recursive: true });
  });

  /** Stores a failed batch as Lambda does. @returns its key */
  async function seed({ ago = 0, condition, ranges, topic = 'orders' }: SeededBatch) {
    modified = now - ago;
    const { promise, resolve } = Promise.withResolvers<string>();
    const destination = s3Destination({
      ...{ client, bucket: 'failed', mappingId: 'm-1', now: () => modified },
      ...{ origin: { ...origin, topic }, functionArn: 'arn:aws:lambda:eu-west-1:1:function:f' },
      announce: ({ key }) => resolve(key),
    });
    const records = Object.entries(ranges).flatMap(([partition, [first, last]]) =>
      Array.from({ length: last - first + 1 }, (_, index) =>
        toBatchRecord(sourceRecord({ partition: Number(partition), offset: first + index }), {
          ...origin,
          topic,
        }),
      ),
    );
    await destination({ condition: condition ?? 'RetryAttemptsExhausted', records, invokes: 11 });
    return promise;
  }

  /** Puts any object into the bucket. */
  async function put(key: string, body: string) {
    await client.send(new PutObjectCommand({ Bucket: 'failed', Key: key, Body: body }));
  }

  /** Marks a failed batch as replayed. */
  async function tag(key: string, tags: Readonly<Record<string, string>>) {
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await client.send(
      new PutObjectTaggingCommand({ Bucket: 'failed', Key: key, Tagging: { TagSet } }),
    );
  }

  /** Sends a dead letter as the replay function does. @returns its id */
  function bury(key: string, given: Partial<Record<keyof typeof deadLetterAttributes, string>>) {
    const attributes = Object.entries(given).map(([name, value]) => [
      deadLetterAttributes[name as keyof typeof deadLetterAttributes],
      { DataType: 'String', StringValue: value },
    ]);
    const body = toReplayMessage({ bucket: 'failed', key });
    // The function sends it at the moment of its decision.
    sending = given.diedAt === undefined ? now : Date.parse(given.diedAt);
    const id = sqs.queue('dead').send({ body, attributes: Object.fromEntries(attributes) });
    sending = now;
    return id;
  }

  /** Sends a dead letter that was redriven and then moved by SQS: it keeps its old attributes. */
  function exhaustAgain(key: string, code: string) {
    const died = { DataType: 'String', StringValue: new Date(now - hour).toISOString() };
    const attributes = {
      [deadLetterAttributes.code]: { DataType: 'String', StringValue: code },
      [deadLetterAttributes.diedAt]: died,
    };
    const body = toReplayMessage({ bucket: 'failed', key });
    sqs.queue('dead').send({ body, attributes });
  }

  /** Makes SQS move a message to the dead-letter queue, after one receipt too many. */
  function exhaust(key: string) {
    const queue = sqs.queue('replay');
    queue.send({ body: toReplayMessage({ bucket: 'failed', key }) });
    queue.receive(1, 0);
    queue.receive(1);
  }

  /** Sorted keys that the messages of a queue name. */
  function keysIn(queue: 'dead' | 'replay'): string[] {
    const messages = sqs.queue(queue).peek();
    return messages.flatMap(({ body }) => parseReplayMessage(body).map(({ key }) => key)).sort();
  }

  const names = {
    '--bucket': 'failed',
    '--queue': sqs.urlOf('replay'),
    '--dead-letter-queue': sqs.urlOf('dead'),
    '--s3-endpoint': s3.endpoint,
    '--sqs-endpoint': sqs.endpoint,
  };
  const flags = Object.entries(names).flat();
  return {
    s3,
    sqs,
    client,
    seed,
    put,
    tag,
    bury,
    exhaust,
    exhaustAgain,
    keysIn,
    flags,
    ...consoleOf(flags),
  };
}

/** Runs command lines, and keeps what they print. */
function consoleOf(flags: readonly string[]) {
  const questions: string[] = [];
  const progress: string[] = [];

  /** Runs `status`, or a command of `replay`, on the servers. @returns its exit code and what it prints */
  async function run(line: string, given: Partial<Machine> = {}) {
    const printed: string[] = [];
    const errors: string[] = [];
    const machine: Machine = {
      ask: async (question) => {
        questions.push(question);
        return true;
      },
      environment: {},
      now: () => now,
      pause: async () => nextTurn(),
      print: (text) => printed.push(text),
      printError: (text) => errors.push(text),
      write: async () => undefined,
      progress: (text) => progress.push(text),
      stop: new AbortController().signal,
      ...given,
    };
    const words = line.split(' ');
    const args = words[0] === 'status' ? words : ['replay', ...words];
    const command = createArchiveCommand(machine, { waitSeconds: 0 });
    const code = await runCommand(command, [...args, ...flags], machine);
    return { code, error: errors.join('\n'), printed };
  }

  return { run, questions, progress };
}

/** Resolves with the message of a rejection, or with 'done'. */
export function failureOf(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
