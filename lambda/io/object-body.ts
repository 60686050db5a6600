import { Buffer } from 'node:buffer';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  createGunzip,
  createZstdDecompress,
  gunzip,
  gunzipSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { ArchiverError } from '../core/errors.ts';
import type { StoredObject } from '../core/object/archive-source.ts';

/** Bytes of a decompressed block: large enough that the calls for each are few. */
const BLOCK_BYTES = 1024 * 1024;

/** A body that is in memory is decompressed at once, unless it becomes larger than this. */
const MOST_AT_ONCE = 32 * 1024 * 1024;

/** Below this size, handing a body to the thread pool costs more than decompressing it here. */
const LEAST_IN_POOL = 64 * 1024;

/** More than any line: a record has a few megabytes at most, and its line six times as much. */
const MOST_LINE_BYTES = 256 * 1024 * 1024;

const LINE_FEED = 0x0a;

const gunzipInPool = promisify<Buffer, object, Buffer>(gunzip);

const formats = [
  {
    ending: '.jsonl',
    atOnce: (body: Buffer, _: object) => body,
    inPool: async (body: Buffer, _: object) => body,
    stream: undefined,
  },
  {
    ending: '.jsonl.gz',
    atOnce: gunzipSync,
    inPool: gunzipInPool,
    stream: (): Transform => createGunzip({ chunkSize: BLOCK_BYTES }),
  },
  {
    ending: '.jsonl.zst',
    atOnce: zstdDecompressSync,
    inPool: promisify<Buffer, object, Buffer>(zstdDecompress),
    stream: (): Transform => createZstdDecompress({ chunkSize: BLOCK_BYTES }),
  },
] as const;

/** Node.js refuses chunks of fewer than 64 bytes, and a file can name a size that it has not. */
const LEAST_CHUNK = 1024;

/** Of a gzip file: its first two bytes, and the fewest that it has. https://www.rfc-editor.org/rfc/rfc1952 */
const GZIP_MAGIC = 0x1f8b;
const GZIP_LEAST = 18;

/** Whether a key is that of an object with lines, by its extension. */
export function hasLines(key: string): boolean {
  return formats.some(({ ending }) => key.endsWith(ending));
}

/**
 * Decompresses the body of an object and yields blocks of whole lines, each with its line feed. Lines end at line feeds
 * alone. Memory is bounded by the size of a block and of the longest line.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if the object ends early, is no such file, or has a line of more than 256 MiB
 */
export async function* blocksOf(key: string, object: StoredObject): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of decompressed(key, object)) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const first = chunk.subarray(0, end);
      yield length === 0 ? first : Buffer.concat([...rest, first]);
      rest = [];
      length = 0;
    }
    if (end === chunk.length) continue;
    // A copy, so that it does not keep the whole chunk in memory.
    rest.push(Buffer.from(chunk.subarray(end)));
    length += chunk.length - end;
    if (length > MOST_LINE_BYTES) {
      throw new ArchiverError('LOAD_FAILED', `'${key}' has a line of more than 256 MiB`);
    }
  }
  if (length > 0) yield Buffer.concat(rest);
}

/**
 * The decompressed size of an object whose body is in memory and is, by its first and last bytes, a small gzip file:
 * one for {@link decompressTogether}. Undefined for other objects.
 */
export function smallGzipSize({ body }: StoredObject): number | undefined {
  if (!Buffer.isBuffer(body) || body.length < GZIP_LEAST || body.length >= LEAST_IN_POOL) return;
  const size = gzipSize(body);
  return body.readUInt16BE() === GZIP_MAGIC && size > 0 && size <= BLOCK_BYTES ? size : undefined;
}

/**
 * Decompresses objects in one call on the thread pool, which costs far less than a call for each: concatenated gzip
 * files are one. Returns undefined if the result has not the size that they name; then read each by {@link blocksOf}.
 *
 * @param objects those that {@link smallGzipSize} has a size for
 */
export async function decompressTogether(
  objects: readonly StoredObject[],
): Promise<Buffer | undefined> {
  const bodies = objects.map(({ body }) => body as Buffer);
  const size = bodies.reduce((sum, body) => sum + gzipSize(body), 0);
  const options = { chunkSize: Math.max(size + 1, LEAST_CHUNK), maxOutputLength: size };
  const whole = await gunzipInPool(Buffer.concat(bodies), options).catch(() => undefined);
  return whole?.length === size ? whole : undefined;
}

/** Yields the lines of a block, as views without their line feed. */
export function* linesOf(block: Buffer): Generator<Buffer> {
  let start = 0;
  while (start < block.length) {
    const end = block.indexOf(LINE_FEED, start);
    const stop = end === -1 ? block.length : end;
    if (stop > start) yield block.subarray(start, stop);
    start = stop + 1;
  }
}

async function* decompressed(key: string, { body }: StoredObject): AsyncGenerator<Buffer> {
  const format = formats.find(({ ending }) => key.endsWith(ending));
  if (format === undefined) {
    const endings = formats.map(({ ending }) => ending).join(', ');
    throw new ArchiverError('LOAD_FAILED', `'${key}' does not end in one of ${endings}`);
  }
  try {
    if (Buffer.isBuffer(body)) {
      const whole = await inMemory(format, body);
      if (whole !== undefined) return yield whole;
    }
    const stream = format.stream?.();
    if (stream === undefined) yield* body as Readable;
    else {
      // The loop below throws the error.
      if (Buffer.isBuffer(body)) stream.end(body);
      else pipeline(body, stream, () => undefined);
      yield* stream;
    }
  } catch (error) {
    if (error instanceof ArchiverError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new ArchiverError('LOAD_FAILED', `'${key}' cannot be decompressed: ${code}`, {
      cause: error,
    });
  }
}

/** Returns undefined for a body that becomes too large. */
async function inMemory(
  { atOnce, ending, inPool }: (typeof formats)[number],
  body: Buffer,
): Promise<Buffer | undefined> {
  const chunkSize = ending === '.jsonl.gz' ? gzipChunk(body) : BLOCK_BYTES;
  const options = { maxOutputLength: MOST_AT_ONCE, chunkSize };
  try {
    return body.length < LEAST_IN_POOL ? atOnce(body, options) : await inPool(body, options);
  } catch (error) {
    if (isTooLarge(error)) return undefined;
    throw error;
  }
}

/** One chunk for the whole body where it is small. */
function gzipChunk(body: Buffer): number {
  return Math.min(Math.max(gzipSize(body) + 1, LEAST_CHUNK), BLOCK_BYTES);
}

/** The size that a gzip file ends with: that of its content, if it is whole and has one member. */
function gzipSize(body: Buffer): number {
  return body.length < GZIP_LEAST ? 0 : body.readUInt32LE(body.length - 4);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
