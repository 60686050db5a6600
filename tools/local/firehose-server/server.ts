/**
 * A small Firehose server for one machine: delivery streams into S3, over the service's JSON protocol, with the
 * service's limits. It buffers in memory, answers with an error to what it does not know, checks no signature,
 * and listens on the loopback interface only.
 *
 * @module
 */

import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { EmulatorClock } from '../mapping/event-source-mapping.ts';
import { systemClock } from '../mapping/pipeline.ts';
import { type S3Access, s3ClientOf } from '../s3-client.ts';
import type { ServerFault } from '../server-fault.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './delivery-stream.ts';
import { FirehoseError } from './errors.ts';
import { type Fields, type IsRejected, operations, type StreamSet } from './operations.ts';
import { Throttle } from './throttle.ts';

/** A request, as far as faults go. */
export interface FirehoseRequestInfo {
  /** Such as `PutRecordBatch`. */
  readonly operation: string;
  readonly stream: string;
  /** How many there are in it. */
  readonly records: number;
}

/** What goes wrong with a request: also, that some of its records are rejected. */
export type FirehoseFault =
  | ServerFault
  | { readonly kind: 'reject'; readonly isRejected: IsRejected };

/** How to start a server. */
export interface FirehoseServerOptions {
  readonly streams: readonly DeliveryStreamSettings[];
  /** Where their buckets are. */
  readonly s3: S3Access;
  /** @default 0, any free one */
  readonly port?: number;
  /** @default - the system's */
  readonly clock?: EmulatorClock;
  /** Milliseconds between tries to store an object. @default 1000 */
  readonly retryDelayMs?: number;
  /** Called before a request is carried out, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: FirehoseRequestInfo,
  ) => FirehoseFault | undefined | Promise<FirehoseFault | undefined>;
  /** Told of each record that a stream takes. @default nobody is */
  readonly onTaken?: (stream: string, record: Buffer) => void;
}

/** A running server. */
export interface FirehoseServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** A stream of this process. @throws {RangeError} where there is none of the name */
  stream(name: string): DeliveryStream;
  /** Takes no more, stores what the streams have, and ends. */
  close(): Promise<void>;
}

/** Starts a server on the loopback interface. */
export async function startFirehoseServer(options: FirehoseServerOptions): Promise<FirehoseServer> {
  const { clock = systemClock, fault, onTaken = () => undefined, port = 0 } = options;
  const { retryDelayMs = 1000, s3, streams } = options;
  // It tries again by itself.
  const client = s3ClientOf(s3, 1);
  const served = streams.map((settings) => ({
    stream: new DeliveryStream(settings, { client, clock, retryDelayMs }),
    throttle: new Throttle(settings.rates ?? {}, () => clock.now()),
  }));
  const set: StreamSet = {
    streams: new Map(served.map((each) => [each.stream.settings.name, each])),
    onTaken,
  };
  const server = createServer((request, response) => {
    serve(set, fault, { request, response }).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stream(name) {
      const found = set.streams.get(name);
      if (found === undefined) throw new RangeError(`no stream '${name}'`);
      return found.stream;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all(served.map(({ stream }) => stream.close()));
      client.destroy();
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const noneRejected: IsRejected = () => false;

async function serve(
  set: StreamSet,
  faultOf: FirehoseServerOptions['fault'],
  { request, response }: Exchange,
): Promise<void> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const operation = target.replace(/^Firehose_20150804\./, '');
  const input: Fields = JSON.parse((await text(request)) || '{}');
  const fault = await faultOf?.({
    operation,
    stream: String(input.DeliveryStreamName ?? ''),
    records: Array.isArray(input.Records) ? input.Records.length : 1,
  });
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'error') {
    answer(response, fault.status, { __type: fault.code });
    return;
  }
  const carryOut = operations[operation] ?? unknownOperation;
  let result: { readonly status: number; readonly body: object };
  try {
    const isRejected = fault?.kind === 'reject' ? fault.isRejected : noneRejected;
    result = { status: 200, body: carryOut(set, input, isRejected) };
  } catch (error) {
    if (!(error instanceof FirehoseError)) throw error;
    const { code, message, status } = error;
    result = { status, body: { __type: code, message } };
  }
  if (fault?.kind === 'lost-answer') request.socket.destroy();
  else answer(response, result.status, result.body);
}

function unknownOperation(): never {
  throw new FirehoseError('UnknownOperationException', 'This server does not have that operation');
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': randomUUID(),
    })
    .end(JSON.stringify(body));
}
