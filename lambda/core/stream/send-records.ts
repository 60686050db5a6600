import pLimit from 'p-limit';
import { ArchiverError, toArchiverError } from '../errors.ts';
import type { RecordStream, CallOptions } from '../ports.ts';
import type { StreamRecord } from './stream-plan.ts';
import { toCalls } from './stream-records.ts';

/** Milliseconds that the first pause lasts at most; each further one may last twice as long. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** What {@link sendRecords} works with. */
export interface SendOptions extends CallOptions {
  readonly maxParallelCalls: number;
  /** From 0 to 1: the jitter of pauses. */
  readonly random: () => number;
  /** Waits; resolves early when the signal aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** How sending ended. */
export interface SendResult {
  /** Records that the stream did not take, with why. */
  readonly failed: readonly { readonly record: StreamRecord; readonly error: ArchiverError }[];
  /** Times that a record was rejected by a call that the stream took. */
  readonly rejections: number;
}

/**
 * Sends records to a stream, several calls at a time. Of a call that the stream takes in part, only what it
 * rejected is sent again, with growing, jittered pauses, until the signal aborts. A record whose call had no
 * answer may be in the stream, and is there twice when the batch comes again.
 */
export async function sendRecords(
  stream: RecordStream,
  records: readonly StreamRecord[],
  options: SendOptions,
): Promise<SendResult> {
  const limit = pLimit(options.maxParallelCalls);
  const results = await Promise.all(
    toCalls(records).map((call) => limit(() => sendCall(stream, call, options))),
  );
  return {
    failed: results.flatMap(({ failed }) => failed),
    rejections: results.reduce((sum, { rejections }) => sum + rejections, 0),
  };
}

async function sendCall(
  stream: RecordStream,
  call: readonly StreamRecord[],
  options: SendOptions,
): Promise<SendResult> {
  const { signal } = options;
  let left = call;
  let rejections = 0;
  const failedBy = (error: ArchiverError): SendResult => ({
    failed: left.map((record) => ({ record, error })),
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
    if (signal.aborted) return failedBy(notTaken(rejected));
  }
}

function notTaken(codes: readonly string[]): ArchiverError {
  const reasons = [...new Set(codes)].sort().join(', ');
  const problem = `${codes.length} records rejected until the deadline (${reasons})`;
  return new ArchiverError('STREAM_WRITE_FAILED', problem, { retryable: true });
}
