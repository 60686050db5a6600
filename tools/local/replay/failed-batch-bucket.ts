import {
  GetObjectTaggingCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { failedBatchTags, REPLAYED } from '../../../lambda/contract.ts';
import type { CreatedObject } from '../s3-server/operation.ts';

/** Number of concurrent requests for tags. */
const PARALLEL = 16;
/** Entries per page of the listing. */
const PAGE_ENTRIES = 250;

/** A bucket of failed batches, whose tags mark what was replayed. */
export interface FailedBatchBucket {
  /** Whether an entry is marked as replayed; false for a deleted one. */
  isReplayed(key: string): Promise<boolean>;
  /** The entries that are not marked, in the order of their keys. */
  unreplayed(): AsyncGenerator<CreatedObject>;
}

/** Creates a reader of a bucket of failed batches. */
export function createFailedBatchBucket(client: S3Client, bucket: string): FailedBatchBucket {
  async function isReplayed(key: string): Promise<boolean> {
    try {
      const place = { Bucket: bucket, Key: key };
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(place));
      return TagSet.some(({ Key, Value }) => Key === failedBatchTags.status && Value === REPLAYED);
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return false;
      throw error;
    }
  }

  return {
    isReplayed,
    async *unreplayed() {
      const limit = pLimit(PARALLEL);
      const pages = paginateListObjectsV2({ client, pageSize: PAGE_ENTRIES }, { Bucket: bucket });
      for await (const { Contents = [] } of pages) {
        const marks = Contents.map(({ Key = '' }) => limit(() => isReplayed(Key)));
        for (const [index, isMarked] of (await Promise.all(marks)).entries()) {
          const { ETag = '', Key: key = '', Size: size = 0 } = Contents[index] ?? {};
          if (!isMarked) yield { bucket, key, size, etag: ETag.replaceAll('"', '') };
        }
      }
    },
  };
}
