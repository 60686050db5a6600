/**
 * A server on a temporary folder for one test, a client for it, and raw HTTP requests for what the
 * client would not send.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { type S3Server, type S3ServerOptions, startS3Server } from '../../s3-server/server.ts';

export { failureOf } from '../../../../test/conformance/s3/test-bucket.ts';

export const bucket = 'archive';

export interface RunningServer extends S3Server {
  readonly root: string;
  readonly client: S3Client;
}

/** A folder that is deleted after the test. */
export async function temporaryRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 's3-server-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** The SDK's client; it sends each request once by default. */
export function createClient(endpoint: string, config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' },
    maxAttempts: 1,
    ...config,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** A server with the bucket `archive`, closed after the test. */
export async function startServer(options: Partial<S3ServerOptions> = {}): Promise<RunningServer> {
  const root = options.root ?? (await temporaryRoot());
  const server = await startS3Server({ buckets: [bucket], ...options, root });
  onTestFinished(() => server.close());
  return { ...server, root, client: createClient(server.endpoint) };
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Code of the XML error document. */
  readonly code: string | undefined;
}

/** Sends a request exactly as given; a header of `undefined` is omitted, even a default one. */
export function rawRequest(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const { body = '', method = 'GET' } = raw;
  const length = method === 'GET' || method === 'HEAD' ? undefined : Buffer.byteLength(body);
  const given: OutgoingHttpHeaders = {
    'content-length': length,
    authorization: 'AWS4-HMAC-SHA256 fake',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    ...raw.headers,
  };
  const headers = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const { port, hostname } = new URL(endpoint);
  const options = {
    hostname,
    port,
    path: raw.path,
    method,
    headers,
    agent: false,
  };
  const outgoing = httpRequest(options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code });
      outgoing.destroy();
    });
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}
