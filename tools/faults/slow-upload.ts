import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { clientOptions, keepAlive } from '../../kafka/connection.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { readObjects } from '../local/demo/read-back.ts';
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

/** The times and folders of a comparison. */
export interface SlowUploadOptions {
  /** Seconds that a consumer may spend between two polls. */
  readonly pollInterval: number;
  /** Seconds that the first upload takes, longer than the poll interval. */
  readonly upload: number;
  /** The folder for data, objects and logs. */
  readonly out: string;
  /** The folder of the function's bundle. */
  readonly codeFolder: string;
  readonly print: (line: string) => void;
}

/** The result of one consumer. */
export interface SlowUploadResult {
  /** How many times the group evicted it. */
  readonly evictions: number;
  /** Records read more than once. */
  readonly readTwice: number;
  /** Records whose offsets were committed. */
  readonly committed: number;
  /** Seconds of the slowest upload. */
  readonly slowest: number;
}

/** The results of both, with the same broker and the same records. */
export interface SlowUploadResults {
  readonly naive: SlowUploadResult;
  readonly mapping: SlowUploadResult & {
    /** Records that are in S3 exactly once. */
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
 * Archives the same records with a consumer that uploads in its poll loop, and with the local event source mapping. The
 * first upload to the S3 server takes longer than the poll interval.
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
    print('A consumer that polls, buffers and uploads in one loop:');
    const naive = await runNaive(place, options);
    print(toLine(naive));
    print('The local event source mapping:');
    const mapping = await runMapping(place, options);
    print(`${toLine(mapping)}, stored exactly once: ${mapping.stored}`);
    return { naive, mapping };
  } finally {
    await cluster.stop();
    await s3.close();
  }
}

/** Whether the consumer was evicted and the mapping undisturbed. */
export function isAsExpected({ mapping, naive }: SlowUploadResults): boolean {
  const { committed, evictions, readTwice, stored } = mapping;
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

async function runMapping(
  { brokers, endpoint }: Place,
  { codeFolder, out, pollInterval, upload }: SlowUploadOptions,
): Promise<SlowUploadResults['mapping']> {
  const reads = new Map<number, number>();
  let assignments = 0;
  let committed = 0;
  let slowest = 0;
  const connection = { brokers: [brokers] };
  const source = new KafkaTopic({
    connection,
    topic: 'slow',
    groupId: 'mapping',
    startingPosition: 'earliest',
    // As short as the interval: only heartbeats, which no upload delays, keep it in the group.
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
      // One attempt of a PUT may take half the time to the deadline, which is five seconds before the timeout.
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
  await until(() => committed === RECORDS, { everyMs: 100 });
  // The first assignment is no eviction.
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
    for (const { offset } of lines.map(decodeLine)) {
      times.set(offset, (times.get(offset) ?? 0) + 1);
    }
  }
  client.destroy();
  return [...times.values()].filter((each) => each === 1).length;
}

function toLine({ committed, evictions, readTwice, slowest }: SlowUploadResult): string {
  return `  slowest upload: ${slowest.toFixed(1)} s, evictions: ${evictions}, records read twice: ${readTwice}, committed: ${committed}`;
}
