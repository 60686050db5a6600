import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from './loopback.ts';
import type { ServerFault } from './server-fault.ts';

/** The fields of a request. */
export type Fields = Readonly<Record<string, unknown>>;

/** An error of the service, as the JSON protocol sends it. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A server of one of AWS's JSON protocols. */
export interface JsonServerOptions<Fault extends { readonly kind: string }> {
  /** @default 0, any free port */
  readonly port?: number;
  /** Such as `application/x-amz-json-1.0`. */
  readonly contentType: string;
  /** Prefixed to the code of an error. @default '' */
  readonly errorPrefix?: string;
  /** Chooses the fault to inject into a request; may delay. */
  readonly faultOf: (
    operation: string,
    input: Fields,
  ) => Fault | ServerFault | undefined | Promise<Fault | ServerFault | undefined>;
  /**
   * Executes an operation.
   *
   * @param fault one of the server's own kind
   * @throws {ServiceError} if the service would respond with an error
   */
  readonly execute: (
    operation: string,
    input: Fields,
    fault: Fault | undefined,
  ) => object | Promise<object>;
}

/** A running server. */
export interface JsonServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Closes all connections. From the call on, no operation is started, not even that of a request already received. */
  close(): Promise<void>;
}

/**
 * Starts a server on the loopback interface. It checks no signature: anyone who reaches the port may
 * call it.
 */
export async function startJsonServer<Fault extends { readonly kind: string }>(
  options: JsonServerOptions<Fault>,
): Promise<JsonServer> {
  let isClosed = false;
  const execute: typeof options.execute = (...call) => {
    if (isClosed) throw new Error('the server is closed');
    return options.execute(...call);
  };
  const server = createServer((request, response) => {
    serve({ ...options, execute }, request, response).catch(() => response.destroy());
  });
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  return {
    endpoint,
    close: () => {
      isClosed = true;
      return closeServer(server);
    },
  };
}

async function serve<Fault extends { readonly kind: string }>(
  { contentType, errorPrefix = '', execute, faultOf }: JsonServerOptions<Fault>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, body: object) => {
    const headers = { 'content-type': contentType, 'x-amzn-requestid': randomUUID() };
    response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const sendError = ({
    code,
    status,
    message,
  }: Pick<ServiceError, 'code' | 'status' | 'message'>) =>
    send(status, { __type: `${errorPrefix}${code}`, message });
  const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  const input: Fields = JSON.parse((await text(request)) || '{}');
  const fault = await faultOf(operation, input);
  if (isServerFault(fault)) {
    if (fault.kind === 'hang') return;
    if (fault.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault.kind === 'error') return sendError({ ...fault, message: '' });
  }
  try {
    const body = await execute(operation, input, isServerFault(fault) ? undefined : fault);
    if (fault?.kind === 'lost-answer') request.socket.destroy();
    else send(200, body);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (fault?.kind === 'lost-answer') request.socket.destroy();
    else sendError(error);
  }
}

function isServerFault(fault: { readonly kind: string } | undefined): fault is ServerFault {
  return fault !== undefined && ['error', 'reset', 'lost-answer', 'hang'].includes(fault.kind);
}
