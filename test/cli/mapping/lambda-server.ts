/**
 * The event source mappings of Lambda and the environment of a function, with a journal of its requests.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The consumer of a mapping. */
interface ConsumerConfig {
  readonly ConsumerGroupId: string;
  readonly SchemaRegistryConfig?: { readonly SchemaRegistryURI: string };
}

/** A mapping as Lambda returns it. */
export interface FakeMapping {
  readonly UUID: string;
  readonly FunctionArn: string;
  readonly Topics: readonly string[];
  State: string;
  readonly EventSourceArn?: string | undefined;
  readonly ProvisionedPollerConfig?: object | null;
  readonly SourceAccessConfigurations?: readonly { readonly Type: string; readonly URI: string }[];
  readonly AmazonManagedKafkaEventSourceConfig?: ConsumerConfig | undefined;
  readonly SelfManagedKafkaEventSourceConfig?: ConsumerConfig | undefined;
  readonly SelfManagedEventSource?: {
    readonly Endpoints: { readonly KAFKA_BOOTSTRAP_SERVERS: readonly string[] };
  };
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
  readonly StartingPosition?: string;
  /** Epoch seconds. */
  readonly StartingPositionTimestamp?: number;
}

/** An error that Lambda returns. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** Whether Lambda makes the change nevertheless. */
  readonly isDone?: boolean;
}

/** Options of {@link startLambda}. */
export interface LambdaOptions {
  readonly mappings: readonly FakeMapping[];
  /** Environment variables of every function. @default - the functions have none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Receives each request, such as `PUT Enabled=false`, `GET Disabling` or `LIST archive`. */
  readonly journal?: string[];
  /** Number of responses with the transitional state before the change is complete. @default 1 */
  readonly transitions?: number;
  readonly fault?: (request: string) => Refusal | undefined;
  /** Called, and awaited, with the new state of a mapping before a response shows it. */
  readonly onState?: (state: string) => unknown;
}

const CONFIGURATION = /^\/2015-03-31\/functions\/[^/]+\/configuration$/;

const PATH = /^\/2015-03-31\/event-source-mappings\/?(?<uuid>[^/?]*)$/;

/** Starts the server. */
export async function startLambda(options: LambdaOptions) {
  const { journal = [] } = options;
  const changes = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://lambda');
    if (CONFIGURATION.test(url.pathname)) {
      journal.push('GET configuration');
      const { variables: Variables } = options;
      return send(response, { ...(Variables && { Environment: { Variables } }) });
    }
    const { uuid = '' } = PATH.exec(url.pathname)?.groups ?? {};
    const body = await text(request);
    const mapping = options.mappings.find(({ UUID }) => UUID === uuid);
    const isEnabled: unknown = body === '' ? undefined : JSON.parse(body).Enabled;
    if (mapping !== undefined && request.method === 'GET') await settle(mapping);
    const line = lineOf({ request, url, mapping, isEnabled });
    journal.push(line);
    const fault = options.fault?.(line);
    const isDone = fault === undefined || fault.isDone === true;
    if (mapping !== undefined && request.method === 'PUT' && isDone) {
      mapping.State = isEnabled === true ? 'Enabling' : 'Disabling';
      changes.set(mapping.UUID, options.transitions ?? 1);
    }
    if (fault !== undefined) refuse(response, fault);
    else if (uuid === '') send(response, { EventSourceMappings: listed(url) });
    else if (mapping !== undefined) send(response, mapping);
    else refuse(response, missing);
  });

  async function settle(mapping: FakeMapping): Promise<void> {
    const left = changes.get(mapping.UUID);
    if (left === undefined) return;
    changes.set(mapping.UUID, left - 1);
    if (left > 0) return;
    mapping.State = mapping.State === 'Enabling' ? 'Enabled' : 'Disabled';
    changes.delete(mapping.UUID);
    await options.onState?.(mapping.State);
  }

  /** Like a Lambda that leaves out the mappings of versions if given a name alone. */
  function listed(url: URL): readonly FakeMapping[] {
    const name = url.searchParams.get('FunctionName');
    return options.mappings.filter(
      ({ FunctionArn }) => name === null || FunctionArn.endsWith(`:function:${name}`),
    );
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    journal,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const missing: Refusal = {
  status: 404,
  type: 'ResourceNotFoundException',
  message: 'The resource you requested does not exist.',
};

interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly mapping: FakeMapping | undefined;
  readonly isEnabled: unknown;
}

function lineOf({ isEnabled, mapping, request, url }: Asked): string {
  if (request.method === 'PUT') return `PUT Enabled=${isEnabled}`;
  if (mapping !== undefined) return `GET ${mapping.State}`;
  return `LIST ${url.searchParams.get('FunctionName') ?? 'all'}`;
}

function send(response: ServerResponse, document: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function refuse(response: ServerResponse, { message, status, type }: Refusal): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ Type: 'User', Message: message, message }));
}
