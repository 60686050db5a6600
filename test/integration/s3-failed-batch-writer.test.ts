import { GetObjectCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { createS3FailedBatchWriter } from '../../lambda/io/s3-failed-batch-writer.ts';
import type { S3RequestInfo } from '../../tools/local/s3-server/server.ts';
import type { ServerFault } from '../../tools/local/server-fault.ts';
import { bucket, startServer } from '../../tools/local/test/s3-server/running-server.ts';

const key = 'kafka-archive/heal/orders/3/100-149-0a1b2c3d.json';
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

async function start() {
  const requests: S3RequestInfo['operation'][] = [];
  const faults: ServerFault[] = [];
  const { client } = await startServer({
    fault: ({ operation }) => {
      requests.push(operation);
      return faults.shift();
    },
  });
  const store = createS3FailedBatchStore(client, bucket);
  const writer = createS3FailedBatchWriter(client, bucket, store);
  const bodyOf = async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body?.transformToString();
  };
  return { bodyOf, client, faults, requests, store, writer };
}

describe('the writer of failed batches', () => {
  it('writes a failed batch once while it waits to be replayed', async () => {
    const { bodyOf, requests, writer } = await start();
    expect(await writer.write({ key, body: 'first' }, patient)).toBe('created');
    expect(await writer.write({ key, body: 'second' }, patient)).toBe('exists');
    expect(requests).toEqual(['PutObject', 'PutObject', 'GetObjectTagging']);
    expect(await bodyOf()).toBe('first');
  });

  it('writes it again after its replay, so that it is replayed again', async () => {
    const { bodyOf, client, store, writer } = await start();
    await writer.write({ key, body: 'first' }, patient);
    await store.markReplayed({ bucket, key }, { at: '2026-11-28T09:00:00Z', objects: 1 }, patient);
    expect(await writer.write({ key, body: 'second' }, patient)).toBe('created');
    expect(await bodyOf()).toBe('second');
    const tags = new GetObjectTaggingCommand({ Bucket: bucket, Key: key });
    expect((await client.send(tags)).TagSet ?? []).toEqual([]);
  });

  it('fails with the name of the key if S3 refuses', async () => {
    const { faults, writer } = await start();
    faults.push({ kind: 'error', status: 403, code: 'AccessDenied' });
    await expect(writer.write({ key, body: 'first' }, patient)).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      message: `put of '${key}' failed: AccessDenied, HTTP 403`,
      retryable: false,
    });
  });
});
