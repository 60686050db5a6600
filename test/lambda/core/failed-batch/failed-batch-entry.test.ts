import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  failedBatchEntry,
  type GivenUp,
} from '../../../../lambda/core/failed-batch/failed-batch-entry.ts';
import { toEventJson } from '../../../../lambda/core/record/mapping-event.ts';
import { batchRecord, noon, origin } from '../../../../tools/local/test/source-records.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:archive';
const requestId = '316aa6d0-8154-4b31-8b4b-000000000000';
const context = { origin, functionArn, requestId, now: noon + 60_500 };

const exhausted: GivenUp = {
  condition: 'RetryAttemptsExhausted',
  records: [7, 8, 11].map((offset) => batchRecord({ offset, timestamp: noon + offset })),
  invokes: 11,
};

const oversize: GivenUp = {
  condition: 'MaximumPayloadSizeExceeded',
  records: [batchRecord({ partition: 4, offset: 9 })],
  invokes: 0,
};

/** The origin of every entry. */
const { eventSourceArn, bootstrapServers } = origin;

const payloadSize = ({ records }: GivenUp) => Buffer.byteLength(toEventJson(records, origin));

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

  it('leaves out what it does not know: a request, and the date of a timestamp that is none', () => {
    const records = [batchRecord({ timestamp: 2 ** 60 })];
    const { requestId: _, ...unasked } = context;
    const entry = JSON.parse(failedBatchEntry({ ...exhausted, records }, unasked));
    expect(entry.requestContext).not.toHaveProperty('requestId');
    expect(entry.KafkaBatchInfo.recordsInfo).toEqual({
      'orders-0': { firstRecordOffset: '0', lastRecordOffset: '0' },
    });
  });
});
