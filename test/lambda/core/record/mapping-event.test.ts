import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from '../../../../lambda/core/record/mapping-event.ts';
import {
  batchRecord,
  noon,
  origin,
  sourceRecord,
} from '../../../../tools/local/test/source-records.ts';

const utf8 = (text: string) => Buffer.from(text);

/** The event of records, and its parsed list of one partition. */
function eventOf(records: Parameters<typeof sourceRecord>[0][], from: EventOrigin = origin) {
  return toEventJson(
    records.map((parts) => toBatchRecord(sourceRecord(parts), from)),
    from,
  );
}

describe('the event of a batch', () => {
  it('is the JSON that the service sends: base64 key and value, signed header bytes', () => {
    const json = eventOf([
      {
        partition: 3,
        offset: 15,
        key: utf8('u-17'),
        value: utf8('{"order":1}'),
        headers: [
          { name: 'trace', value: Buffer.of(118, 220, 0, 127, 128, 255) },
          { name: 'trace', value: Buffer.of() },
          { name: 'none', value: null },
        ],
      },
    ]);
    expect(json).toBe(
      '{"eventSource":"aws:kafka",' +
        '"eventSourceArn":"arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-3",' +
        '"bootstrapServers":"b-2.shop:9098,b-1.shop:9098",' +
        '"records":{"orders-3":[{"topic":"orders","partition":3,"offset":15,' +
        `"timestamp":${noon},"timestampType":"CREATE_TIME",` +
        '"key":"dS0xNw==","value":"eyJvcmRlciI6MX0=",' +
        '"headers":[{"trace":[118,-36,0,127,-128,-1]},{"trace":[]},{"none":null}]}]}}',
    );
  });

  it('has no ARN and another source for self-managed Kafka', () => {
    const selfManaged: EventOrigin = {
      topic: 'orders',
      bootstrapServers: 'kafka:9092',
      nullStyle: 'null',
    };
    expect(toEventJson([], selfManaged)).toBe(
      '{"eventSource":"SelfManagedKafka","bootstrapServers":"kafka:9092","records":{}}',
    );
  });

  it.each([
    ['null', { key: null, value: null, headers: [] }],
    ['absent', { headers: [] }],
  ] as const)('writes a null key and a null value as %s', (nullStyle, written) => {
    const json = eventOf([{ key: null, value: null }], { ...origin, nullStyle });
    expect(JSON.parse(json).records['orders-0']).toStrictEqual([
      { topic: 'orders', partition: 0, offset: 0, timestamp: noon, ...timestampType, ...written },
    ]);
  });

  it.each(['null', 'absent'] as const)('writes empty bytes as "", not as %s', (nullStyle) => {
    const json = eventOf([{ key: Buffer.of(), value: Buffer.of() }], { ...origin, nullStyle });
    expect(JSON.parse(json).records['orders-0'][0]).toMatchObject({ key: '', value: '' });
  });

  it('lists the records by topic-partition, each list in the order of the batch', () => {
    const records = [
      [1, 7],
      [0, 3],
      [1, 8],
      [12, 0],
      [0, 4],
    ].map(([partition = 0, offset = 0]) => batchRecord({ partition, offset }));
    const lists = JSON.parse(toEventJson(records, origin)).records as Record<string, Place[]>;
    const listed = Object.entries(lists).map(([name, list]) => [
      name,
      list.map(({ partition, offset }) => `${partition}:${offset}`),
    ]);
    expect(listed).toEqual([
      ['orders-1', ['1:7', '1:8']],
      ['orders-0', ['0:3', '0:4']],
      ['orders-12', ['12:0']],
    ]);
  });

  it.each(['größe', '件名', '🧾', 'a"b\\c', '__proto__', '42', ''])(
    'keeps the header name %j',
    (name) => {
      const [record] = JSON.parse(eventOf([{ headers: [{ name, value: utf8('v') }] }])).records[
        'orders-0'
      ];
      expect(Object.entries(record.headers[0])).toEqual([[name, [118]]]);
    },
  );

  it('keeps LOG_APPEND_TIME', () => {
    const json = eventOf([{ timestampType: 'LOG_APPEND_TIME' }]);
    expect(JSON.parse(json).records['orders-0'][0].timestampType).toBe('LOG_APPEND_TIME');
  });
});

type Place = { partition: number; offset: number };

const timestampType = { timestampType: 'CREATE_TIME' };
