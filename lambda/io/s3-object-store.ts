import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { objectMetadataNames, type StorageClass } from '../contract.ts';
import type { ObjectStore } from '../core/ports.ts';
import { callAws, callError, statusOf } from './aws-errors.ts';
import { clientOptions } from './client-options.ts';

/** Options of the S3 client for the object store. */
export interface S3ClientOptions {
  readonly maxParallelPuts: number;
  /** From 0 to 1: the jitter of pauses before retries. */
  readonly random: () => number;
}

/** Options of {@link createS3ObjectStore}. */
export interface S3ObjectStoreOptions {
  readonly archiveBucket: string;
  readonly storageClass: StorageClass;
}

/** Creates an S3 client. Region and endpoint come from the environment. */
export function createS3Client({ maxParallelPuts, random }: S3ClientOptions): S3Client {
  return new S3Client(clientOptions({ maxConnections: maxParallelPuts, random }));
}

/**
 * Stores objects in an S3 bucket, with conditional writes (`If-None-Match: *`): of any number of tries, one
 * succeeds. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 *
 * @param client from {@link createS3Client}; it retries what is retryable
 */
export function createS3ObjectStore(
  client: S3Client,
  { archiveBucket: bucket, storageClass }: S3ObjectStoreOptions,
): ObjectStore {
  return {
    async create({ key, body, contentType, metadata }, { signal, attemptTimeout }) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        Metadata: { ...metadata },
        // STANDARD is the default, and not every S3-compatible server accepts the header.
        ...(storageClass !== 'STANDARD' && { StorageClass: storageClass }),
        IfNoneMatch: '*',
      });
      try {
        await client.send(command, { abortSignal: signal, requestTimeout: attemptTimeout });
        return 'created';
      } catch (error) {
        if (statusOf(error) === 412) return 'exists';
        throw callError(error, { code: 'STORE_WRITE_FAILED', action: `put of '${key}'`, signal });
      }
    },

    async readSha256(key, options) {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
      const { Metadata } = await callAws(
        { code: 'STORE_WRITE_FAILED', action: `head of '${key}'` },
        options,
        (sent) => client.send(command, sent),
      );
      return Metadata?.[objectMetadataNames.sha256];
    },
  };
}
