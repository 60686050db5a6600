import {
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { FinalizeRequestMiddleware } from '@smithy/types';
import { objectMetadataNames } from '../contract.ts';
import { ArchiverError } from '../core/errors.ts';
import type { ObjectStore } from '../core/ports.ts';

/** Whether another try may get past an answer of S3; no status is a broken connection. */
const isRetryableStatus = (status = 500) => status >= 500 || status === 409 || status === 429;

/** Attempts of one call, the first included; backoff between them grows from 50 ms to 20 s. */
const MAX_ATTEMPTS = 8;

/** Milliseconds to connect: S3 takes tens at most. */
const CONNECTION_TIMEOUT = 3_000;

/** An S3 client for up to `maxParallelPuts` calls at once; region and endpoint are the environment's. */
export function createS3Client(maxParallelPuts: number): S3Client {
  const agent = { keepAlive: true, maxSockets: maxParallelPuts };
  const client = new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  retryConditionalConflicts(client);
  return client;
}

/**
 * Keeps objects in an S3 bucket.
 *
 * Objects are made by conditional writes (`If-None-Match: *`), so that of any number of tries one
 * wins: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
 *
 * @param client from {@link createS3Client}: it retries throttles, server errors, lost connections and
 * 409 with backoff and jitter
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

/**
 * Has the client's own retries take 409 `ConditionalRequestConflict` too: another write of the key was
 * under way, and the next attempt finds it there or not.
 */
function retryConditionalConflicts(client: S3Client): void {
  const markRetryable: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (statusOf(error) === 409) Object.assign(error as object, { $retryable: {} });
        throw error;
      }
    };
  client.middlewareStack.addRelativeTo(markRetryable, {
    name: 'retryConditionalConflicts',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
  });
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
