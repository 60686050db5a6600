import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFolders } from '../../lambda/core/catalog/find-folders.ts';
import { createS3FolderListing } from '../../lambda/io/s3-folder-listing.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';

const options = { signal: new AbortController().signal, attemptTimeout: 10_000 };

describe('the folders of a bucket', { timeout: 60_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  let server: S3Server;

  beforeAll(async () => {
    server = await startS3Server({ root, buckets: ['archive'] });
    const client = s3ClientOf(server);
    const keys = [
      'shop/',
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.0-9.jsonl',
      'shop/topic=orders/dt=2026-11-24/p0.10-19.jsonl',
      'shop/topic=orders/p0.20-29.jsonl',
    ];
    for (const Key of keys) {
      await client.send(new PutObjectCommand({ Bucket: 'archive', Key, Body: 'a' }));
    }
    client.destroy();
  });

  afterAll(async () => {
    await server.close();
    rmSync(root, { recursive: true });
  });

  it('are found in listings of S3', async () => {
    const client = s3ClientOf(server);
    const listing = createS3FolderListing(client, 'archive');
    expect(await listing.list({ prefix: 'shop/' }, options)).toEqual({
      ...{ folders: ['shop/topic=orders/'], hasObjects: false, next: undefined },
    });
    const { folders } = await findFolders(listing, { ...options, maxPages: 100, skip: [] });
    const orders = { objectPrefix: 'shop/', topic: 'orders' };
    expect(folders).toEqual([
      { ...orders, timeFolder: 'none' },
      { ...orders, dt: '2026-11-23' },
      { ...orders, dt: '2026-11-24' },
      { ...orders, dt: '2026-11-23', timeFolder: 'hour' },
      { ...orders, dt: '2026-11-24', timeFolder: 'day' },
    ]);
    const missing = createS3FolderListing(client, 'missing').list({ prefix: '' }, options);
    await expect(missing).rejects.toMatchObject({ code: 'LOAD_FAILED', retryable: false });
    client.destroy();
  });
});
