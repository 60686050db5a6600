import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { objectMetadataNames, type StorageClass } from '../contract.ts';
import type { ObjectStore } from '../core/ports.ts';
import { callAws, callError, statusOf } from './aws-errors.ts';
import { clientOptions } from './client-options.ts';

/** What an S3 client for the object store is made of. */
export interface S3ClientOptions {
  readonly maxParallelPuts: number;
  /** From 0 to 1: the jitter of pauses before retries. */
  readonly random: () => number;
}

/** Where a {@link createS3ObjectStore} keeps its objects. */
export interface S3ObjectStoreOptions {
  readonly archiveBucket: string;
  readonly storageClass: StorageClass;
}

/** An S3 client whose region and endpoint are the environment's. */
export function createS3Client({ maxParallelPuts, random }: S3ClientOptions): S3Client {
  return new S3Client(clientOptions({ maxConnections: maxParallelPuts, random }));
}

/**
 * Keeps objects in an S3 bucket.
 *
 * Objects are made by conditional writes (`If-None-Match: *`), so that of any number of tries one
 * wins: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
 *
 * @param client from {@link createS3Client}: it tries again what another try may get past
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
        // What there is without a word: not every S3-compatible server has others.
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
