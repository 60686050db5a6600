/**
 * A small S3 server for one machine, that keeps objects as plain files.
 *
 * It does what S3 does for the operations in `router.ts`, conditional writes and checksums above
 * all, and answers 501 to everything else. A request needs an `Authorization` header, but **its
 * signature is not checked**: whoever can reach the port can read and write, which is why it
 * listens on the loopback interface only. Nothing is flushed to the disk itself: what was stored
 * outlives the process, not a power cut.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { close as closeDescriptor, createReadStream } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ServerFault } from '../server-fault.ts';
import { messageOf, S3Error } from './errors.ts';
import { FolderStore } from './folder-store.ts';
import type { Answer, CreatedObject } from './operation.ts';
import { checkContentSha256 } from './request-body.ts';
import { type OperationName, type RoutedRequest, routeRequest } from './router.ts';
import { errorDocument } from './xml.ts';

/** Idle connections stay open longer than a batch window's test takes; `close` ends them. */
const KEEP_ALIVE_MS = 60_000;

/** A running server. */
export interface S3Server {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Ends every connection, and returns when no request is being carried out. */
  close(): Promise<void>;
}

/** Which request it is. */
export interface S3RequestInfo {
  readonly operation: OperationName;
  /** Empty for `ListBuckets`. */
  readonly bucket: string;
  /** Empty for an operation on a bucket. */
  readonly key: string;
}

/** How to start a server. */
export interface S3ServerOptions {
  /** Folder that holds one folder per bucket; objects are plain files below it, at their key. */
  readonly root: string;
  /** @default 0, any free one */
  readonly port?: number;
  /** Buckets to make at start. @default none */
  readonly buckets?: readonly string[];
  /** Called before a request is carried out, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: S3RequestInfo,
  ) => ServerFault | undefined | Promise<ServerFault | undefined>;
  /** Called after an object was created, before the answer; must not throw. @default nothing */
  readonly onObjectCreated?: (object: CreatedObject) => void;
  /** Time of `Last-Modified`. @default the system's clock */
  readonly now?: () => Date;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

function ignore(): void {}

function authorize(request: IncomingMessage): void {
  if ((request.headers.authorization ?? '') === '') throw new S3Error('AccessDenied');
  checkContentSha256(request);
}

function errorAnswer(error: unknown, { request, requestId }: Exchange): Answer {
  const known =
    error instanceof S3Error
      ? error
      : new S3Error('InternalError', { message: error instanceof Error ? error.message : '' });
  return {
    status: known.status,
    headers: { 'content-type': 'application/xml' },
    body: errorDocument({
      Code: known.code,
      Message: known.message,
      ...known.fields,
      Resource: (request.url ?? '/').replace(/\?.*$/s, ''),
      RequestId: requestId,
    }),
  };
}

function faultAnswer(fault: { status: number; code: string }, exchange: Exchange): Answer {
  const fields = {
    Code: fault.code,
    Message: messageOf(fault.code),
    Resource: exchange.request.url ?? '/',
    RequestId: exchange.requestId,
  };
  const headers = { 'content-type': 'application/xml' };
  return { status: fault.status, headers, body: errorDocument(fields) };
}

function discardAnswer(answer: Answer): void {
  if (typeof answer.body === 'object') closeDescriptor(answer.body.descriptor, ignore);
}

/** Told of every body but those of files, whose headers have it, and where HTTP has no body. */
function bodyLength({ status, body }: Answer, request: IncomingMessage): OutgoingHttpHeaders {
  if (typeof body === 'object' || request.method === 'HEAD') return {};
  if (status === 204 || status === 304) return {};
  return { 'content-length': Buffer.byteLength(body ?? '') };
}

async function sendAnswer(answer: Answer, { request, response, requestId }: Exchange) {
  const { body } = answer;
  if (response.destroyed) return discardAnswer(answer);
  response.writeHead(answer.status, {
    server: 'AmazonS3',
    'x-amz-request-id': requestId,
    'x-amz-id-2': requestId,
    ...answer.headers,
    ...bodyLength(answer, request),
  });
  if (typeof body !== 'object') {
    response.end(request.method === 'HEAD' ? undefined : body);
  } else if (body.length === 0) {
    discardAnswer(answer);
    response.end();
  } else {
    const { descriptor, start, length } = body;
    const options = { fd: descriptor, start, end: start + length - 1 };
    // A reader that goes away half way is no failure of the server.
    await pipeline(createReadStream('', options), response).catch(ignore);
  }
  // The rest of a refused body has to be read, or the connection's next request is not.
  request.resume();
}

function listen(server: Server, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    resolve(`http://127.0.0.1:${bound}`);
  });
  return promise;
}

class RequestHandler {
  readonly #options: S3ServerOptions;
  readonly #store: FolderStore;
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: S3ServerOptions) {
    this.#options = options;
    this.#store = new FolderStore(options.root);
    for (const bucket of options.buckets ?? []) this.#store.createBucket(bucket);
  }

  /** Takes up no more requests, and returns when none is being carried out. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    const exchange: Exchange = { request, response, requestId };
    let routed: RoutedRequest;
    let fault: ServerFault | undefined;
    try {
      authorize(request);
      routed = routeRequest(request);
      const { operation, bucket, key } = routed;
      fault = await this.#options.fault?.({ operation, bucket, key });
    } catch (error) {
      return sendAnswer(errorAnswer(error, exchange), exchange);
    }
    if (fault?.kind === 'hang' || this.#isClosed) return;
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
    } else if (fault?.kind === 'error') {
      await sendAnswer(faultAnswer(fault, exchange), exchange);
    } else {
      await this.#track(this.#carryOut(routed, exchange, fault?.kind === 'lost-answer'));
    }
  }

  async #carryOut(routed: RoutedRequest, exchange: Exchange, isLost: boolean): Promise<void> {
    const { bucket, key, query, carryOut } = routed;
    const answer = await Promise.resolve({
      store: this.#store,
      request: exchange.request,
      target: { bucket, key },
      query,
      now: this.#options.now ?? (() => new Date()),
      onObjectCreated: this.#options.onObjectCreated ?? ignore,
    })
      .then(carryOut)
      .catch((error: unknown) => errorAnswer(error, exchange));
    if (!isLost) return sendAnswer(answer, exchange);
    discardAnswer(answer);
    exchange.request.socket.destroy();
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#running.add(work);
    try {
      await work;
    } finally {
      this.#running.delete(work);
    }
  }
}

/** Starts a server on the loopback interface; what is in the root folder already is served. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const handler = new RequestHandler(options);
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A large body from a slow sender is no fault.
    requestTimeout: 0,
  });
  server.on('request', (request, response) => {
    // Only an answer that cannot be written ends here: the client has to see that there is none.
    handler.handle(request, response).catch((error: Error) => response.destroy(error));
  });
  const endpoint = await listen(server, options.port ?? 0);
  return {
    endpoint,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const handled = handler.close();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
      await handled;
    },
  };
}
