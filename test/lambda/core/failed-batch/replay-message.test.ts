import { describe, expect, it } from 'vitest';
import {
  parseReplayMessage,
  toReplayMessage,
} from '../../../../lambda/core/failed-batch/replay-message.ts';

const record = (bucket: unknown, object: unknown) => ({ s3: { bucket: { name: bucket }, object } });
const message = (...Records: unknown[]) => JSON.stringify({ Records });

describe('parseReplayMessage', () => {
  it('parses the event that S3 sends, decodes the key and keeps the version', () => {
    const body = message({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventTime: '2026-11-24T00:38:06.021Z',
      eventName: 'ObjectCreated:Put',
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'FailedBatches',
        bucket: { name: 'failed', ownerIdentity: { principalId: 'A' }, arn: 'arn:aws:s3:::failed' },
        object: {
          key: 'aws/lambda/a+b%2Bc%C3%A9',
          size: 1,
          eTag: 'x',
          versionId: 'v1',
          sequencer: '0',
        },
      },
    });
    expect(parseReplayMessage(body)).toEqual([
      { bucket: 'failed', key: 'aws/lambda/a b+cé', versionId: 'v1' },
    ]);
  });

  it('parses several records', () => {
    const body = message(record('b', { key: 'one' }), record('b', { key: 'two', versionId: null }));
    expect(parseReplayMessage(body)).toEqual([
      { bucket: 'b', key: 'one' },
      { bucket: 'b', key: 'two' },
    ]);
  });

  it('returns no pointers for the test event of S3', () => {
    expect(
      parseReplayMessage('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'),
    ).toEqual([]);
  });

  it.each([
    ['{', 'it is not JSON'],
    ['null', 'it is not an S3 event'],
    ['{"Records":[]}', 'it is not an S3 event'],
    ['{"Records":{}}', 'it is not an S3 event'],
    [message(null), 'one of its records names no bucket and key'],
    [message({}), 'one of its records names no bucket and key'],
    [message(record(1, { key: 'k' })), 'one of its records names no bucket and key'],
    [message(record('b', undefined)), 'one of its records names no bucket and key'],
    [message(record('b', { key: '%E0%A4%A' })), 'its key is not URL-encoded'],
  ])('refuses %s', (body, problem) => {
    expect(() => parseReplayMessage(body)).toThrow(
      expect.objectContaining({
        code: 'INVALID_MESSAGE',
        retryable: false,
        message: `not a message of the replay queue: ${problem}`,
      }),
    );
  });
});

describe('toReplayMessage', () => {
  it.each([
    { bucket: 'failed', key: 'aws/lambda/u/orders-3/2026/11/24/x' },
    { bucket: 'failed', key: 'a b+c%2B/é"\\', versionId: 'v1' },
  ])('is parsed back unchanged: %j', (pointer) => {
    expect(parseReplayMessage(toReplayMessage(pointer))).toEqual([pointer]);
  });
});
