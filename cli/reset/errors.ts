import { isRefusal, reasonOf } from '../../kafka/client-errors.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';
import { explain } from '../aws-calls.ts';

/** A step that could not be done; the message says in which state it leaves things. */
export function failed(message: string, cause?: unknown): ArchiverError {
  return new ArchiverError('LOAD_FAILED', message, { cause });
}

/** A call of the Kafka client that failed, in the broker's own words. */
export function kafkaError(action: string, error: unknown): ArchiverError {
  const what = isRefusal(error) ? 'is not allowed' : 'failed';
  return failed(`${action} ${what}: ${reasonOf(error)}`, error);
}

/**
 * Makes a call of an AWS client.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`, with all that AWS says of it
 */
export async function askAws<Result>(
  action: string,
  options: StoreOptions,
  send: Parameters<typeof callAws<Result>>[2],
): Promise<Result> {
  try {
    return await callAws({ action, code: 'LOAD_FAILED' }, options, send);
  } catch (error) {
    throw explain(error, options.signal.aborted);
  }
}

/** What is said of a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
