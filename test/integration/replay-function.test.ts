import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRIC_NAMESPACE } from '../../lambda/contract.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { type ArchivedRecord, readObjects } from '../../tools/local/demo/read-back.ts';
import { openLog } from '../../tools/local/log-file.ts';
import type { Discard } from '../../tools/local/mapping/event-source-mapping.ts';
import { s3Destination } from '../../tools/local/mapping/on-failure.ts';
import { createFailedBatchBucket } from '../../tools/local/replay/failed-batch-bucket.ts';
import { type FailedBatches, startFailedBatches } from '../../tools/local/replay/failed-batches.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { batchRecord, origin } from '../../tools/local/test/source-records.ts';
import { eventually } from '../helpers/eventually.ts';

let folder: string;
let s3: S3Server;
let client: S3Client;
let batches: FailedBatches;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  s3 = await startS3Server({
    root: join(folder, 's3'),
    buckets: ['archive', 'failed'],
    onObjectCreated: (object) => {
      if (object.bucket === 'failed') batches.announce(object);
    },
  });
  client = s3ClientOf(s3);
  batches = await startFailedBatches({
    ...{ codeFolder: bundleFunction('replay', join(folder, 'bundle')), s3, now: Date.now },
    log: openLog(join(folder, 'replay.log')),
    ...{ archiveBucket: 'archive', failedBatchBucket: 'failed', serviceName: 'test' },
    ...{ objectPrefix: 'shop/', timeFolder: 'none', compression: 'none' },
    ...{ delaySeconds: 0, visibilitySeconds: 60, replayRetrySeconds: 1, concurrency: 2 },
    timeoutSeconds: 30,
    observe: () => undefined,
  });
});

afterAll(async () => {
  await batches.close();
  client.destroy();
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes records to the on-failure destination; returns the key of the entry. */
async function keep(condition: Discard['condition'], partition: number): Promise<string> {
  const records = [5, 6, 7].map((offset) => batchRecord({ partition, offset }));
  const keys: string[] = [];
  const destination = s3Destination({
    ...{ client, bucket: 'failed', origin, mappingId: 'mapping-1', now: Date.now },
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:archive',
    announce: ({ key }) => keys.push(key),
  });
  await destination({ condition, records, invokes: 11 });
  return keys[0] ?? '';
}

/** Runs until the replay queue is empty. */
async function settled(): Promise<void> {
  await eventually(async () => {
    await batches.watch.refresh();
    expect(batches.watch.counts().waiting).toBe(0);
  });
}

const placeOf = ({ topic, partition, offset }: ArchivedRecord) => `${topic} ${partition}:${offset}`;

describe('the replay function as deployed', { timeout: 30_000 }, () => {
  it('handles each kind of entry', async () => {
    const good = [await keep('RetryAttemptsExhausted', 0), await keep('RecordAgeExceeded', 1)];
    const oversize = await keep('MaximumPayloadSizeExceeded', 2);
    const garbage = 'aws/lambda/garbage with + and ö';
    await client.send(new PutObjectCommand({ Bucket: 'failed', Key: garbage, Body: '{"pay' }));
    const missing = 'aws/lambda/missing';
    batches.announce({ bucket: 'failed', key: missing, size: 0, etag: '' });
    await settled();

    expect(batches.watch.counts()).toEqual({ all: 5, waiting: 0, replayed: 2, dead: 3 });
    const letters = batches.watch.deadLetters().map(({ code, key }) => [key, code]);
    expect(letters.sort()).toEqual(
      [
        [oversize, 'NO_PAYLOAD'],
        [garbage, 'FAILED_BATCH_UNREADABLE'],
        [missing, 'FAILED_BATCH_NOT_FOUND'],
      ].sort(),
    );

    const { isReplayed, unreplayed } = createFailedBatchBucket(client, 'failed');
    expect(await Promise.all(good.map(isReplayed))).toEqual([true, true]);
    const left: string[] = [];
    for await (const { key } of unreplayed()) left.push(key);
    expect(left.sort()).toEqual([garbage, oversize].sort());

    const stored: Record<string, string[]> = {};
    for await (const { isReplayed: is, key, lines } of readObjects(client, 'archive')) {
      expect(is).toBe(true);
      stored[key] = lines.map(decodeLine).map(placeOf);
      const head = await client.send(new HeadObjectCommand({ Bucket: 'archive', Key: key }));
      expect(good).toContain(head.Metadata?.['failed-batch']);
    }
    const name = (partition: number) => `shop/topic=orders/p${partition}.5-7.jsonl`;
    expect(stored).toEqual({
      [name(0)]: ['orders 0:5', 'orders 0:6', 'orders 0:7'],
      [name(1)]: ['orders 1:5', 'orders 1:6', 'orders 1:7'],
    });
    const log = readFileSync(join(folder, 'replay.log'), 'utf8');
    expect(log).toContain('failed batch replayed');
    expect(log).toContain(`"Namespace":"${METRIC_NAMESPACE}"`);
  });
});
