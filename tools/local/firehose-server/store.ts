import type { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { EmulatorClock } from '../mapping/clock.ts';

const gzipped = promisify(gzip);

/** Where objects are stored, and how it is retried. */
export interface StreamStoreDeps {
  /** Sends each request once. */
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: EmulatorClock;
  /** Milliseconds before a retry. ASSUMED: not documented. */
  readonly retryDelayMs: number;
  /** Ends delays, and limits the number of retries. */
  readonly closing: AbortSignal;
}

/** An object to store. */
export interface StreamObject {
  readonly text: Buffer;
  readonly isCompressed: boolean;
  /** Returns a new key for each attempt. */
  readonly newKey: () => string;
}

/** How long records are retried: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html */
const RETENTION_MS = 24 * 3_600_000;
const LAST_ATTEMPTS = 10;

/**
 * Stores an object with a plain put, and retries for a day. Each attempt uses a new key, so that a put
 * whose response is lost creates duplicates: delivery retries "might introduce duplicates if the
 * original data-delivery request eventually goes through", as above.
 *
 * @returns the key; undefined if the service gives up
 */
export async function storeObject(
  { bucket, client, clock, closing, retryDelayMs }: StreamStoreDeps,
  { isCompressed, newKey, text }: StreamObject,
): Promise<string | undefined> {
  const Body = isCompressed ? await gzipped(text) : text;
  const end = clock.now() + RETENTION_MS;
  let attemptsLeft = LAST_ATTEMPTS;
  while (clock.now() < end && attemptsLeft > 0) {
    const Key = newKey();
    try {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      return Key;
    } catch {
      // The service retries any error.
      if (closing.aborted) attemptsLeft -= 1;
      await clock.sleep(retryDelayMs, closing);
    }
  }
  return undefined;
}
