import pLimit from 'p-limit';
import { ArchiverError, toArchiverError } from '../errors.ts';
import type { CallOptions, ChunkStream } from '../ports.ts';
import { toCalls } from './chunks.ts';
import type { Chunk } from './stream-plan.ts';

/** Upper limits in milliseconds: of the first pause, which then doubles, and of any pause. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** What {@link sendChunks} works with. */
export interface SendOptions extends CallOptions {
  readonly maxParallelCalls: number;
  /** From 0 to 1: the jitter of pauses. */
  readonly random: () => number;
  /** Waits; resolves early when the signal aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The result of {@link sendChunks}. */
export interface SendResult {
  /** Chunks that the stream did not accept, each with the reason. */
  readonly failed: readonly { readonly chunk: Chunk; readonly error: ArchiverError }[];
  /** How often a call succeeded but rejected one of its chunks. */
  readonly rejections: number;
}

/**
 * Sends chunks to a stream, several calls in parallel. If the stream accepts a call in part, only the
 * rejected chunks are sent again, with growing, jittered pauses, until the signal aborts. A chunk whose call
 * got no answer may be in the stream; a retry of the batch then duplicates it.
 */
export async function sendChunks(
  stream: ChunkStream,
  chunks: readonly Chunk[],
  options: SendOptions,
): Promise<SendResult> {
  const limit = pLimit(options.maxParallelCalls);
  const results = await Promise.all(
    toCalls(chunks).map((call) => limit(() => sendCall(stream, call, options))),
  );
  return {
    failed: results.flatMap(({ failed }) => failed),
    rejections: results.reduce((sum, { rejections }) => sum + rejections, 0),
  };
}

async function sendCall(
  stream: ChunkStream,
  call: readonly Chunk[],
  options: SendOptions,
): Promise<SendResult> {
  const { signal } = options;
  let left = call;
  let rejections = 0;
  const failedBy = (error: ArchiverError): SendResult => ({
    failed: left.map((chunk) => ({ chunk, error })),
    rejections,
  });
  for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(LONGEST_PAUSE_MS, longest * 2)) {
    let codes: readonly (string | undefined)[];
    try {
      codes = await stream.put(
        left.map(({ data }) => data),
        options,
      );
    } catch (error) {
      return failedBy(toArchiverError(error));
    }
    const rejected = codes.filter((code) => code !== undefined);
    left = left.filter((_, index) => codes[index] !== undefined);
    rejections += rejected.length;
    if (left.length === 0) return { failed: [], rejections };
    await options.pause(Math.round(options.random() * longest), signal);
    if (signal.aborted) return failedBy(stillRejected(rejected, call.length));
  }
}

function stillRejected(codes: readonly string[], sent: number): ArchiverError {
  const reasons = [...new Set(codes)].sort().join(', ');
  const problem = `${codes.length} of ${sent} chunks still rejected at the deadline (${reasons})`;
  return new ArchiverError('STREAM_WRITE_FAILED', problem, { retryable: true });
}
