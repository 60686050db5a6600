import { FirehoseClient } from '@aws-sdk/client-firehose';
import type { S3Client } from '@aws-sdk/client-s3';
import { streamPrefixes } from '../../../../lib/storage/stream-prefix.ts';
import { readObjects } from '../../demo/read-back.ts';
import type { DeliveryStreamSettings } from '../../firehose-server/delivery-stream.ts';
import {
  type FirehoseServer,
  type FirehoseServerOptions,
  startFirehoseServer,
} from '../../firehose-server/server.ts';
import type { S3ServerOptions } from '../../s3-server/server.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';
import { clientOptionsOf, closeWhenFinished } from '../service-client.ts';

export const streamName = 'archive-stream';

/** A server with one stream into the bucket `archive`, and clients of both. */
export interface RunningStream extends FirehoseServer {
  /** Sends each request once. */
  readonly client: FirehoseClient;
  readonly s3Client: S3Client;
  /** Reads the lines of each object, by key. */
  objects(): Promise<ReadonlyMap<string, readonly string[]>>;
}

export interface StreamOptions extends Omit<Partial<FirehoseServerOptions>, 's3' | 'streams'> {
  readonly settings?: Partial<DeliveryStreamSettings>;
  readonly s3?: Partial<S3ServerOptions>;
}

/** Starts the server, which is closed after the test. */
export async function startStream({
  s3,
  settings,
  ...options
}: StreamOptions = {}): Promise<RunningStream> {
  const s3Server = await startServer(s3);
  const server = await startFirehoseServer({
    ...options,
    s3: s3Server,
    streams: [
      {
        ...{ name: streamName, bucket, compression: 'none' },
        ...streamPrefixes({ objectPrefix: '', timeFolder: 'hour', topics: ['orders'] }),
        ...{ bufferBytes: 1000, bufferSeconds: 60 },
        ...settings,
      },
    ],
  });
  const client = new FirehoseClient(clientOptionsOf(server.endpoint));
  closeWhenFinished(client, server);
  return {
    ...{ ...server, client, s3Client: s3Server.client },
    async objects() {
      const objects = new Map<string, readonly string[]>();
      for await (const { key, lines } of readObjects(s3Server.client, bucket)) {
        objects.set(key, lines);
      }
      return objects;
    },
  };
}
