/**
 * Digests that a request declares for its body: `Content-MD5`, `x-amz-content-sha256` and one
 * `x-amz-checksum-*`, in a header or a trailer. They are verified while the body streams through.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { z } from 'zod';
import { S3Error } from './errors.ts';

interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array | Promise<Uint8Array>;
}

const algorithms = {
  crc32: { bytes: 4, create: (): Digest => new Crc32() },
  crc32c: { bytes: 4, create: (): Digest => new Crc32c() },
  crc64nvme: { bytes: 8, create: (): Digest => new Crc64Nvme() },
  sha1: { bytes: 20, create: (): Digest => createHash('sha1') },
  sha256: { bytes: 32, create: (): Digest => createHash('sha256') },
} as const;

const HEADER_PREFIX = 'x-amz-checksum-';

/** Algorithms of `x-amz-checksum-*` that the server computes. */
export type ChecksumAlgorithm = keyof typeof algorithms;

const algorithmNames = Object.keys(algorithms) as [ChecksumAlgorithm, ...ChecksumAlgorithm[]];

/** A checksum of a body, in base64. */
export const checksumSchema = z
  .object({ algorithm: z.enum(algorithmNames), value: z.string() })
  .readonly();

/** A checksum of a body, in base64. */
export type Checksum = z.infer<typeof checksumSchema>;

/** What the server knows about a body that arrived whole and passed every check. */
export interface BodySummary {
  readonly size: number;
  /** MD5, hexadecimal. */
  readonly etag: string;
  /** The checksum that the client sent, or CRC-64/NVME if it sent none, as S3 does. */
  readonly checksum: Checksum;
}

/** The header that carries a checksum of this algorithm. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `${HEADER_PREFIX}${algorithm}`;
}

function invalidRequest(message: string): S3Error {
  return new S3Error('InvalidRequest', { message });
}

function isDigest(value: string, length: number): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === length && bytes.toString('base64') === value;
}

/** The algorithm that a header or trailer names; S3's newer algorithms are not implemented here. */
function algorithmOf(name: string): ChecksumAlgorithm {
  const found = algorithmNames.find((algorithm) => checksumHeader(algorithm) === name);
  if (found !== undefined) return found;
  throw new S3Error('NotImplemented', { fields: { Header: name } });
}

interface Expectation {
  readonly algorithm: ChecksumAlgorithm;
  /** Absent if the value follows in a trailer. */
  readonly value?: string;
}

const modifiers = new Set(['mode', 'type', 'algorithm'].map((name) => HEADER_PREFIX + name));

function readExpectation(headers: IncomingHttpHeaders): Expectation | undefined {
  const inHeaders: Expectation[] = Object.keys(headers)
    .filter((name) => name.startsWith(HEADER_PREFIX) && !modifiers.has(name))
    .map((name) => {
      const algorithm = algorithmOf(name);
      const value = String(headers[name]);
      if (isDigest(value, algorithms[algorithm].bytes)) return { algorithm, value };
      throw invalidRequest(`Value for ${name} header is invalid.`);
    });
  const inTrailers: Expectation[] = String(headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
    .map((name) => ({ algorithm: algorithmOf(name) }));
  const [expected, ...others] = [...inHeaders, ...inTrailers];
  if (others.length === 0) return expected;
  throw invalidRequest(
    'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  );
}

/** Verifies one body. Create it before reading, so that an invalid header is refused first. */
export class BodyChecks {
  readonly #md5 = createHash('md5');
  readonly #contentMd5: string | undefined;
  readonly #sha256: Hash | undefined;
  readonly #contentSha256: string;
  readonly #expected: Expectation | undefined;
  readonly #algorithm: ChecksumAlgorithm;
  readonly #digest: Digest;
  #size = 0;

  constructor(headers: IncomingHttpHeaders) {
    this.#contentMd5 = headers['content-md5']?.toString();
    if (this.#contentMd5 !== undefined && !isDigest(this.#contentMd5, 16)) {
      throw new S3Error('InvalidDigest');
    }
    this.#contentSha256 = String(headers['x-amz-content-sha256']).toLowerCase();
    this.#sha256 = /^[0-9a-f]{64}$/.test(this.#contentSha256) ? createHash('sha256') : undefined;
    this.#expected = readExpectation(headers);
    this.#algorithm = this.#expected?.algorithm ?? 'crc64nvme';
    this.#digest = algorithms[this.#algorithm].create();
  }

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    this.#md5.update(chunk);
    this.#sha256?.update(chunk);
    this.#digest.update(chunk);
  }

  /**
   * Finishes the body.
   *
   * @throws {S3Error} `BadDigest`, `XAmzContentSHA256Mismatch` or `MalformedTrailerError` if the body
   * differs from what the request declared.
   */
  async finish(trailers: ReadonlyMap<string, string>): Promise<BodySummary> {
    const md5 = this.#md5.digest();
    if (this.#sha256 !== undefined && this.#sha256.digest('hex') !== this.#contentSha256) {
      throw new S3Error('XAmzContentSHA256Mismatch');
    }
    if (this.#contentMd5 !== undefined && this.#contentMd5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest');
    }
    const algorithm = this.#algorithm;
    const value = Buffer.from(await this.#digest.digest()).toString('base64');
    const sent = this.#sentValue(trailers);
    if (sent !== undefined && sent !== value) {
      const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
      throw new S3Error('BadDigest', { message });
    }
    return { size: this.#size, etag: md5.toString('hex'), checksum: { algorithm, value } };
  }

  #sentValue(trailers: ReadonlyMap<string, string>): string | undefined {
    if (this.#expected === undefined || this.#expected.value !== undefined) {
      // A trailer that was not announced is as malformed as an announced one that is missing.
      if (trailers.size > 0) throw new S3Error('MalformedTrailerError');
      return this.#expected?.value;
    }
    const name = checksumHeader(this.#algorithm);
    const value = trailers.get(name);
    if (value === undefined || trailers.size > 1) throw new S3Error('MalformedTrailerError');
    if (isDigest(value, algorithms[this.#algorithm].bytes)) return value;
    throw invalidRequest(`Value for ${name} trailing header is invalid.`);
  }
}
