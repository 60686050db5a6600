import { join } from 'node:path';
import { Admin, Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection } from '../../kafka/connection.ts';
import { until } from '../../tools/faults/world.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import {
  endOffsets,
  type KafkaEvent,
  KafkaTopic,
  type KafkaTopicOptions,
} from '../../tools/local/kafka/kafka-topic.ts';
import { archiveFunction } from '../../tools/local/lambda/local-functions.ts';
import { openLog } from '../../tools/local/log-file.ts';
import { createPipeline } from '../../tools/local/mapping/pipeline.ts';
import { mappingSettings } from '../../tools/local/mapping/settings.ts';
import { type S3Access, s3ClientOf } from '../../tools/local/s3-client.ts';

/** A record line, parsed. */
export interface Line {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestamp_type: string;
  readonly key: string | null;
  readonly key_encoding: string;
  readonly headers: readonly { readonly name: string; readonly value: string | null }[];
  readonly value: unknown;
  readonly value_encoding: string;
}

/** Where topics are archived to. */
export interface Archive {
  readonly connection: KafkaConnection;
  readonly s3: S3Access;
  readonly bucket: string;
  /** Folder for the function's log. */
  readonly folder: string;
  readonly codeFolder: string;
}

/** How a topic is archived, where not from its beginning by a group of its own. */
export interface ArchivingOptions
  extends Partial<
    Pick<KafkaTopicOptions, 'groupId' | 'startingPosition' | 'outOfRange' | 'readCommitted'>
  > {
  /** Committed offset of each partition that ends it. @default - the end of its log */
  readonly ends?: readonly number[];
}

/** What came of archiving a topic. */
export interface Archived {
  /** By partition and offset. */
  readonly lines: readonly Line[];
  readonly events: readonly KafkaEvent[];
}

/** Clients of a cluster, to make topics with. */
export function clientsOf(connection: KafkaConnection) {
  const options = { ...clientOptions(connection), retries: 20, retryDelay: 250 };
  return {
    admin: new Admin(options),
    // A partition that is not ready yet has all of a request sent again: what was stored of it is then there twice.
    producer: new Producer<Buffer | null, Buffer | null, Buffer, Buffer>({
      ...options,
      idempotent: true,
    }),
  };
}

/** Archives a topic up to its end, with the bundled function, and reads its objects. */
export async function archiveTopic(
  topic: string,
  { bucket, codeFolder, connection, folder, s3 }: Archive,
  options: ArchivingOptions = {},
): Promise<Archived> {
  const { ends, ...given } = options;
  const events: KafkaEvent[] = [];
  const committed = new Map<number, number>();
  const source = new KafkaTopic({
    connection,
    topic,
    groupId: `group-${topic}`,
    startingPosition: 'earliest',
    sessionTimeoutMs: 6000,
    ...given,
    observe: (event) => events.push(event),
  });
  const pipeline = createPipeline({
    function: archiveFunction({
      codeFolder,
      s3,
      archiveBucket: bucket,
      objectPrefix: '',
      timeFolder: 'none',
      compression: 'none',
      reportBatchItemFailures: false,
      serviceName: 'test',
      log: openLog(join(folder, `${topic}.log`)),
    }),
    mappings: [
      {
        source,
        origin: { topic, bootstrapServers: connection.brokers.join(), nullStyle: 'null' },
        settings: mappingSettings({ batchWindow: 0 }),
        observe: (event) => {
          if (event.type !== 'committed') return;
          for (const [partition, offset] of event.offsets) committed.set(partition, offset);
        },
      },
    ],
  });
  const running = pipeline.run();
  const { admin, producer } = clientsOf(connection);
  const last = ends ?? [...(await endOffsets(admin, topic)).values()];
  const isDone = () => last.every((end, partition) => (committed.get(partition) ?? 0) >= end);
  const far = () =>
    `committed ${JSON.stringify([...committed])} of ${last}, seen ${JSON.stringify(events.map(({ type }) => type))}`;
  try {
    const isInTime = await Promise.race([
      until(isDone, { everyMs: 20, withinMs: 30_000 }),
      // Where it cannot go on.
      running.then(() => true),
    ]);
    if (!isInTime) throw new Error(`'${topic}' was not archived in 30 s: ${far()}`);
  } finally {
    pipeline.stop();
    await running.finally(() => Promise.all([pipeline.close(), source.close()]));
    await Promise.all([admin.close(), producer.close()]);
  }
  return { lines: await linesOf(topic, bucket, s3), events };
}

async function linesOf(topic: string, bucket: string, s3: S3Access) {
  const client = s3ClientOf(s3);
  const lines: Line[] = [];
  for await (const object of readObjects(client, bucket, `topic=${topic}/`)) {
    lines.push(...object.lines.map((line) => JSON.parse(line) as Line));
  }
  client.destroy();
  return lines.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
