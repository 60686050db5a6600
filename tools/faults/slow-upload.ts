import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { clientOptions, keepAlive } from '../../kafka/connection.ts';
import { readObjects, readRecordLine } from '../local/demo/read-back.ts';
import { KafkaTopic } from '../local/kafka/kafka-topic.ts';
import { startKafkaCluster } from '../local/kafka-cluster/cluster.ts';
import { archiveFunction } from '../local/lambda/local-functions.ts';
import { createPipeline } from '../local/mapping/pipeline.ts';
import { mappingSettings } from '../local/mapping/settings.ts';
import { s3ClientOf } from '../local/s3-client.ts';
import { startS3Server } from '../local/s3-server/server.ts';
import { runsOf } from './judge.ts';
import { type NaiveEvent, runNaiveConsumer } from './naive-consumer/naive-consumer.ts';
import { createTopic, produce } from './new-topic.ts';
import { until } from './world.ts';

/** How slow, and how patient. */
export interface SlowUploadOptions {
  /** Seconds that a consumer may be without a poll. */
  readonly pollInterval: number;
  /** Seconds that the first upload takes; more than that. */
  readonly upload: number;
  /** Folder for data, objects and logs. */
  readonly out: string;
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
  readonly print: (line: string) => void;
}

/** What a consumer went through. */
export interface SlowUploadResult {
  /** Times that the group gave it up. */
  readonly evictions: number;
  /** Records read more than once. */
  readonly readTwice: number;
  /** Records whose offsets were committed in the end. */
  readonly committed: number;
  /** Seconds of its slowest upload. */
  readonly slowest: number;
}

/** What both went through, with the same broker and records. */
export interface SlowUploadResults {
  readonly naive: SlowUploadResult;
  readonly emulator: SlowUploadResult & {
    /** Records in S3, each once. */
    readonly stored: number;
  };
}

const RECORDS = 200;
const BUFFER = 100;
const slowMessages = Array.from({ length: RECORDS }, (_, i) => ({
  topic: 'slow',
  partition: 0,
  key: null,
  value: Buffer.from(`{"n":${i}}`),
}));
const NAIVE_BUCKET = 'naive';
const ARCHIVE_BUCKET = 'archive';

/**
 * Has the same records archived by a consumer that uploads in its poll loop, and by the emulator, to
 * an S3 server whose first upload takes longer than a consumer may be without a poll.
 */
export async function compareSlowUpload(options: SlowUploadOptions): Promise<SlowUploadResults> {
  const { out, print, upload } = options;
  mkdirSync(out, { recursive: true });
  const slowed = new Set<string>();
  const s3 = await startS3Server({
    root: join(out, 's3'),
    buckets: [NAIVE_BUCKET, ARCHIVE_BUCKET],
    fault: async ({ bucket, operation }) => {
      if (operation !== 'PutObject' || slowed.has(bucket)) return undefined;
      slowed.add(bucket);
      await sleep(upload * 1000);
      return undefined;
    },
  });
  const cluster = await startKafkaCluster({ folder: join(out, 'kafka'), brokers: 1 });
  try {
    const connection = { brokers: [cluster.bootstrapServers] };
    const admin = keepAlive(new Admin(clientOptions(connection)));
    await createTopic(admin, { topic: 'slow', partitions: 1, replicas: 1 });
    await admin.close();
    await produce(connection, slowMessages);
    const place = { brokers: cluster.bootstrapServers, endpoint: s3.endpoint };
    print('a consumer that polls, buffers and uploads in one loop');
    const naive = await runNaive(place, options);
    print(toLine('naive', naive));
    print('the emulator');
    const emulator = await runEmulator(place, options);
    print(`${toLine('emulator', emulator)}, ${emulator.stored} stored once`);
    return { naive, emulator };
  } finally {
    await cluster.stop();
    await s3.close();
  }
}

/** Whether the one was evicted and the other not, as it must be. */
export function isAsExpected({ emulator, naive }: SlowUploadResults): boolean {
  const { committed, evictions, readTwice, stored } = emulator;
  const isUndisturbed = evictions === 0 && readTwice === 0;
  const isWhole = committed === RECORDS && stored === RECORDS;
  return naive.evictions > 0 && naive.readTwice > 0 && isUndisturbed && isWhole;
}

interface Place {
  readonly brokers: string;
  readonly endpoint: string;
}

async function runNaive(
  { brokers, endpoint }: Place,
  { pollInterval, print }: SlowUploadOptions,
): Promise<SlowUploadResult> {
  const reads = new Map<number, number>();
  const events: NaiveEvent[] = [];
  await runNaiveConsumer({
    brokers,
    topic: 'slow',
    group: 'naive',
    url: `${endpoint}/${NAIVE_BUCKET}`,
    buffer: BUFFER,
    uploads: RECORDS / BUFFER,
    maxPollIntervalMs: pollInterval * 1000,
    onEvent: (event) => {
      if (event.event === 'read') reads.set(event.offset, (reads.get(event.offset) ?? 0) + 1);
      else {
        events.push(event);
        print(`  ${Object.values(event).join(' ')}`);
      }
    },
  });
  return {
    evictions: events.filter(({ event }) => event === 'evicted').length,
    readTwice: [...reads.values()].filter((times) => times > 1).length,
    committed: events.filter(({ event }) => event === 'committed').length * BUFFER,
    slowest: Math.max(...events.map((event) => (event.event === 'uploaded' ? event.seconds : 0))),
  };
}

async function runEmulator(
  { brokers, endpoint }: Place,
  { codeFolder, out, pollInterval, upload }: SlowUploadOptions,
): Promise<SlowUploadResults['emulator']> {
  const reads = new Map<number, number>();
  let assignments = 0;
  let committed = 0;
  let slowest = 0;
  const connection = { brokers: [brokers] };
  const source = new KafkaTopic({
    connection,
    topic: 'slow',
    groupId: 'emulator',
    startingPosition: 'earliest',
    // As short as the interval: only heartbeats, which no upload holds up, keep it in the group.
    sessionTimeoutMs: Math.min(45, pollInterval) * 1000,
    observe: ({ type }) => {
      if (type === 'assigned') assignments += 1;
    },
  });
  const origin = { topic: 'slow', bootstrapServers: brokers, nullStyle: 'null' } as const;
  const pipeline = createPipeline({
    function: archiveFunction({
      codeFolder,
      s3: { endpoint },
      archiveBucket: ARCHIVE_BUCKET,
      objectPrefix: '',
      timeFolder: 'none',
      compression: 'gzip',
      reportBatchItemFailures: false,
      serviceName: 'slow-upload',
      // One try of a put may take half of the time up to the deadline, five seconds before the end.
      timeoutSeconds: Math.min(840, upload * 3 + 5),
      log: createWriteStream(join(out, 'function.log')),
    }),
    mappings: [
      {
        source,
        origin,
        settings: mappingSettings({ batchSize: BUFFER, batchWindow: 1 }),
        observe: (event) => {
          if (event.type === 'invoked') slowest = Math.max(slowest, event.milliseconds / 1000);
          if (event.type === 'committed') committed = event.offsets.get(0) ?? committed;
        },
      },
    ],
    onInvoke: (event) => {
      for (const { first, last } of runsOf(event)) {
        for (let offset = first; offset <= last; offset++) {
          reads.set(offset, (reads.get(offset) ?? 0) + 1);
        }
      }
    },
  });
  const running = pipeline.run();
  await until(() => committed === RECORDS, { everyMs: 100, withinMs: upload * 5000 });
  // What leaves the group by itself was not evicted.
  const evictions = assignments - 1;
  pipeline.stop();
  await running;
  await pipeline.close();
  await source.close();
  return {
    evictions,
    readTwice: [...reads.values()].filter((times) => times > 1).length,
    committed,
    slowest,
    stored: await countStoredOnce(endpoint),
  };
}

async function countStoredOnce(endpoint: string): Promise<number> {
  const client = s3ClientOf({ endpoint });
  const times = new Map<number, number>();
  for await (const { lines } of readObjects(client, ARCHIVE_BUCKET)) {
    for (const { offset } of lines.map(readRecordLine)) {
      times.set(offset, (times.get(offset) ?? 0) + 1);
    }
  }
  client.destroy();
  return [...times.values()].filter((each) => each === 1).length;
}

function toLine(name: string, { committed, evictions, readTwice, slowest }: SlowUploadResult) {
  return `${name}: slowest upload ${slowest.toFixed(1)} s, evicted ${evictions} times, ${readTwice} records read twice, ${committed} committed`;
}
