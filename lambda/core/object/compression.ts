import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../../contract.ts';

const gzipAsync = promisify<Buffer, object, Buffer>(gzip);
const zstdAsync = promisify<Buffer, object, Buffer>(zstdCompress);

/** zlib's default size of an output chunk, in bytes. */
const DEFAULT_CHUNK = 16 * 1024;

/** The default is 8; 9 needs 128 KiB more and saves one or two percent of the time and a little of the size. */
const MOST_MEMORY = 9;

/** Memory with which a function has one core, in MiB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const ONE_CORE_MIB = 1769;

/** Where a body is compressed. The main thread does nothing else meanwhile. */
export type CompressionThread = 'main thread' | 'thread pool';

/**
 * Returns where a function compresses best: with less than a core to share, a second thread costs time and saves none.
 *
 * @param memoryMiB of the function; NaN if it is not known
 */
export function compressionThread(memoryMiB: number): CompressionThread {
  return memoryMiB < ONE_CORE_MIB ? 'main thread' : 'thread pool';
}

/** How to compress. `level` is on the compression's own scale; `none` ignores it. */
export interface CompressionSettings {
  readonly compression: Compression;
  readonly level: number;
  /** It changes no body. */
  readonly compressOn: CompressionThread;
}

/** The `Content-Type` of a body by its compression: that of the file itself, see docs/reading-the-archive.md. */
export const contentTypes = {
  gzip: 'application/gzip',
  zstd: 'application/zstd',
  none: 'application/x-ndjson',
} as const satisfies Record<Compression, string>;

/** Compresses a body; `none` copies it. The result shares no memory with the body. */
export async function compress(
  body: Buffer,
  { compression, compressOn, level }: CompressionSettings,
): Promise<Buffer> {
  const isInPool = compressOn === 'thread pool';
  switch (compression) {
    case 'gzip': {
      // Large enough for one output chunk in most cases: concatenating many small ones costs a fifth of the time.
      const chunkSize = Math.max(DEFAULT_CHUNK, body.length >> 2);
      const options = { level, chunkSize, memLevel: MOST_MEMORY };
      return isInPool ? gzipAsync(body, options) : gzipSync(body, options);
    }
    case 'zstd': {
      const options = {
        params: { [constants.ZSTD_c_compressionLevel]: level },
        chunkSize: Math.max(DEFAULT_CHUNK, mostZstdBytes(body.length)),
        // Written into the frame, so readers can allocate once.
        pledgedSrcSize: body.length,
      };
      return isInPool ? zstdAsync(body, options) : zstdCompressSync(body, options);
    }
    case 'none':
      return Buffer.from(body);
  }
}

/**
 * The most bytes of a zstd frame. With room for them, zstd compresses from where the body is, and does not copy it through
 * a window first: 7 % less CPU, and fewer bytes. Memory that is not written to costs nothing.
 *
 * `ZSTD_compressBound`: https://facebook.github.io/zstd/zstd_manual.html#Chapter3
 */
function mostZstdBytes(length: number): number {
  const SMALL = 128 * 1024;
  return length + (length >> 8) + (length < SMALL ? (SMALL - length) >> 11 : 0);
}
