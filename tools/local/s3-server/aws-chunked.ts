/**
 * The `aws-chunked` content encoding, which the SDKs use for bodies whose checksum follows at the
 * end. Signatures of chunks and trailers are skipped, not verified.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 *
 * @module
 */

import { S3Error } from './errors.ts';

/** Far longer than any chunk header or trailer. */
const MAX_LINE_BYTES = 8 * 1024;
const CHUNK_HEADER = /^([0-9a-f]{1,12})(?:;.*)?$/i;
/** Only the last non-empty chunk may be smaller. */
const MIN_CHUNK_BYTES = 8 * 1024;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

type Expecting = 'chunk-header' | 'chunk' | 'chunk-end' | 'trailers';

/** Decodes a body that arrives in pieces of any size; buffers at most one line. */
export class AwsChunkedDecoder {
  /** Trailers after the last chunk, without the signature; names in lower case. */
  readonly trailers = new Map<string, string>();
  #expecting: Expecting = 'chunk-header';
  #remaining = 0;
  #chunks = 0;
  /** Size of the previous chunk; starts at the minimum so that the first chunk is accepted. */
  #previousSize = MIN_CHUNK_BYTES;
  #line: Buffer = Buffer.alloc(0);
  #isComplete = false;

  /** Decodes the next piece; the result shares its memory. */
  *decode(piece: Buffer): Generator<Buffer> {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#expecting === 'chunk') {
        const bytes = rest.subarray(0, this.#remaining);
        rest = rest.subarray(bytes.length);
        this.#remaining -= bytes.length;
        if (this.#remaining === 0) this.#expecting = 'chunk-end';
        yield bytes;
      } else {
        rest = this.#takeLine(rest);
      }
    }
  }

  /**
   * Finishes the body.
   *
   * @throws {S3Error} `IncompleteBody` if the last chunk is missing.
   */
  finish(): void {
    if (!this.#isComplete || this.#line.length > 0) throw new S3Error('IncompleteBody');
  }

  #takeLine(piece: Buffer): Buffer {
    const end = piece.indexOf('\n');
    this.#line = Buffer.concat([this.#line, end === -1 ? piece : piece.subarray(0, end)]);
    if (this.#line.length > MAX_LINE_BYTES) throw this.#malformed();
    if (end === -1) return piece.subarray(piece.length);
    const line = this.#line.toString('latin1').replace(/\r$/, '');
    this.#line = Buffer.alloc(0);
    this.#readLine(line);
    return piece.subarray(end + 1);
  }

  #readLine(line: string): void {
    if (this.#expecting === 'chunk-header') {
      const size = CHUNK_HEADER.exec(line)?.[1];
      if (size === undefined) throw this.#malformed();
      this.#beginChunk(Number.parseInt(size, 16));
    } else if (this.#expecting === 'chunk-end') {
      if (line !== '') throw this.#malformed();
      this.#expecting = 'chunk-header';
    } else if (line === '') {
      // AWS's example also has an empty line before the trailer signature, so this need not be the end.
      this.#isComplete = true;
    } else {
      this.#readTrailer(line);
    }
  }

  #beginChunk(size: number): void {
    this.#chunks += 1;
    if (size > 0 && this.#previousSize < MIN_CHUNK_BYTES) {
      // S3 reports the chunk that shows that the previous one was not the last.
      const fields = { Chunk: String(this.#chunks), BadChunkSize: String(this.#previousSize) };
      throw new S3Error('InvalidChunkSizeError', { fields });
    }
    this.#previousSize = size;
    this.#remaining = size;
    this.#expecting = size === 0 ? 'trailers' : 'chunk';
  }

  #readTrailer(line: string): void {
    const colon = line.indexOf(':');
    if (colon < 1) throw this.#malformed();
    const name = line.slice(0, colon).trim().toLowerCase();
    if (name !== TRAILER_SIGNATURE) this.trailers.set(name, line.slice(colon + 1).trim());
  }

  #malformed(): S3Error {
    return this.#expecting === 'trailers'
      ? new S3Error('MalformedTrailerError')
      : new S3Error('IncompleteBody', { message: 'The aws-chunked body is not well-formed' });
  }
}
