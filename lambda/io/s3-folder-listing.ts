import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { FolderListing } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';

/**
 * Lists folders of an S3 bucket.
 *
 * @param client retries what is retryable
 */
export function createS3FolderListing(client: S3Client, bucket: string): FolderListing {
  return {
    async list({ continuation, prefix, startAfter }, options) {
      const command = new ListObjectsV2Command({
        ...{ Bucket: bucket, Delimiter: '/', Prefix: prefix, StartAfter: startAfter },
        ContinuationToken: continuation,
      });
      const {
        CommonPrefixes = [],
        Contents = [],
        NextContinuationToken,
      } = await callAws({ code: 'LOAD_FAILED', action: `list of '${prefix}'` }, options, (sent) =>
        client.send(command, sent),
      );
      return {
        folders: CommonPrefixes.map(({ Prefix = '' }) => Prefix),
        // An object with the name of the folder itself, such as S3's console creates, holds no records.
        hasObjects: Contents.some(({ Key }) => Key !== prefix),
        next: NextContinuationToken,
      };
    },
  };
}
