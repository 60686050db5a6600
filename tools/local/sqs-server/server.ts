/**
 * A small SQS server for one machine: standard queues in memory, with delays, visibility timeouts,
 * dead-letter queues and move tasks, over the service's JSON protocol. It responds with an error to
 * operations that it does not implement, verifies no signature, and listens on loopback only.
 *
 * @module
 */

import { ServiceError, startJsonServer } from '../json-server.ts';
import type { ServerFault } from '../server-fault.ts';
import { operations, type QueueSet } from './operations.ts';
import { Queue, type QueueSettings } from './queue.ts';

/** A request, as far as faults are concerned. */
export interface SqsRequestInfo {
  /** Such as `SendMessage`. */
  readonly operation: string;
  /** Empty if the operation does not name a queue by its URL. */
  readonly queue: string;
}

/** A queue to create; its dead-letter queue must come before it in the list. */
export interface QueueOptions extends Omit<QueueSettings, 'deadLetters'> {
  readonly deadLetters?: { readonly name: string; readonly maxReceiveCount: number };
}

/** Options of a server. */
export interface SqsServerOptions {
  readonly queues: readonly QueueOptions[];
  /** @default 0, any free port */
  readonly port?: number;
  /** Epoch milliseconds. @default the system's clock */
  readonly now?: () => number;
  /** Called before a request is executed, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: SqsRequestInfo,
  ) => ServerFault | undefined | Promise<ServerFault | undefined>;
}

/** A running server. */
export interface SqsServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Returns a queue for direct access. @throws {RangeError} if there is none of that name */
  queue(name: string): Queue;
  urlOf(name: string): string;
  close(): Promise<void>;
}

/** Starts a server on the loopback interface. */
export async function startSqsServer(options: SqsServerOptions): Promise<SqsServer> {
  const { fault, now = Date.now, port = 0 } = options;
  const closing = new AbortController();
  const queues = createQueues(options.queues, now);
  const set: QueueSet = { queues, moveTasks: new Map(), now, closing: closing.signal };
  const { close, endpoint } = await startJsonServer({
    port,
    contentType: 'application/x-amz-json-1.0',
    errorPrefix: 'com.amazonaws.sqs#',
    faultOf: (operation, { QueueUrl: url = '' }) =>
      fault?.({ operation, queue: String(url).split('/').at(-1) ?? '' }),
    execute(operation, input) {
      const execute = operations[operation];
      if (execute !== undefined) return execute(set, input);
      throw new ServiceError('InvalidAction', 'This server does not have that operation');
    },
  });
  return {
    endpoint,
    urlOf: (name) => `${endpoint}/000000000000/${name}`,
    queue(name) {
      const queue = queues.get(name);
      if (queue === undefined) throw new RangeError(`no queue '${name}'`);
      return queue;
    },
    close() {
      closing.abort();
      return close();
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
    const all = { ...settings, ...(queue && { deadLetters: { ...deadLetters, queue } }) };
    queues.set(settings.name, new Queue(all, now));
  }
  return queues;
}
