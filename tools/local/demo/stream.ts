import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStreamSettings } from '../firehose-server/delivery-stream.ts';
import { type FirehoseServerOptions, startFirehoseServer } from '../firehose-server/server.ts';
import type { StreamAccess } from '../lambda/local-functions.ts';
import { ownTopicName } from './demo-topic.ts';
import type { DemoOptions } from './options.ts';
import { count, type StreamFigures } from './report.ts';

/** Name of the delivery stream. */
export const STREAM = 'archive';

const LOOK_MS = 100;

/** Where a stream makes its objects, and what goes wrong with it. */
export interface DemoStreamPlace
  extends Pick<FirehoseServerOptions, 'fault' | 's3'>,
    Pick<DeliveryStreamSettings, 'bucket' | 'objectPrefix'> {}

/** The delivery stream of a run. */
export interface DemoStream {
  /** For the functions. */
  readonly access: StreamAccess;
  /** What is to come, for the user. */
  readonly description: string;
  /** Waits until all of it is in objects. */
  settle(progress: (line: string) => void): Promise<void>;
  figures(): StreamFigures;
  close(): Promise<void>;
}

/** Starts a stream as the options have it; undefined where they have none. */
export async function startDemoStream(
  options: DemoOptions,
  { fault, s3, ...place }: DemoStreamPlace,
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
        ...{ ...place, name: STREAM, timeFolder, compression, bufferSeconds },
        bufferBytes: bufferMiB * 1024 * 1024,
        // As the stack's, it does not look into lines where there is one folder.
        ...(timeFolder === 'none' && topics.length === 1 && { folder: `topic=${topics[0]}/` }),
      },
    ],
    onTaken: () => {
      records += 1;
    },
  });
  const stream = server.stream(STREAM);
  return {
    access: { endpoint: server.endpoint, name: STREAM },
    description: `through delivery stream '${STREAM}', which makes an object of a folder's lines after ${bufferMiB} MiB or ${bufferSeconds} s`,
    async settle(progress) {
      for (let { waiting } = stream.counts(); waiting > 0; { waiting } = stream.counts()) {
        progress(
          `in the stream: ${count(waiting)} lines, for ${bufferSeconds} s or until it is full`,
        );
        await sleep(LOOK_MS);
      }
      progress('');
    },
    figures: () => ({ ...stream.counts(), records }),
    close: () => server.close(),
  };
}
