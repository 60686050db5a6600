import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';
import { explain } from '../aws-calls.ts';

/** A step that failed; the message says in which state it leaves the mapping and the offsets. */
export function failed(message: string, cause?: unknown): ArchiverError {
  return new ArchiverError('LOAD_FAILED', message, { cause });
}

/**
 * Makes a call of an AWS client.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`, with what AWS says about the failure
 */
export async function askAws<Result>(
  action: string,
  options: CallOptions,
  send: Parameters<typeof callAws<Result>>[2],
): Promise<Result> {
  try {
    return await callAws({ action, code: 'LOAD_FAILED' }, options, send);
  } catch (error) {
    throw explain(error, options.signal.aborted);
  }
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
