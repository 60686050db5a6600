import { describe, expect, it } from 'vitest';
import {
  parseReplayMessage,
  toReplayMessage,
} from '../../../../lambda/core/failed-batch/replay-message.ts';
import { keysOfEvent, objectCreatedEvent } from '../../replay/s3-event.ts';

const at = new Date('2026-11-24T09:10:11.012Z');
const created = (key: string) =>
  objectCreatedEvent({ bucket: 'failed', key, size: 7, etag: 'd41d8cd9' }, at);

const keys = [
  'aws/lambda/id/orders-3/2026/11/24/2026-11-24T09.10.11-4f2d',
  'with space, plus + and percent %41',
  'größe/🧾/ノート',
  'a&b=c?d#e"f\'g',
  '+',
];

describe('the event of a created object', () => {
  it('is the one of S3', () => {
    expect(JSON.parse(created('a/b c'))).toEqual({
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'us-east-1',
          eventTime: '2026-11-24T09:10:11.012Z',
          eventName: 'ObjectCreated:Put',
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: 'FailedBatches',
            bucket: { name: 'failed', arn: 'arn:aws:s3:::failed' },
            object: { key: 'a/b+c', size: 7, eTag: 'd41d8cd9' },
          },
        },
      ],
    });
  });

  it.each([
    ['slashes as they are', 'a/b', 'a/b'],
    ['a space as a plus', 'a b', 'a+b'],
    ['a plus as what is none', 'a+b', 'a%2Bb'],
    ['bytes of UTF-8', 'ö', '%C3%B6'],
  ])('has in its key %s', (_, key, encoded) => {
    expect(JSON.parse(created(key)).Records[0].s3.object.key).toBe(encoded);
  });

  it.each(keys)('is read by the replay function: %s', (key) => {
    expect(parseReplayMessage(created(key))).toEqual([{ bucket: 'failed', key }]);
  });
});

describe('the keys of an event', () => {
  it.each(keys)('are those of S3’s events and of the replay’s own: %s', (key) => {
    expect(keysOfEvent(created(key))).toEqual([key]);
    expect(keysOfEvent(toReplayMessage({ bucket: 'failed', key }))).toEqual([key]);
  });

  it('are all of them', () => {
    const [first, second] = ['a', 'b'].map((key) => JSON.parse(created(key)).Records[0]);
    expect(keysOfEvent(JSON.stringify({ Records: [first, second] }))).toEqual(['a', 'b']);
  });

  it.each(['', 'no JSON', '{}', 'null', '{"Records":[{}]}', '{"Event":"s3:TestEvent"}'])(
    'are none where it is no such event: %s',
    (body) => {
      expect(keysOfEvent(body)).toEqual([]);
    },
  );

  it('are none where they are not encoded', () => {
    const body = created('k').replace('"key":"k"', '"key":"%"');
    expect(keysOfEvent(body)).toEqual([]);
  });
});
