import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { FailedBatchWriter } from '../core/audit/heal.ts';
import type { FailedBatchListing } from '../core/ports.ts';
import { callAws, callError, statusOf } from './aws-errors.ts';

/**
 * Writes failed batches into their bucket with conditional writes (`If-None-Match: *`), so that two audits do not
 * request two replays. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 *
 * @param client retries what is retryable
 * @param listing of the same bucket
 */
export function createS3FailedBatchWriter(
  client: S3Client,
  bucket: string,
  listing: Pick<FailedBatchListing, 'mark'>,
): FailedBatchWriter {
  return {
    async write({ body, key }, options) {
      const { attemptTimeout, signal } = options;
      const put = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' };
      const call = { code: 'STORE_WRITE_FAILED', action: `put of '${key}'` } as const;
      try {
        const sent = { abortSignal: signal, requestTimeout: attemptTimeout };
        await client.send(new PutObjectCommand({ ...put, IfNoneMatch: '*' }), sent);
        return 'created';
      } catch (error) {
        if (statusOf(error) !== 412) throw callError(error, { ...call, signal });
      }
      if ((await listing.mark({ bucket, key }, options)) === undefined) return 'exists';
      await callAws(call, options, (sent) => client.send(new PutObjectCommand(put), sent));
      return 'created';
    },
  };
}
