/**
 * What a request says about its body, checked against the body as it passes: `Content-MD5`,
 * `x-amz-content-sha256` and one `x-amz-checksum-*` from a header or a trailer.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { type Crc, createCrc32c, createCrc64Nvme } from './crc.ts';
import { S3Error } from './errors.ts';

const digestBytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;
const HEADER_PREFIX = 'x-amz-checksum-';

/** Algorithms of `x-amz-checksum-*` that the server computes. */
export type ChecksumAlgorithm = keyof typeof digestBytes;

/** One checksum of a body, base64. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

/** What the server knows of a body once all of it came and every check held. */
export interface BodySummary {
  readonly size: number;
  /** MD5, hexadecimal. */
  readonly etag: string;
  /** The one the client sent, or S3's own CRC-64/NVME where it sent none. */
  readonly checksum: Checksum;
}

/** Whether a text (a header's suffix, a stored value) names a {@link ChecksumAlgorithm}. */
export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(digestBytes, name);
}

/** The header that carries a checksum of this algorithm. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `${HEADER_PREFIX}${algorithm}`;
}

function createDigest(algorithm: ChecksumAlgorithm): Crc | Hash {
  if (algorithm === 'crc32c') return createCrc32c();
  if (algorithm === 'crc64nvme') return createCrc64Nvme();
  if (algorithm !== 'crc32') return createHash(algorithm);
  let value = 0;
  const crc: Crc = {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE(value);
      return digest;
    },
  };
  return crc;
}

function invalidRequest(message: string): S3Error {
  return new S3Error('InvalidRequest', { message });
}

function isDigest(value: string, length: number): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === length && bytes.toString('base64') === value;
}

/** The algorithm a header or trailer name announces; S3's newer ones are not implemented here. */
function algorithmOf(name: string): ChecksumAlgorithm {
  const suffix = name.slice(HEADER_PREFIX.length);
  if (name.startsWith(HEADER_PREFIX) && isChecksumAlgorithm(suffix)) return suffix;
  throw new S3Error('NotImplemented', { fields: { Header: name } });
}

interface Expectation {
  readonly algorithm: ChecksumAlgorithm;
  /** Absent where the value comes in a trailer. */
  readonly value?: string;
}

function announcedTrailers(headers: IncomingHttpHeaders): string[] {
  const announced = headers['x-amz-trailer'];
  if (announced === undefined) return [];
  return String(announced)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

const modifiers = new Set(['mode', 'type', 'algorithm'].map((name) => HEADER_PREFIX + name));

function readExpectation(headers: IncomingHttpHeaders): Expectation | undefined {
  const names = Object.keys(headers).filter(
    (name) => name.startsWith(HEADER_PREFIX) && !modifiers.has(name),
  );
  const found: Expectation[] = names.map((name) => {
    const algorithm = algorithmOf(name);
    const value = String(headers[name]);
    if (!isDigest(value, digestBytes[algorithm])) {
      throw invalidRequest(`Value for ${name} header is invalid.`);
    }
    return { algorithm, value };
  });
  found.push(...announcedTrailers(headers).map((name) => ({ algorithm: algorithmOf(name) })));
  if (found.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  checkSdkAlgorithm(headers['x-amz-sdk-checksum-algorithm'], found[0]);
  return found[0];
}

function checkSdkAlgorithm(named: string | string[] | undefined, found?: Expectation): void {
  if (named === undefined) return;
  if (found === undefined) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (String(named).toLowerCase() !== found.algorithm) {
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
}

/** Follows one body. Made before the first byte, so that a wrong header is refused unread. */
export class BodyChecks {
  /** Whether the client sent a digest of the body besides its signature's own. */
  readonly isDigestSent: boolean;
  readonly #md5 = createHash('md5');
  readonly #contentMd5: string | undefined;
  readonly #sha256: Hash | undefined;
  readonly #contentSha256: string;
  readonly #expected: Expectation | undefined;
  readonly #algorithm: ChecksumAlgorithm;
  readonly #digest: Crc | Hash;
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
    this.#digest = createDigest(this.#algorithm);
    this.isDigestSent = this.#contentMd5 !== undefined || this.#expected !== undefined;
  }

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    this.#md5.update(chunk);
    this.#sha256?.update(chunk);
    this.#digest.update(chunk);
  }

  /**
   * Ends the body.
   *
   * @throws {S3Error} `BadDigest`, `XAmzContentSHA256Mismatch` or `MalformedTrailerError` where the
   * body is not what the request said.
   */
  finish(trailers: ReadonlyMap<string, string>): BodySummary {
    const md5 = this.#md5.digest();
    if (this.#sha256 !== undefined && this.#sha256.digest('hex') !== this.#contentSha256) {
      throw new S3Error('XAmzContentSHA256Mismatch');
    }
    if (this.#contentMd5 !== undefined && this.#contentMd5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest');
    }
    const value = this.#digest.digest().toString('base64');
    const sent = this.#sentValue(trailers);
    if (sent !== undefined && sent !== value) {
      const name = this.#algorithm.toUpperCase();
      throw new S3Error('BadDigest', {
        message: `The ${name} you specified did not match the calculated checksum.`,
      });
    }
    return {
      size: this.#size,
      etag: md5.toString('hex'),
      checksum: { algorithm: this.#algorithm, value },
    };
  }

  #sentValue(trailers: ReadonlyMap<string, string>): string | undefined {
    if (this.#expected === undefined || this.#expected.value !== undefined) {
      // A trailer nobody announced is as malformed as an announced one that does not come.
      if (trailers.size > 0) throw new S3Error('MalformedTrailerError');
      return this.#expected?.value;
    }
    const name = checksumHeader(this.#algorithm);
    const value = trailers.get(name);
    if (value === undefined || trailers.size > 1) throw new S3Error('MalformedTrailerError');
    if (!isDigest(value, digestBytes[this.#algorithm])) {
      throw invalidRequest(`Value for ${name} trailing header is invalid.`);
    }
    return value;
  }
}
