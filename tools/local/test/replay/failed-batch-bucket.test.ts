import { PutObjectCommand, PutObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createFailedBatchBucket } from '../../replay/failed-batch-bucket.ts';
import type { CreatedObject } from '../../s3-server/operation.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';

/** Puts entries into the bucket; those with a status are tagged with it. */
async function fill(client: S3Client, entries: Readonly<Record<string, string | undefined>>) {
  for (const [Key, status] of Object.entries(entries)) {
    const place = { Bucket: bucket, Key };
    await client.send(new PutObjectCommand({ ...place, Body: 'entry' }));
    if (status === undefined) continue;
    const Tagging = { TagSet: [{ Key: 'status', Value: status }] };
    await client.send(new PutObjectTaggingCommand({ ...place, Tagging }));
  }
}

async function unreplayed(client: S3Client, name = bucket): Promise<CreatedObject[]> {
  const entries: CreatedObject[] = [];
  for await (const entry of createFailedBatchBucket(client, name).unreplayed()) entries.push(entry);
  return entries;
}

describe('a bucket of failed batches', () => {
  it('has those that are not marked as replayed, as S3 tells of them', async () => {
    const { client } = await startServer();
    await fill(client, {
      'aws/b': undefined,
      'aws/a': 'replayed',
      'aws/c': 'other',
      'aws/größe 🧾+': undefined,
    });
    const entries = await unreplayed(client);
    const etag = '1043bfc77febe75fafec0c4309faccf1';
    expect(entries).toEqual(
      ['aws/b', 'aws/c', 'aws/größe 🧾+'].map((key) => ({ bucket, key, size: 5, etag })),
    );
  });

  it('has as many as there are', async () => {
    const { client } = await startServer();
    const keys = Array.from({ length: 253 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => fill(client, { [key]: undefined })));
    const entries = await unreplayed(client);
    expect(entries.map(({ key }) => key)).toEqual(keys);
  });

  it('tells of each whether it is marked; one that is gone is not', async () => {
    const { client } = await startServer();
    await fill(client, { a: 'replayed', b: undefined });
    const { isReplayed } = createFailedBatchBucket(client, bucket);
    expect(await Promise.all(['a', 'b', 'gone'].map(isReplayed))).toEqual([true, false, false]);
  });

  it('fails where it is not there, or does not answer', async () => {
    const { client } = await startServer({
      fault: ({ operation }) =>
        operation === 'GetObjectTagging'
          ? { kind: 'error', status: 503, code: 'SlowDown' }
          : undefined,
    });
    await expect(unreplayed(client, 'nowhere')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    const { isReplayed } = createFailedBatchBucket(client, bucket);
    await expect(isReplayed('a')).rejects.toMatchObject({ name: 'SlowDown' });
  });
});
