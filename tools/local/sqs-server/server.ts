/**
 * A small SQS server for one machine: standard queues in memory, with delays, visibility timeouts,
 * dead-letter queues and the tasks that move messages out of them, over the service's JSON protocol. It
 * answers with an error to what it does not know, checks no signature, and listens on the loopback
 * interface only.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ServerFault } from '../server-fault.ts';
import { operations, type QueueSet, SqsError } from './operations.ts';
import { Queue, type QueueSettings } from './queue.ts';

/** A request, as far as faults go. */
export interface SqsRequestInfo {
  /** Such as `SendMessage`. */
  readonly operation: string;
  /** Empty where the operation names none by its URL. */
  readonly queue: string;
}

/** How to set up a queue: its dead-letter queue stands before it in the list. */
export interface QueueOptions extends Omit<QueueSettings, 'deadLetters'> {
  readonly deadLetters?: { readonly name: string; readonly maxReceiveCount: number };
}

/** How to start a server. */
export interface SqsServerOptions {
  readonly queues: readonly QueueOptions[];
  /** @default 0, any free one */
  readonly port?: number;
  /** Epoch milliseconds. @default the system's clock */
  readonly now?: () => number;
  /** Called before a request is carried out, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: SqsRequestInfo,
  ) => ServerFault | undefined | Promise<ServerFault | undefined>;
}

/** A running server. */
export interface SqsServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** A queue of this process. @throws {RangeError} where there is none of the name */
  queue(name: string): Queue;
  urlOf(name: string): string;
  close(): Promise<void>;
}

/** Starts a server on the loopback interface. */
export async function startSqsServer({
  fault,
  now = Date.now,
  port = 0,
  queues,
}: SqsServerOptions): Promise<SqsServer> {
  const closing = new AbortController();
  const set: QueueSet = {
    queues: createQueues(queues, now),
    moveTasks: new Map(),
    urlOf: (name) => `${endpoint}/000000000000/${name}`,
    now,
    closing: closing.signal,
  };
  const server = createServer((request, response) => {
    serve(set, fault, { request, response }).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    urlOf: set.urlOf,
    queue(name) {
      const queue = set.queues.get(name);
      if (queue === undefined) throw new RangeError(`no queue '${name}'`);
      return queue;
    },
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

function createQueues(
  options: readonly QueueOptions[],
  now: () => number,
): ReadonlyMap<string, Queue> {
  const queues = new Map<string, Queue>();
  for (const { deadLetters, ...settings } of options) {
    const queue = deadLetters && queues.get(deadLetters.name);
    if (deadLetters && !queue) throw new RangeError(`no queue '${deadLetters.name}' so far`);
    const { name } = settings;
    queues.set(
      name,
      new Queue({ ...settings, ...(queue && { deadLetters: { ...deadLetters, queue } }) }, now),
    );
  }
  return queues;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(
  set: QueueSet,
  faultOf: SqsServerOptions['fault'],
  { request, response }: Exchange,
): Promise<void> {
  const operation = String(request.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, '');
  const input: Readonly<Record<string, unknown>> = JSON.parse((await text(request)) || '{}');
  const queue = String(input.QueueUrl ?? '')
    .split('/')
    .at(-1);
  const fault = await faultOf?.({ operation, queue: queue ?? '' });
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'error') {
    answer(response, fault.status, { __type: `com.amazonaws.sqs#${fault.code}` });
    return;
  }
  const carryOut = operations[operation] ?? unknownOperation;
  let result: { readonly status: number; readonly body: object };
  try {
    result = { status: 200, body: await carryOut(set, input) };
  } catch (error) {
    if (!(error instanceof SqsError)) throw error;
    const { code, message } = error;
    result = { status: 400, body: { __type: `com.amazonaws.sqs#${code}`, message } };
  }
  if (fault?.kind === 'lost-answer') request.socket.destroy();
  else answer(response, result.status, result.body);
}

function unknownOperation(): never {
  throw new SqsError('InvalidAction', 'This server does not have that operation');
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-requestid': randomUUID(),
    })
    .end(JSON.stringify(body));
}
