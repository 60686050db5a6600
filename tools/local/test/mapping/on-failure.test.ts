import { Buffer } from 'node:buffer';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { toEventJson } from '../../../../kafka/mapping-event.ts';
import type { Discard } from '../../mapping/event-source-mapping.ts';
import {
  failedBatchEntry,
  type S3DestinationOptions,
  s3Destination,
} from '../../mapping/on-failure.ts';
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

/** The origin of every entry. */
const { eventSourceArn, bootstrapServers } = origin;

const payloadSize = ({ records }: Discard) => Buffer.byteLength(toEventJson(records, origin));

describe('the entry of a failed batch', () => {
  it('has neither a response nor a payload if the record is too large', () => {
    expect(JSON.parse(failedBatchEntry(oversize, context))).toEqual({
      requestContext: {
        requestId,
        functionArn,
        condition: 'MaximumPayloadSizeExceeded',
        approximateInvokeCount: 0,
      },
      responseContext: null,
      version: '1.0',
      timestamp: '2025-11-23T10:54:20.500Z',
      KafkaBatchInfo: {
        batchSize: 1,
        eventSourceArn,
        bootstrapServers,
        payloadSize: payloadSize(oversize),
        recordsInfo: {
          'orders-4': {
            firstRecordOffset: '9',
            lastRecordOffset: '9',
            firstRecordTimestamp: '2025-11-23T10:53:20.000Z',
            lastRecordTimestamp: '2025-11-23T10:53:20.000Z',
          },
        },
      },
    });
  });

  it('is the service’s JSON, with its fields in order', () => {
    const { records } = oversize;
    expect(failedBatchEntry({ condition: 'RecordAgeExceeded', records, invokes: 0 }, context)).toBe(
      [
        `{"requestContext":{"requestId":"${requestId}","functionArn":"${functionArn}",`,
        '"condition":"RecordAgeExceeded","approximateInvokeCount":0},"responseContext":null,',
        '"version":"1.0","timestamp":"2025-11-23T10:54:20.500Z","KafkaBatchInfo":{"batchSize":1,',
        `"eventSourceArn":"${eventSourceArn}","bootstrapServers":"${bootstrapServers}",`,
        `"payloadSize":${payloadSize(oversize)},"recordsInfo":{"orders-4":{`,
        '"firstRecordOffset":"9","lastRecordOffset":"9",',
        '"firstRecordTimestamp":"2025-11-23T10:53:20.000Z",',
        '"lastRecordTimestamp":"2025-11-23T10:53:20.000Z"}}},',
        `"payload":${JSON.stringify(toEventJson(records, origin))}}`,
      ].join(''),
    );
  });

  it('has the offsets of each partition', () => {
    const places = [
      [2, 5],
      [0, 70],
      [2, 6],
      [0, 71],
      [2, 9],
    ] as const;
    const records = places.map(([partition, offset]) => batchRecord({ partition, offset }));
    const entry = JSON.parse(failedBatchEntry({ ...exhausted, records }, context));
    expect(entry.KafkaBatchInfo).toMatchObject({
      batchSize: 5,
      recordsInfo: {
        'orders-0': { firstRecordOffset: '70', lastRecordOffset: '71' },
        'orders-2': { firstRecordOffset: '5', lastRecordOffset: '9' },
      },
    });
    expect(Object.keys(entry.KafkaBatchInfo.recordsInfo)).toHaveLength(2);
  });

  it('has no cluster ARN for a self-managed Kafka', () => {
    const { eventSourceArn: _, ...own } = origin;
    const { KafkaBatchInfo } = JSON.parse(failedBatchEntry(oversize, { ...context, origin: own }));
    expect(KafkaBatchInfo).not.toHaveProperty('eventSourceArn');
  });
});

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
