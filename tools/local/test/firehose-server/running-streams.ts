import { FirehoseClient, FirehoseServiceException } from '@aws-sdk/client-firehose';
import type { S3Client } from '@aws-sdk/client-s3';
import { readObjects } from '../../demo/read-back.ts';
import type { DeliveryStreamSettings } from '../../firehose-server/delivery-stream.ts';
import {
  type FirehoseServer,
  type FirehoseServerOptions,
  startFirehoseServer,
} from '../../firehose-server/server.ts';
import type { S3ServerOptions } from '../../s3-server/server.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';
import { clientOptionsOf, closeWhenFinished, failuresOf } from '../service-client.ts';

export const streamName = 'archive-stream';

/** A server with one stream into the bucket `archive`, and what is before and behind it. */
export interface RunningStream extends FirehoseServer {
  /** Tries once. */
  readonly client: FirehoseClient;
  readonly s3Client: S3Client;
  /** The lines of each object, by its key. */
  objects(): Promise<ReadonlyMap<string, readonly string[]>>;
}

export interface StreamOptions extends Omit<Partial<FirehoseServerOptions>, 's3' | 'streams'> {
  readonly settings?: Partial<DeliveryStreamSettings>;
  readonly s3?: Partial<S3ServerOptions>;
}

/** Starts it, closed when the test is over. */
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
        ...{ name: streamName, bucket, objectPrefix: '', timeFolder: 'hour', compression: 'none' },
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

/** Status and error name of a call that fails. */
export const failureOf = failuresOf(FirehoseServiceException);
