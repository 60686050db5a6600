import { describe, expect, it } from 'vitest';
import { countRequests } from '../../peers/access-log.ts';

/** A line of versitygw 1.8.0. */
function line(bucket: string, operation: string, key: string, status: number): string {
  return `- ${bucket} [25/November/2026:18:52:45 +0000] 127.0.0.1 - DPD7VAECVGX91YNW ${operation} ${key} /${bucket}/${key}?x=1 ${status} - 0 0 0 0 - Boto3/1.44.8 - abc= SigV4 - AuthHeader s3 - arn:aws:s3:::${bucket}/${key} Yes`;
}

describe('countRequests', () => {
  it('counts what S3 charges as PUTs, and what failed, of one bucket', () => {
    const log = [
      'log starts 2026-11-25 18:52:25.95819916 +0000 UTC m=+0.068879742',
      line('mine', 's3_CreateBucket', '-', 200),
      line('mine', 's3_PutObject', 'a/b.gz', 200),
      line('mine', 's3_PutObject', 'a/c.gz', 503),
      line('other', 's3_PutObject', 'a/b.gz', 200),
      line('mine', 's3_CreateMultipartUpload', 'big', 200),
      line('mine', 's3_UploadPart', 'big', 200),
      line('mine', 's3_UploadPart', 'big', 200),
      line('mine', 's3_CompleteMultipartUpload', 'big', 200),
      line('mine', 's3_GetObject', 'a/b.gz', 404),
      line('mine', 's3_ListObjectsV2', '-', 200),
    ].join('\n');
    expect(countRequests(log, 'mine')).toEqual({ puts: 6, failed: 2 });
    expect(countRequests(log, 'other')).toEqual({ puts: 1, failed: 0 });
    expect(countRequests('', 'mine')).toEqual({ puts: 0, failed: 0 });
  });
});
