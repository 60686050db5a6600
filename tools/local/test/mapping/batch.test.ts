import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchRecord,
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from '../../../../kafka/mapping-event.ts';
import { BatchBuilder } from '../../mapping/batch.ts';
import {
  batchRecord,
  batchRecords,
  noon,
  origin,
  places,
  sourceRecord,
} from '../source-records.ts';

const utf8 = (text: string) => Buffer.from(text);

/** The event of records, and its parsed list of one partition. */
function eventOf(records: Parameters<typeof sourceRecord>[0][], from: EventOrigin = origin) {
  return toEventJson(
    records.map((parts) => toBatchRecord(sourceRecord(parts), from)),
    from,
  );
}

describe('event', () => {
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

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((values) => Buffer.from(values));

const anyRecord = fc.record({
  partition: fc.nat(30),
  offset: fc.maxSafeNat(),
  timestamp: fc.integer(),
  timestampType: fc.constantFrom('CREATE_TIME' as const, 'LOG_APPEND_TIME' as const),
  key: fc.option(bytes(20)),
  value: fc.option(bytes(60)),
  headers: fc.array(
    fc.record({ name: fc.string({ unit: 'binary', maxLength: 8 }), value: fc.option(bytes(8)) }),
    { maxLength: 3 },
  ),
});

const anyOrigin = fc.record(
  {
    topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    eventSourceArn: fc.string({ unit: 'grapheme', maxLength: 20 }),
    bootstrapServers: fc.string({ unit: 'grapheme', maxLength: 20 }),
    nullStyle: fc.constantFrom('null' as const, 'absent' as const),
  },
  { requiredKeys: ['topic', 'bootstrapServers', 'nullStyle'] },
);

function build(records: readonly BatchRecord[], batchSize: number, maxPayloadBytes: number) {
  const builder = new BatchBuilder(origin, { batchSize, maxPayloadBytes });
  return { builder, taken: records.map((record) => builder.tryAdd(record)) };
}

const eventBytes = (records: readonly BatchRecord[]) =>
  Buffer.byteLength(toEventJson(records, origin));

describe('BatchBuilder', () => {
  it('counts exactly the bytes of the event that it builds', () => {
    fc.assert(
      fc.property(anyOrigin, fc.array(anyRecord, { maxLength: 12 }), (from, records) => {
        const limits = { batchSize: 1000, maxPayloadBytes: Number.MAX_SAFE_INTEGER };
        const builder = new BatchBuilder(from, limits);
        expect(builder.bytes).toBe(Buffer.byteLength(toEventJson([], from)));
        for (const record of records) {
          builder.tryAdd(toBatchRecord(record, from));
          expect(builder.bytes).toBe(Buffer.byteLength(toEventJson(builder.records, from)));
        }
        expect(builder.records).toHaveLength(records.length);
      }),
      { numRuns: 300 },
    );
  });

  it('builds events that are JSON with every record in its list', () => {
    fc.assert(
      fc.property(anyOrigin, fc.array(anyRecord, { maxLength: 12 }), (from, records) => {
        const batch = records.map((record) => toBatchRecord(record, from));
        const event = JSON.parse(toEventJson(batch, from));
        const listed = Object.values<Place[]>(event.records).flat();
        const at = ({ partition, offset }: Place) => `${partition}:${offset}`;
        expect(listed.map(at).sort()).toEqual(records.map(at).sort());
      }),
    );
  });

  it('is full at its count of records', () => {
    const { builder, taken } = build(batchRecords(4), 3, 1_000_000);
    expect(taken).toEqual([true, true, true, false]);
    expect(builder.isFull).toBe(true);
    expect(places(builder.records)).toEqual(['0:0', '0:1', '0:2']);
  });

  it('is not full one record before its count', () => {
    expect(build(batchRecords(2), 3, 1_000_000).builder.isFull).toBe(false);
  });

  it.each([
    ['of one partition', batchRecords(3)],
    ['of several partitions', batchRecords(2, [0, 10, 200])],
  ])('takes records %s up to exactly its limit of bytes', (_, records) => {
    const limit = eventBytes(records);
    const { builder, taken } = build(records, 100, limit);
    expect(taken).not.toContain(false);
    expect(builder.bytes).toBe(limit);
    expect(Buffer.byteLength(toEventJson(builder.records, origin))).toBe(limit);
  });

  it.each([
    ['of one partition', batchRecords(3)],
    ['of several partitions', batchRecords(2, [0, 10, 200])],
  ])('leaves a record %s that would be one byte over its limit', (_, records) => {
    const { builder, taken } = build(records, 100, eventBytes(records) - 1);
    expect(taken).toEqual([...records.slice(1).map(() => true), false]);
    expect(builder.bytes).toBe(eventBytes(records.slice(0, -1)));
  });

  it('still takes a smaller record after one that it left', () => {
    const small = batchRecord({ offset: 2, value: null });
    const records = [batchRecord(), batchRecord({ offset: 1, value: Buffer.alloc(1000) }), small];
    const { builder, taken } = build(records, 100, eventBytes([batchRecord(), small]));
    expect(taken).toEqual([true, false, true]);
    expect(places(builder.records)).toEqual(['0:0', '0:2']);
  });
});
