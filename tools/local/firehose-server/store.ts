import type { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { EmulatorClock } from '../mapping/event-source-mapping.ts';

const gzipped = promisify(gzip);

/** Where objects go, and how long that is tried. */
export interface StreamStoreDeps {
  /** Tries each request once. */
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: EmulatorClock;
  /** Milliseconds before another try. ASSUMED: not documented. */
  readonly retryDelayMs: number;
  /** Ends waits, and leaves a few tries. */
  readonly closing: AbortSignal;
}

/** An object on its way. */
export interface StreamObject {
  readonly text: Buffer;
  readonly isCompressed: boolean;
  /** Another one for each try. */
  readonly newKey: () => string;
}

/** For which records are kept: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html */
export const RETENTION_MS = 24 * 3_600_000;
const LAST_TRIES = 10;

/**
 * Stores an object with a plain put, trying again as long as records are kept. Each try is an object of its own,
 * so that a put whose answer is lost makes doubles: delivery retries "might introduce duplicates if the original
 * data-delivery request eventually goes through", as above.
 *
 * @returns its key; undefined where it is given up
 */
export async function storeObject(
  { bucket, client, clock, closing, retryDelayMs }: StreamStoreDeps,
  { isCompressed, newKey, text }: StreamObject,
): Promise<string | undefined> {
  const Body = isCompressed ? await gzipped(text) : text;
  const end = clock.now() + RETENTION_MS;
  let triesLeft = LAST_TRIES;
  while (clock.now() < end && triesLeft > 0) {
    const Key = newKey();
    try {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      return Key;
    } catch {
      // Whatever it is, the service tries again.
      if (closing.aborted) triesLeft -= 1;
      await clock.sleep(retryDelayMs, closing);
    }
  }
  return undefined;
}
