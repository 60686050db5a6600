/**
 * A small S3 server for one machine that stores objects as plain files.
 *
 * It implements the operations in `router.ts` as S3 does, conditional writes and checksums in
 * particular, and responds with 501 to everything else. A request needs an `Authorization` header,
 * but **its signature is not verified**: anyone who can reach the port can read and write, so the
 * server listens on the loopback interface only. It does not flush to disk: what is stored survives
 * the end of the process, but not a power failure.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { close as closeDescriptor, createReadStream } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { closeServer, listenOnLoopback } from '../loopback.ts';
import type { ServerFault } from '../server-fault.ts';
import { messageOf, S3Error } from './errors.ts';
import { FolderStore } from './folder-store.ts';
import type { Answer, CreatedObject } from './operation.ts';
import { checkContentSha256 } from './request-body.ts';
import { type OperationName, type RoutedRequest, routeRequest } from './router.ts';
import { errorDocument } from './xml.ts';

/** Longer than the batch window of any test, so that idle connections stay open. */
const KEEP_ALIVE_MS = 60_000;

/** A running server. */
export interface S3Server {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Closes every connection, and returns when no request is being executed. */
  close(): Promise<void>;
}

/** A request, as far as faults are concerned. */
export interface S3RequestInfo {
  readonly operation: OperationName;
  readonly bucket: string;
  /** Empty for an operation on a bucket. */
  readonly key: string;
}

/** Options of a server. */
export interface S3ServerOptions {
  /** Contains one folder per bucket, with each object as a plain file at its key. */
  readonly root: string;
  /** @default 0, any free port */
  readonly port?: number;
  /** Buckets to create at the start. @default none */
  readonly buckets?: readonly string[];
  /** Called before a request is executed, to inject a fault; may delay. @default no faults */
  readonly fault?: (
    request: S3RequestInfo,
  ) => ServerFault | undefined | Promise<ServerFault | undefined>;
  /** Called after an object was created, before the response; must not throw. @default nothing */
  readonly onObjectCreated?: (object: CreatedObject) => void;
  /** Clock of `Last-Modified`. @default the system's */
  readonly now?: () => Date;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

function ignore(): void {}

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

function faultAnswer({ status, code }: { readonly status: number; readonly code: string }): Answer {
  const body = errorDocument({ Code: code, Message: messageOf(code) });
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

function discardAnswer(answer: Answer): void {
  if (typeof answer.body === 'object') closeDescriptor(answer.body.descriptor, ignore);
}

/** The length of an XML body; the headers of a file already contain it. */
function bodyLength({ status, body }: Answer, request: IncomingMessage): OutgoingHttpHeaders {
  if (typeof body === 'object' || request.method === 'HEAD' || status === 204) return {};
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
    // A reader that disconnects part way is not an error of the server.
    await pipeline(createReadStream('', options), response).catch(ignore);
  }
  // Drain a refused body, or the next request on the connection would never be read.
  request.resume();
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

  /** Starts no more requests, and returns when none is being executed. */
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
      if (!request.headers.authorization) throw new S3Error('AccessDenied');
      checkContentSha256(request);
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
      await sendAnswer(faultAnswer(fault), exchange);
    } else {
      await this.#track(this.#execute(routed, exchange, fault?.kind === 'lost-answer'));
    }
  }

  async #execute(routed: RoutedRequest, exchange: Exchange, isLost: boolean): Promise<void> {
    const { bucket, key, query, execute } = routed;
    const answer = await Promise.resolve({
      store: this.#store,
      request: exchange.request,
      target: { bucket, key },
      query,
      now: this.#options.now ?? (() => new Date()),
      onObjectCreated: this.#options.onObjectCreated ?? ignore,
    })
      .then(execute)
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

/** Starts a server on the loopback interface; serves what the root folder already contains. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const handler = new RequestHandler(options);
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A large body from a slow sender is not an error.
    requestTimeout: 0,
  });
  server.on('request', (request, response) => {
    // Only a response that cannot be written gets here: the client must notice that it is missing.
    handler.handle(request, response).catch((error: Error) => response.destroy(error));
  });
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  return {
    endpoint,
    async close() {
      const handled = handler.close();
      await closeServer(server);
      await handled;
    },
  };
}
