import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { type BatchRecord, toEventJson } from '../../lambda/core/record/mapping-event.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { streamPrefixes } from '../../lib/storage/stream-prefix.ts';
import { type ArchivedRecord, readObjects } from '../../tools/local/demo/read-back.ts';
import {
  type FirehoseFault,
  type FirehoseRequestInfo,
  type FirehoseServer,
  startFirehoseServer,
} from '../../tools/local/firehose-server/server.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import {
  archiveFunction,
  type LocalFunctionOptions,
} from '../../tools/local/lambda/local-functions.ts';
import { openLog } from '../../tools/local/log-file.ts';
import { s3Destination } from '../../tools/local/mapping/on-failure.ts';
import { startFailedBatches } from '../../tools/local/replay/failed-batches.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { batchRecord, batchRecords, origin } from '../../tools/local/test/source-records.ts';
import { eventually } from '../helpers/eventually.ts';

const STREAM = 'archive-stream';
const timeout = { timeout: 60_000 };

let folder: string;
let s3: S3Server;
let client: S3Client;
let firehose: FirehoseServer;
let archive: EmulatedFunction;
/** The faults of the next calls. */
let faults: (FirehoseFault | undefined)[] = [];
let calls: FirehoseRequestInfo[] = [];
/** Number of the current test; each test has a bucket and a stream. */
let tests = 0;

const bucketOf = (test: number) => `archive-${test}`;
const BUCKETS = [0, 1, 2, 3, 4, 5].map(bucketOf);

/** The options of all functions. */
const place = (): Omit<LocalFunctionOptions, 'codeFolder'> => ({
  ...{ s3, archiveBucket: bucketOf(tests), serviceName: 'test' },
  ...{ objectPrefix: 'shop/', timeFolder: 'hour', compression: 'gzip', timeoutSeconds: 20 },
  stream: { endpoint: firehose.endpoint, name: `${STREAM}-${tests}` },
  log: openLog(join(folder, 'function.log'), 'a'),
});

const startArchive = (name = `${STREAM}-${tests}`) =>
  new EmulatedFunction(
    archiveFunction({
      ...place(),
      stream: { endpoint: firehose.endpoint, name },
      codeFolder: join(folder, 'archive'),
      reportBatchItemFailures: false,
    }),
    1,
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stream-'));
  bundleFunction('archive-firehose', join(folder, 'archive'));
  bundleFunction('replay-firehose', join(folder, 'replay'));
  s3 = await startS3Server({ root: join(folder, 's3'), buckets: [...BUCKETS, 'failed'] });
  client = s3ClientOf(s3);
  firehose = await startFirehoseServer({
    s3,
    streams: BUCKETS.map((bucket, test) => ({
      ...{ name: `${STREAM}-${test}`, bucket },
      ...streamPrefixes({ objectPrefix: 'shop/', timeFolder: 'hour', topics: ['orders'] }),
      ...{ compression: 'gzip', bufferBytes: 64 * 1024 * 1024, bufferSeconds: 60 },
    })),
    fault: (request) => {
      calls.push(request);
      return faults.shift();
    },
  });
});

afterEach(async () => {
  await archive.close();
  faults = [];
  calls = [];
  tests += 1;
});

afterAll(async () => {
  await firehose.close();
  client.destroy();
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});

const placeOf = ({ topic, partition, offset }: ArchivedRecord) => `${topic} ${partition}:${offset}`;

/** The objects that the stream has written: the records of each by its folder. */
async function stored(): Promise<[folder: string, records: string[]][]> {
  await firehose.stream(`${STREAM}-${tests}`).flush();
  const objects: [string, string[]][] = [];
  for await (const { key, lines } of readObjects(client, bucketOf(tests))) {
    const name = key.replace(/archive-stream-\d-1-[\da-f-]+\.jsonl\.gz$/, 'STREAM');
    objects.push([name, lines.map(decodeLine).map(placeOf)]);
  }
  return objects;
}

const hourFolder = 'shop/topic=orders/dt=2025-11-23/hour=10/';
const offsetsOf = (count: number) => Array.from({ length: count }, (_, i) => `orders 0:${i}`);
const invoke = (records: readonly BatchRecord[]) => archive.invoke(toEventJson(records, origin));

describe('the archive function with a stream, as deployed', timeout, () => {
  it('delivers thousands of lines to the folder of their hour, in chunks that the stream deaggregates', async () => {
    archive = startArchive();
    expect(await invoke(batchRecords(1201))).toMatchObject({ kind: 'returned' });
    expect(calls).toEqual([
      { operation: 'PutRecordBatch', stream: `${STREAM}-${tests}`, records: 3 },
    ]);
    expect(await stored()).toEqual([[`${hourFolder}STREAM`, offsetsOf(1201)]]);
  });

  it('stores a line that is too long for a chunk as an object', async () => {
    archive = startArchive();
    const value = Buffer.from(`"${'x'.repeat(1_024_000)}"`);
    const records = [0, 1, 2].map((offset) =>
      batchRecord({ offset, ...(offset === 1 && { value }) }),
    );
    expect(await invoke(records)).toMatchObject({ kind: 'returned' });
    expect(await stored()).toEqual([
      [`${hourFolder}STREAM`, ['orders 0:0', 'orders 0:2']],
      [`${hourFolder}p0.1-1.jsonl.gz`, ['orders 0:1']],
    ]);
  });

  it('resends only the chunks that were rejected', async () => {
    archive = startArchive();
    faults = [{ kind: 'reject', isRejected: (index) => index === 1 }];
    expect(await invoke(batchRecords(1201))).toMatchObject({ kind: 'returned' });
    expect(calls.map(({ records }) => records)).toEqual([3, 1]);
    const [[key, records] = ['', []], ...others] = await stored();
    expect([key, others]).toEqual([`${hourFolder}STREAM`, []]);
    expect(records.toSorted()).toEqual(offsetsOf(1201).sort());
  });

  it('duplicates a batch if the answer to its call is lost', async () => {
    archive = startArchive();
    faults = [{ kind: 'lost-answer' }];
    expect(await invoke(batchRecords(3))).toMatchObject({ kind: 'returned' });
    expect(await stored()).toEqual([[`${hourFolder}STREAM`, [...offsetsOf(3), ...offsetsOf(3)]]]);
  });

  it('fails if the stream does not exist, so that the mapping keeps the batch', async () => {
    archive = startArchive('missing');
    expect(await invoke(batchRecords(3))).toMatchObject({ kind: 'failed' });
    expect(await stored()).toEqual([]);
  });
});

describe('the replay function with a stream, as deployed', timeout, () => {
  it('delivers a failed batch through the stream, and marks it', async () => {
    archive = startArchive();
    const batches = await startFailedBatches({
      ...{ ...place(), codeFolder: join(folder, 'replay'), failedBatchBucket: 'failed' },
      ...{ now: Date.now, observe: () => undefined },
      ...{ delaySeconds: 0, visibilitySeconds: 60, replayRetrySeconds: 1, concurrency: 1 },
    });
    const destination = s3Destination({
      ...{ client, bucket: 'failed', origin, mappingId: 'mapping-1', now: Date.now },
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:archive',
      announce: (object) => batches.announce(object),
    });
    const records = batchRecords(3);
    await destination({ condition: 'RetryAttemptsExhausted', records, invokes: 11 });
    await eventually(async () => {
      await batches.watch.refresh();
      expect(batches.watch.counts()).toEqual({ all: 1, waiting: 0, replayed: 1, dead: 0 });
    });
    await batches.close();
    expect(await stored()).toEqual([[`${hourFolder}STREAM`, offsetsOf(3)]]);
  });
});
