/**
 * Bodies of requests: their permitted length and their plain bytes.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { BodyChecks, type BodySummary } from './checksums.ts';
import { S3Error } from './errors.ts';

/** Largest body of one put. https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
const MAX_DOCUMENT_BYTES = 2 * 1024 ** 2;

const streamingPayloads = [
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD',
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER',
];

function isStreaming(request: IncomingMessage): boolean {
  return streamingPayloads.includes(String(request.headers['x-amz-content-sha256']));
}

/**
 * Refuses a request without `x-amz-content-sha256`, or with a value that S3 does not know.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function checkContentSha256(request: IncomingMessage): void {
  const value = request.headers['x-amz-content-sha256'];
  if (value === undefined) {
    const message = 'Missing required header for this request: x-amz-content-sha256';
    throw new S3Error('InvalidRequest', { message });
  }
  const isKnown = value === 'UNSIGNED-PAYLOAD' || /^[0-9a-f]{64}$/i.test(String(value));
  if (isKnown || isStreaming(request)) return;
  const known = ['UNSIGNED-PAYLOAD', ...streamingPayloads].join(', ');
  const message = `x-amz-content-sha256 must be ${known} or a valid sha256 value.`;
  throw new S3Error('InvalidArgument', { message });
}

function declaredLength(request: IncomingMessage): number {
  const { headers } = request;
  const declared = isStreaming(request)
    ? headers['x-amz-decoded-content-length']
    : headers['content-length'];
  if (declared === undefined && headers['transfer-encoding'] !== undefined) {
    // S3 refuses a chunked HTTP body whose length no header declares.
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
      // Checked before writing, so that a body longer than declared cannot fill the disk.
      if (received > length) throw new S3Error('IncompleteBody');
      yield bytes;
    }
  }
  decoder.finish();
  if (received !== length) throw new S3Error('IncompleteBody');
}

/**
 * Receives a request's body, with any `aws-chunked` encoding removed, and passes it to `sink` while
 * verifying it.
 *
 * @throws {S3Error} if the body is incomplete, over `limit` bytes, or does not match its digests.
 */
export async function receiveBody(
  request: IncomingMessage,
  sink: (chunk: Buffer) => Promise<unknown>,
  limit = MAX_OBJECT_BYTES,
): Promise<BodySummary> {
  const checks = new BodyChecks(request.headers);
  const length = declaredLength(request);
  if (length > limit) {
    throw new S3Error(limit === MAX_OBJECT_BYTES ? 'EntityTooLarge' : 'MaxMessageLengthExceeded', {
      fields: { ProposedSize: String(length), MaxSizeAllowed: String(limit) },
    });
  }
  // Keep the socket if the body is refused part way: the response is sent on it.
  const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const decoder = new AwsChunkedDecoder();
  const chunks = isStreaming(request) ? decodeBody(pieces, decoder, length) : pieces;
  for await (const chunk of chunks) {
    const written = sink(chunk);
    checks.update(chunk);
    await written;
  }
  return checks.finish(decoder.trailers);
}

/** Receives a small body, such as an XML document, as text; verified like an object's body. */
export async function receiveDocument(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  await receiveBody(request, async (chunk) => chunks.push(chunk), MAX_DOCUMENT_BYTES);
  return Buffer.concat(chunks).toString('utf8');
}
