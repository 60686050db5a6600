import {
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { objectMetadataNames } from '../contract.ts';
import { ArchiverError } from '../core/errors.ts';
import type { ObjectStore } from '../core/ports.ts';
import { createRetryStrategy, MAX_ATTEMPTS } from './retry-strategy.ts';

/** Whether another invocation may get past it: not where S3 refuses the request itself. */
const isRetryableStatus = (status = 500) => status >= 500 || status === 409 || status === 429;

/** Milliseconds to connect: S3 takes tens at most. */
const CONNECTION_TIMEOUT = 3_000;

/** What an S3 client for the object store is made of. */
export interface S3ClientOptions {
  readonly maxParallelPuts: number;
  /** From 0 to 1: the jitter of pauses before retries. */
  readonly random: () => number;
}

/** An S3 client whose region and endpoint are the environment's. */
export function createS3Client({ maxParallelPuts, random }: S3ClientOptions): S3Client {
  const agent = { keepAlive: true, maxSockets: maxParallelPuts };
  return new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    retryStrategy: createRetryStrategy(random),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

/**
 * Keeps objects in an S3 bucket.
 *
 * Objects are made by conditional writes (`If-None-Match: *`), so that of any number of tries one
 * wins: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
 *
 * @param client from {@link createS3Client}: it tries again what another try may get past
 */
export function createS3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    async create({ key, body, contentType, metadata }, { signal, attemptTimeout }) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        Metadata: { ...metadata },
        IfNoneMatch: '*',
      });
      try {
        await client.send(command, { abortSignal: signal, requestTimeout: attemptTimeout });
        return 'created';
      } catch (error) {
        if (statusOf(error) === 412) return 'exists';
        throw storeError(`put of '${key}'`, error, signal);
      }
    },

    async readSha256(key, { signal, attemptTimeout }) {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
      try {
        const { Metadata } = await client.send(command, {
          abortSignal: signal,
          requestTimeout: attemptTimeout,
        });
        return Metadata?.[objectMetadataNames.sha256];
      } catch (error) {
        throw storeError(`head of '${key}'`, error, signal);
      }
    },
  };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function storeError(action: string, cause: unknown, signal: AbortSignal): ArchiverError {
  if (signal.aborted) {
    return new ArchiverError('STORE_ABORTED', `${action} aborted before the function's timeout`, {
      retryable: true,
      cause,
    });
  }
  const status = statusOf(cause);
  const name = cause instanceof Error ? cause.name : 'unknown error';
  const answer = status === undefined ? name : `${name}, HTTP ${status}`;
  return new ArchiverError('STORE_WRITE_FAILED', `${action} failed: ${answer}`, {
    retryable: isRetryableStatus(status),
    cause,
  });
}
