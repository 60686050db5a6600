import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression } from '../../contract.ts';

const gzipAsync = promisify<Buffer, object, Buffer>(gzip);
const zstdAsync = promisify<Buffer, object, Buffer>(zstdCompress);

/** zlib's default size of an output chunk, in bytes. */
const DEFAULT_CHUNK = 16 * 1024;

/** zlib's own scale, of which 8 is the default: 128 KiB more, for one or two percent of the time and a little of the size. */
const MOST_MEMORY = 9;

/** How to compress; `level` as the compression's own scale has it, without meaning for `none`. */
export interface CompressionSettings {
  readonly compression: Compression;
  readonly level: number;
}

/** The `Content-Type` of a body so compressed: that of the file itself, see docs/object-layout.md. */
export const contentTypes = {
  gzip: 'application/gzip',
  zstd: 'application/zstd',
  none: 'application/x-ndjson',
} as const satisfies Record<Compression, string>;

/** Compresses a body in the thread pool, or with `none` copies it: the result shares no memory with it. */
export function compress(
  body: Buffer,
  { compression, level }: CompressionSettings,
): Promise<Buffer> {
  // One output chunk for most bodies: gathering many small ones costs a fifth of the time and more.
  const chunkSize = Math.max(DEFAULT_CHUNK, body.length >> 2);
  switch (compression) {
    case 'gzip':
      return gzipAsync(body, { level, chunkSize, memLevel: MOST_MEMORY });
    case 'zstd':
      return zstdAsync(body, {
        params: { [constants.ZSTD_c_compressionLevel]: level },
        chunkSize,
        // Written into the frame, so that readers can allocate once.
        pledgedSrcSize: body.length,
      });
    case 'none':
      return Promise.resolve(Buffer.from(body));
  }
}
