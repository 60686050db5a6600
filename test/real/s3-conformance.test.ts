import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { startRealS3 } from '../../tools/local/real-servers/real-s3.ts';
import { conformanceGroups } from '../conformance/s3/cases.ts';
import { describeGroups } from '../conformance/s3/describe-groups.ts';
import { failureOf } from '../conformance/s3/test-bucket.ts';

describeGroups('the real S3 server', conformanceGroups, (folder) => startRealS3({ folder }));

// The local server checks no signatures: this is not in the list.
describe('a signature', () => {
  it('of another secret is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'real-s3-'));
    const server = await startRealS3({ folder });
    const { endpoint } = server;
    const credentials = { ...server.credentials, secretAccessKey: 'another' };
    const stranger = new S3Client({ endpoint, region: 'us-east-1', credentials });
    try {
      const call = stranger.send(new CreateBucketCommand({ Bucket: 'archive' }));
      expect(await failureOf(call)).toEqual([403, 'SignatureDoesNotMatch']);
    } finally {
      stranger.destroy();
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
