/**
 * A small Firehose server for one machine: delivery streams into S3, over the service's JSON protocol
 * and with its limits. It buffers in memory, responds with an error to operations other than
 * `PutRecordBatch`, verifies no signature, and listens on loopback only.
 *
 * @module
 */

import type { Buffer } from 'node:buffer';
import { ServiceError, startJsonServer } from '../json-server.ts';
import { type EmulatorClock, systemClock } from '../mapping/clock.ts';
import { type S3Access, s3ClientOf } from '../s3-client.ts';
import type { ServerFault } from '../server-fault.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './delivery-stream.ts';
import { putRecordBatch } from './operations.ts';

/** A request, as far as faults are concerned. */
export interface FirehoseRequestInfo {
  /** Such as `PutRecordBatch`. */
  readonly operation: string;
  readonly stream: string;
  /** Number of records in the request. */
  readonly records: number;
}

/** A fault to inject into a request: `reject` rejects some of its records. */
export type FirehoseFault =
  | ServerFault
  | { readonly kind: 'reject'; readonly isRejected: (place: number) => boolean };

/** Options of a server. */
export interface FirehoseServerOptions {
  readonly streams: readonly DeliveryStreamSettings[];
  /** The server of the streams' buckets. */
  readonly s3: S3Access;
  /** @default 0, any free port */
  readonly port?: number;
  /** @default - the system's */
  readonly clock?: EmulatorClock;
  /** Milliseconds between attempts to store an object. @default 1000 */
  readonly retryDelayMs?: number;
  /** Called before a request is executed, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: FirehoseRequestInfo,
  ) => FirehoseFault | undefined | Promise<FirehoseFault | undefined>;
  /** Called with each record that a stream accepts. @default nothing */
  readonly onTaken?: (stream: string, record: Buffer) => void;
}

/** A running server. */
export interface FirehoseServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Returns a stream for direct access. @throws {RangeError} if there is none of that name */
  stream(name: string): DeliveryStream;
  /** Accepts no more requests, stores what the streams have buffered, and ends. */
  close(): Promise<void>;
}

/** Starts a server on the loopback interface. */
export async function startFirehoseServer(options: FirehoseServerOptions): Promise<FirehoseServer> {
  const { clock = systemClock, fault, port = 0, retryDelayMs = 1000, s3 } = options;
  // The streams retry themselves.
  const client = s3ClientOf(s3, 1);
  const streams = new Map(
    options.streams.map((settings) => {
      const stream = new DeliveryStream(settings, { client, clock, retryDelayMs });
      return [settings.name, stream] as const;
    }),
  );
  const { close, endpoint } = await startJsonServer<FirehoseFault>({
    port,
    contentType: 'application/x-amz-json-1.1',
    faultOf: (operation, { DeliveryStreamName: stream = '', Records: records }) =>
      fault?.({
        operation,
        stream: String(stream),
        records: Array.isArray(records) ? records.length : 1,
      }),
    execute(operation, input, chosen) {
      if (operation !== 'PutRecordBatch') {
        const message = 'This server does not have that operation';
        throw new ServiceError('UnknownOperationException', message);
      }
      const { DeliveryStreamName: name } = input;
      const stream = streams.get(String(name));
      if (stream === undefined) {
        const message = `Firehose ${name} under account 000000000000 not found.`;
        throw new ServiceError('ResourceNotFoundException', message);
      }
      const isRejected = chosen?.kind === 'reject' ? chosen.isRejected : () => false;
      const put = (record: Buffer) => {
        stream.put(record);
        options.onTaken?.(stream.settings.name, record);
      };
      return putRecordBatch(input, put, isRejected);
    },
  });
  return {
    endpoint,
    stream(name) {
      const found = streams.get(name);
      if (found === undefined) throw new RangeError(`no stream '${name}'`);
      return found;
    },
    async close() {
      await close();
      await Promise.all([...streams.values()].map((stream) => stream.close()));
      client.destroy();
    },
  };
}
