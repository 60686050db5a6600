import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { until } from '../../tools/faults/world.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { replayFunction } from '../../tools/local/lambda/local-functions.ts';
import { openLog } from '../../tools/local/log-file.ts';
import { type RealS3, startRealS3 } from '../../tools/local/real-servers/real-s3.ts';
import { QueueMapping } from '../../tools/local/replay/queue-mapping.ts';
import { objectCreatedEvent } from '../../tools/local/replay/s3-event.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { failedBatchOf, failedBatchSample } from '../helpers/failed-batches.ts';
import { mskEvent, mskRecords } from '../helpers/kafka-events.ts';
import { type Moto, startMoto } from './moto.ts';

const batchKey = (name: string) => `aws/lambda/mapping/orders-3/2026/11/24/${name} +é`;

let folder: string;
let s3: RealS3;
let sqs: Moto;
let client: S3Client;
let queues: SQSClient;
let replayQueueUrl: string;
let deadLetterQueueUrl: string;
let fn: EmulatedFunction;
let mapping: QueueMapping;
let running: Promise<void>;

async function createQueue(name: string, Attributes: Record<string, string>): Promise<string> {
  const created = await queues.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return created.QueueUrl ?? '';
}

/** What S3 does with an entry of the on-failure destination: keep it, and send its event. */
async function keep(name: string, body: string): Promise<void> {
  const key = batchKey(name);
  await client.send(new PutObjectCommand({ Bucket: 'failed', Key: key, Body: body }));
  await announce(name);
}

function announce(name: string) {
  const created = { bucket: 'failed', key: batchKey(name), size: 1, etag: 'x' };
  const MessageBody = objectCreatedEvent(created, new Date());
  return queues.send(new SendMessageCommand({ QueueUrl: replayQueueUrl, MessageBody }));
}

async function tagsOf(name: string) {
  const command = new GetObjectTaggingCommand({ Bucket: 'failed', Key: batchKey(name) });
  const { TagSet = [] } = await client.send(command);
  return new Map(TagSet.map(({ Key, Value }) => [Key, Value]));
}

async function isQuiet(): Promise<boolean> {
  const { Attributes = {} } = await queues.send(
    new GetQueueAttributesCommand({ QueueUrl: replayQueueUrl, AttributeNames: ['All'] }),
  );
  return (
    Attributes.ApproximateNumberOfMessages === '0' &&
    Attributes.ApproximateNumberOfMessagesNotVisible === '0'
  );
}

const untilQuiet = () => until(isQuiet, { everyMs: 50, withinMs: 30_000 });

async function storedOffsets(): Promise<string[]> {
  const offsets: string[] = [];
  for await (const { lines } of readObjects(client, 'archive')) {
    offsets.push(...lines.map(decodeLine).map((each) => `${each.partition} ${each.offset}`));
  }
  return offsets.sort();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  s3 = await startRealS3({ folder: join(folder, 's3') });
  sqs = await startMoto();
  client = s3ClientOf(s3);
  for (const Bucket of ['archive', 'failed'])
    await client.send(new CreateBucketCommand({ Bucket }));
  queues = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  deadLetterQueueUrl = await createQueue('dead', {});
  replayQueueUrl = await createQueue('replay', { VisibilityTimeout: '60' });
  fn = new EmulatedFunction(
    replayFunction({
      codeFolder: bundleFunction('replay', join(folder, 'code')),
      ...{ s3, archiveBucket: 'archive', failedBatchBucket: 'failed', sqsEndpoint: sqs.endpoint },
      ...{ objectPrefix: 'shop/', timeFolder: 'hour', compression: 'gzip', serviceName: 'test' },
      ...{ replayQueueUrl, deadLetterQueueUrl, replayTries: 3, replayRetrySeconds: 1 },
      log: openLog(join(folder, 'function.log')),
    }),
    2,
  );
  mapping = new QueueMapping({
    ...{ client: queues, queueUrl: replayQueueUrl, batchSize: 3, concurrency: 2 },
    invoke: (event) => fn.invoke(event),
    observe: () => undefined,
  });
  running = mapping.run();
});

afterAll(async () => {
  mapping?.stop();
  await running;
  await fn?.close();
  client?.destroy();
  queues?.destroy();
  await Promise.all([s3?.close(), sqs?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('failed batches on versitygw and moto', () => {
  it('are stored, marked, and stored no second time', async () => {
    await keep('one', failedBatchOf(mskEvent(mskRecords(100, 3))));
    await keep('two', failedBatchOf(mskEvent(mskRecords(7, 2, { partition: 0 }))));
    expect(await untilQuiet()).toBe(true);
    const stored = ['0 7', '0 8', '3 100', '3 101', '3 102'];
    expect(await storedOffsets()).toEqual(stored);
    expect(await tagsOf('one')).toEqual(
      new Map([
        ['status', 'replayed'],
        ['replayed-at', expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)],
        ['objects', '1'],
      ]),
    );
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'archive' }));
    const Key = Contents.map((each) => each.Key).find((key) => key?.includes('/p3.100-102'));
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: 'archive', Key }));
    expect(Metadata).toMatchObject({
      'failed-batch': 'aws/lambda/mapping/orders-3/2026/11/24/one%20+%C3%A9',
      'failed-batch-condition': 'RetryAttemptsExhausted',
    });

    await announce('one');
    expect(await untilQuiet()).toBe(true);
    expect(await storedOffsets()).toEqual(stored);
  });

  it('that cannot be replayed are dead letters with their reason, and are not marked', async () => {
    await keep('garbage', '{"a');
    await keep('oversize', failedBatchSample('oversize'));
    await announce('gone');
    expect(await untilQuiet()).toBe(true);
    const { Messages = [] } = await queues.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    const textsOf = (name: string) =>
      Messages.map(({ MessageAttributes: all }) => all?.[name]?.StringValue);
    expect(textsOf('code').sort()).toEqual([
      'FAILED_BATCH_NOT_FOUND',
      'FAILED_BATCH_UNREADABLE',
      'NO_PAYLOAD',
    ]);
    expect(textsOf('offsets').filter(Boolean)).toEqual(['orders-3 offset 4960']);
    expect([...(await tagsOf('garbage')), ...(await tagsOf('oversize'))]).toEqual([]);
  });

  it('come back by a command, those that were not replayed alone', async () => {
    const payload = JSON.stringify({ command: 'replay', topic: 'orders' });
    const dryRun = await fn.invoke(JSON.stringify({ ...JSON.parse(payload), dryRun: true }));
    expect(dryRun).toMatchObject({ kind: 'returned' });
    expect(JSON.parse(dryRun.kind === 'returned' ? dryRun.payload : '{}')).toEqual({
      ...{ dryRun: true, scanned: 4, enqueued: 1, alreadyReplayed: 2 },
      failedBatches: [batchKey('oversize')],
    });
  });
});
