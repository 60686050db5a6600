import { setTimeout as sleep } from 'node:timers/promises';
import { type StreamFolders, streamPrefixes } from '../../../lib/storage/stream-prefix.ts';
import type { DeliveryStreamSettings } from '../firehose-server/delivery-stream.ts';
import { type FirehoseServerOptions, startFirehoseServer } from '../firehose-server/server.ts';
import type { StreamAccess } from '../lambda/local-functions.ts';
import { ownTopicName } from './demo-topic.ts';
import type { DemoOptions } from './options.ts';
import { count, type StreamFigures } from './report.ts';

/** Name of the delivery stream. */
export const STREAM = 'archive';

const LOOK_MS = 100;

/** Where a stream stores its objects, and its faults. */
export interface DemoStreamPlace
  extends Pick<FirehoseServerOptions, 'fault' | 's3'>,
    Pick<DeliveryStreamSettings, 'bucket'>,
    Pick<StreamFolders, 'objectPrefix'> {}

/** The delivery stream of a run. */
export interface DemoStream {
  /** How the functions connect to it. */
  readonly access: StreamAccess;
  /** Describes the stream for the user. */
  readonly description: string;
  /** Waits until everything is stored in objects. */
  settle(progress: (line: string) => void): Promise<void>;
  figures(): StreamFigures;
  close(): Promise<void>;
}

/** Starts the run's stream; undefined if it has none. */
export async function startDemoStream(
  options: DemoOptions,
  { bucket, fault, objectPrefix, s3 }: DemoStreamPlace,
): Promise<DemoStream | undefined> {
  const { compression, kafka, stream: wanted, timeFolder } = options;
  if (wanted === undefined || compression === 'zstd') return undefined;
  const { bufferMiB, bufferSeconds } = wanted;
  const topics = kafka?.topics ?? [ownTopicName(options)];
  let records = 0;
  const server = await startFirehoseServer({
    ...(fault && { fault }),
    s3,
    streams: [
      {
        ...{ name: STREAM, bucket, compression, bufferSeconds },
        ...streamPrefixes({ objectPrefix, timeFolder, topics }),
        bufferBytes: bufferMiB * 1024 * 1024,
      },
    ],
    onTaken: () => {
      records += 1;
    },
  });
  const stream = server.stream(STREAM);
  return {
    access: { endpoint: server.endpoint, name: STREAM },
    description: `delivery stream '${STREAM}' stores the lines of a folder as an object after ${bufferMiB} MiB or ${bufferSeconds} s`,
    async settle(progress) {
      for (let { waiting } = stream.counts(); waiting > 0; { waiting } = stream.counts()) {
        progress(
          `waiting for the stream to store ${count(waiting)} lines, within ${bufferSeconds} s`,
        );
        await sleep(LOOK_MS);
      }
      progress('');
    },
    figures: () => ({ ...stream.counts(), records }),
    close: () => server.close(),
  };
}
