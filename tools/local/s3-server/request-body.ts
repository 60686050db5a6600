/**
 * Bodies of requests: how long they may be, and their plain bytes.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { BodyChecks, type BodySummary } from './checksums.ts';
import { S3Error } from './errors.ts';

/** Largest body of one put. https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
export const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
/** A `DeleteObjects` request names at most 1000 keys of 1024 bytes each. */
const MAX_DOCUMENT_BYTES = 2 * 1024 ** 2;

const streamingPayloads = new Set([
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD',
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER',
]);

/** A body that was not read yet. */
export interface RequestBody {
  /** Plain bytes, `aws-chunked` taken off; to be read once. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Filled when `chunks` ended. */
  readonly trailers: ReadonlyMap<string, string>;
}

function isStreaming(request: IncomingMessage): boolean {
  return streamingPayloads.has(String(request.headers['x-amz-content-sha256']));
}

/**
 * Refuses a value of `x-amz-content-sha256` that S3 does not know, or its absence.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function checkContentSha256(request: IncomingMessage): void {
  const value = request.headers['x-amz-content-sha256'];
  if (value === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    });
  }
  const isKnown = value === 'UNSIGNED-PAYLOAD' || /^[0-9a-f]{64}$/i.test(String(value));
  if (!isKnown && !isStreaming(request)) {
    throw new S3Error('InvalidArgument', {
      message:
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: String(value) },
    });
  }
}

function declaredLength(request: IncomingMessage): number {
  const { headers } = request;
  const declared = isStreaming(request)
    ? headers['x-amz-decoded-content-length']
    : headers['content-length'];
  if (
    declared === undefined &&
    headers['transfer-encoding'] !== undefined &&
    !isStreaming(request)
  ) {
    // S3 takes no HTTP chunked body whose length no header tells.
    throw new S3Error('NotImplemented', { fields: { Header: 'Transfer-Encoding' } });
  }
  if (declared === undefined) throw new S3Error('MissingContentLength');
  if (!/^\d{1,15}$/.test(String(declared))) {
    throw new S3Error('InvalidArgument', { message: 'The length of the body is not a number' });
  }
  return Number(declared);
}

async function* decodeBody(
  pieces: AsyncIterable<Buffer>,
  decoder: AwsChunkedDecoder,
  length: number,
): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const piece of pieces) {
    for (const bytes of decoder.decode(piece)) {
      received += bytes.length;
      // Told before the bytes are written: a body longer than it says shall not fill the disk.
      if (received > length) throw new S3Error('IncompleteBody');
      yield bytes;
    }
  }
  decoder.finish();
  if (received !== length) throw new S3Error('IncompleteBody');
}

/**
 * Opens a request's body.
 *
 * @throws {S3Error} where its length is missing or over `limit` bytes.
 */
export function openBody(request: IncomingMessage, limit = MAX_OBJECT_BYTES): RequestBody {
  const length = declaredLength(request);
  if (length > limit) {
    throw new S3Error(limit === MAX_OBJECT_BYTES ? 'EntityTooLarge' : 'MaxMessageLengthExceeded', {
      fields: { ProposedSize: String(length), MaxSizeAllowed: String(limit) },
    });
  }
  // The socket has to outlive a body that is refused half way: the answer goes out on it.
  const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  if (!isStreaming(request)) return { chunks: pieces, trailers: new Map() };
  const decoder = new AwsChunkedDecoder();
  return { chunks: decodeBody(pieces, decoder, length), trailers: decoder.trailers };
}

/** Hands a body to `sink` while checking it, and tells what it was. */
export async function receiveBody(
  body: RequestBody,
  checks: BodyChecks,
  sink: (chunk: Buffer) => Promise<unknown>,
): Promise<BodySummary> {
  for await (const chunk of body.chunks) {
    const written = sink(chunk);
    checks.update(chunk);
    await written;
  }
  return checks.finish(body.trailers);
}

/** The text of a small body such as an XML document, checked like an object's. */
export async function readDocument(request: IncomingMessage, needsDigest = false): Promise<string> {
  const checks = new BodyChecks(request.headers);
  if (needsDigest && !checks.isDigestSent) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5',
    });
  }
  const chunks: Buffer[] = [];
  await receiveBody(openBody(request, MAX_DOCUMENT_BYTES), checks, async (chunk) =>
    chunks.push(chunk),
  );
  return Buffer.concat(chunks).toString('utf8');
}
