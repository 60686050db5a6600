import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { GetObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError, progress } from '../../cli/terminal.ts';
import { settingRanges } from '../../lambda/contract.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { type BatchRecord, toBatchRecord } from '../../lambda/core/record/mapping-event.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { readObjects } from '../local/demo/read-back.ts';
import { ARCHIVE_FUNCTION_ARN } from '../local/lambda/local-functions.ts';
import { s3Destination } from '../local/mapping/on-failure.ts';
import {
  type ReplayService,
  replayQueues,
  startReplayService,
} from '../local/replay/replay-service.ts';
import { s3ClientOf } from '../local/s3-client.ts';
import type { CreatedObject } from '../local/s3-server/operation.ts';
import { type S3Server, startS3Server } from '../local/s3-server/server.ts';
import { machine } from './common/sample.ts';
import { smallOrigin } from './events.ts';

const buckets = { archive: 'archive', failed: 'failed' } as const;
const PARTITIONS = 6;
const VALUE_BYTES = 1000;

interface Load {
  readonly batches: number;
  readonly records: number;
}

/** The records of a batch: the next offsets of its partition. */
function recordsOf(batch: number, { records }: Load): BatchRecord[] {
  const first = Math.floor(batch / PARTITIONS) * records;
  return Array.from({ length: records }, (_, i) => {
    const offset = first + i;
    const filler = 'x'.repeat(VALUE_BYTES - 40);
    const value = Buffer.from(`{"order":${offset},"customer":"c-${batch}","note":"${filler}"}`);
    const record = { partition: batch % PARTITIONS, offset, timestamp: Date.now(), value };
    const key = Buffer.from(`k-${offset}`);
    return toBatchRecord(
      { ...record, key, timestampType: 'CREATE_TIME', headers: [] },
      smallOrigin,
    );
  });
}

/** Puts the batches into the failed-batch bucket, without sending their events yet. */
async function keepBatches(client: S3Client, load: Load): Promise<number> {
  const deliver = s3Destination({
    ...{ client, bucket: buckets.failed, mappingId: 'bench', now: Date.now, origin: smallOrigin },
    functionArn: ARCHIVE_FUNCTION_ARN,
  });
  for (let batch = 0; batch < load.batches; batch++) {
    const condition = 'RetryAttemptsExhausted';
    await deliver({ condition, records: recordsOf(batch, load), invokes: 11 });
    progress(`failed batches stored: ${batch + 1}`);
  }
  progress('');
  return load.batches;
}

/** Resolves when the replay queue is empty. */
async function emptied({ sqs }: ReplayService, total: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const { delayed, inFlight, visible } = sqs.queue(replayQueues.replay).counts();
    const left = delayed + inFlight + visible;
    progress(`replayed ${total - left} of ${total}`);
    if (left === 0) resolve();
  }, 20);
  await promise;
  clearInterval(timer);
  progress('');
}

/** Counts objects, offsets that are stored once, and offsets that are stored more than once. */
async function readBack(
  client: S3Client,
): Promise<{ objects: number; once: number; more: number }> {
  const times = new Map<string, number>();
  let objects = 0;
  for await (const { lines } of readObjects(client, buckets.archive)) {
    objects += 1;
    for (const { offset, partition } of lines.map(decodeLine)) {
      const place = `${partition} ${offset}`;
      times.set(place, (times.get(place) ?? 0) + 1);
    }
  }
  const once = [...times.values()].filter((each) => each === 1).length;
  return { objects, once, more: times.size - once };
}

async function countMarked(client: S3Client, created: readonly CreatedObject[]): Promise<number> {
  let marked = 0;
  for (const { bucket: Bucket, key: Key } of created) {
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
    if (TagSet.some(({ Key: name, Value }) => name === 'status' && Value === 'replayed'))
      marked += 1;
  }
  return marked;
}

interface Bench {
  readonly s3: S3Server;
  readonly client: S3Client;
  readonly created: readonly CreatedObject[];
  readonly invocations: { readonly messages: number; readonly milliseconds: number }[];
}

function startReplay({ invocations, s3 }: Bench, concurrency: number): Promise<ReplayService> {
  return startReplayService({
    codeFolder: bundleFunction('replay'),
    ...{ s3, archiveBucket: buckets.archive, failedBatchBucket: buckets.failed, concurrency },
    ...{ objectPrefix: 'bench/', timeFolder: 'hour', compression: 'gzip', serviceName: 'bench' },
    log: new Writable({ write: (_, __, done) => done() }),
    // As deployed, except that the first attempt is immediate.
    delaySeconds: 0,
    replayRetrySeconds: settingRanges.replayRetrySeconds.default,
    visibilitySeconds: 6 * settingRanges.replayTimeoutSeconds.default,
    observe: (event) => {
      if (event.type === 'invoked') invocations.push(event);
    },
  });
}

/** @returns whether every batch was replayed and every record is stored once */
async function measure(bench: Bench, load: Load, concurrency: number): Promise<boolean> {
  const { client, created, invocations } = bench;
  const total = await keepBatches(client, load);
  const mib = created.reduce((sum, { size }) => sum + size, 0) / total / 2 ** 20;
  print(`${total} failed batches of ${load.records} records, ${mib.toFixed(2)} MiB each`);
  const service = await startReplay(bench, concurrency);
  try {
    const started = performance.now();
    for (const object of created) service.notify(object);
    await emptied(service, total);
    const seconds = (performance.now() - started) / 1000;
    const dead = service.sqs.queue(replayQueues.deadLetter).counts().visible;
    const marked = await countMarked(client, created);
    const { more, objects, once } = await readBack(client);
    const busy = invocations.reduce((sum, each) => sum + each.milliseconds, 0);
    print(
      `${seconds.toFixed(1)} s, ${((seconds / total) * 1000).toFixed(1)} ms a batch; ${invocations.length} invocations, ${(busy / total).toFixed(1)} ms of function time a batch, ${service.function.maxMemoryMiB.toFixed(0)} MiB peak`,
    );
    const expected = load.batches * load.records;
    print(
      `replayed ${marked} of ${total}, dead ${dead}; ${objects} objects, ${once} of ${expected} records once, ${more} more than once`,
    );
    return marked === total && dead === 0 && once === expected && more === 0;
  } finally {
    await service.close();
  }
}

async function runBench(load: Load, concurrency: number): Promise<boolean> {
  const root = mkdtempSync(join(tmpdir(), 'bench-replay-'));
  const created: CreatedObject[] = [];
  const s3 = await startS3Server({
    root,
    buckets: Object.values(buckets),
    onObjectCreated: (object) => {
      if (object.bucket === buckets.failed) created.push(object);
    },
  });
  const client = s3ClientOf(s3);
  try {
    return await measure({ s3, client, created, invocations: [] }, load, concurrency);
  } finally {
    client.destroy();
    await s3.close();
    rmSync(root, { recursive: true });
  }
}

const command = createCommand(
  'npm run bench:replay --',
  `Replays failed batches on this machine, as after an outage: entries in a local S3 server, their \
events in a local SQS, the bundled replay function. Then reads back every record and the tags \
of every entry. Exit code 1 if a record is missing or duplicated, or an entry was not replayed.`,
)
  .addOption(
    wholeNumber('--batches <n>', 'failed batches', { min: 1, max: 100_000, default: 1000 }),
  )
  .addOption(
    wholeNumber('--records <n>', 'records of 1 KB in each', { min: 1, max: 4000, default: 100 }),
  )
  .addOption(
    wholeNumber('--concurrency <n>', 'concurrent invocations', settingRanges.replayConcurrency),
  )
  .action(async ({ concurrency, ...load }) => {
    print(machine());
    if (!(await runBench(load, concurrency))) throw new NotDone();
  });

// Exiting also ends the function's processes.
process.once('SIGINT', () => process.exit(130));
process.exitCode = await run(command, process.argv.slice(2), { print, printError });
