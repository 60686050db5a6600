import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { failedBatchEntry } from '../../../../lambda/core/failed-batch/failed-batch-entry.ts';
import type { Discard } from '../../mapping/event-source-mapping.ts';
import { type S3DestinationOptions, s3Destination } from '../../mapping/on-failure.ts';
import type { CreatedObject } from '../../s3-server/operation.ts';
import { bucket, failureOf, startServer } from '../s3-server/running-server.ts';
import { batchRecord, noon, origin } from '../source-records.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:archive';
const requestId = '316aa6d0-8154-4b31-8b4b-000000000000';
const context = { origin, functionArn, requestId, now: noon + 60_500 };

const exhausted: Discard = {
  condition: 'RetryAttemptsExhausted',
  records: [7, 8, 11].map((offset) => batchRecord({ offset, timestamp: noon + offset })),
  invokes: 11,
};

const oversize: Discard = {
  condition: 'MaximumPayloadSizeExceeded',
  records: [batchRecord({ partition: 4, offset: 9 })],
  invokes: 0,
};

const destinationOf = (client: S3Client, parts: Partial<S3DestinationOptions> = {}) =>
  s3Destination({
    client,
    bucket,
    origin,
    functionArn,
    mappingId: 'mapping-1',
    now: () => context.now,
    ...parts,
  });

async function keysOf(client: S3Client): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

describe('an S3 destination', () => {
  it('stores each entry under its own key: mapping, partition, day, second and request', async () => {
    const { client } = await startServer();
    const destination = destinationOf(client);
    await destination(oversize);
    await destination(oversize);
    const keys = await keysOf(client);
    expect(keys).toHaveLength(2);
    for (const Key of keys) {
      const [, id = ''] =
        /^aws\/lambda\/mapping-1\/orders-4\/2025\/11\/23\/2025-11-23T10\.54\.20-([0-9a-f-]{36})$/.exec(
          Key,
        ) ?? [];
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      expect(await Body?.transformToString()).toBe(
        failedBatchEntry(oversize, { ...context, requestId: id }),
      );
    }
  });

  it('announces each entry once it is stored', async () => {
    const { client } = await startServer();
    const announced: CreatedObject[] = [];
    const announce = (entry: CreatedObject) => announced.push(entry);
    await destinationOf(client, { announce })(oversize);
    const [key = ''] = await keysOf(client);
    const entry = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { ContentLength, ETag } = await client.send(entry);
    expect(announced).toEqual([{ bucket, key, size: ContentLength, etag: JSON.parse(ETag ?? '') }]);
  });

  it('names the first partition of several', async () => {
    const { client } = await startServer();
    const records = [3, 1].map((partition) => batchRecord({ partition }));
    await destinationOf(client)({ ...exhausted, records });
    expect(await keysOf(client)).toEqual([
      expect.stringMatching('^aws/lambda/mapping-1/orders-3/'),
    ]);
  });

  it('rejects and announces nothing if the bucket refuses', async () => {
    const { client } = await startServer({
      fault: () => ({ kind: 'error', status: 503, code: 'SlowDown' }),
    });
    const announce = vi.fn();
    const stored = destinationOf(client, { announce })(oversize);
    expect(await failureOf(stored)).toEqual([503, 'SlowDown']);
    expect(announce).not.toHaveBeenCalled();
  });

  it('rejects if the bucket does not respond in time', async () => {
    const { client } = await startServer({ fault: () => ({ kind: 'hang' }) });
    const kept = destinationOf(client, { requestTimeout: 30 })(oversize);
    await expect(kept).rejects.toMatchObject({ name: 'AbortError' });
  });
});
