import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../../../lambda/core/record/kafka-event.ts';
import { clusterArn, mskEvent, mskRecord, mskRecords } from '../../../helpers/kafka-events.ts';

const record = mskRecord();

describe('parseBatch', () => {
  it('splits an event into batch runs by the topic and partition of its records', () => {
    const records = [...mskRecords(5, 2), ...mskRecords(9, 1, { topic: 'orders', partition: 0 })];
    const batch = parseBatch(mskEvent(records));
    expect(batch).toEqual({
      source: clusterArn,
      runs: [
        {
          id: 'orders-3',
          topic: 'orders',
          partition: 3,
          first: 5,
          last: 6,
          records: records.slice(0, 2),
        },
        {
          id: 'orders-0',
          topic: 'orders',
          partition: 0,
          first: 9,
          last: 9,
          records: records.slice(2),
        },
      ],
    });
  });

  it('accepts self-managed Kafka, with its brokers in any order', () => {
    const { eventSourceArn: _, ...event } = mskEvent([mskRecord()]);
    expect(parseBatch({ ...event, eventSource: 'SelfManagedKafka' }).source).toBe(
      'b-1.shop.kafka:9098,b-2.shop.kafka:9098',
    );
  });

  it("accepts the event source that AWS's own samples name", () => {
    const event = { ...mskEvent([mskRecord()]), eventSource: 'aws:SelfManagedKafka' };
    expect(parseBatch(event).runs).toHaveLength(1);
  });

  it("keeps an offset that the event holds twice, in the event's order", () => {
    const [a, b] = [mskRecord({ value: '"a"' }), mskRecord({ value: '"b"' })];
    const next = mskRecord({ offset: 101 });
    const bounds = { first: 100, last: 101 };
    expect(parseBatch(mskEvent([a, b, next])).runs).toMatchObject([
      { ...bounds, records: [a, b, next] },
    ]);
    expect(parseBatch(mskEvent([next, a, b])).runs).toMatchObject([
      { ...bounds, records: [a, b, next] },
    ]);
  });

  it('merges lists of one topic-partition, and keeps their names', () => {
    const records = [100, 101, 102, 103].map((offset) => mskRecord({ offset }));
    const [a, b, c, d] = records;
    const other = mskRecord({ partition: 0 });
    const event = { ...mskEvent([]), records: { x: [a, d], y: [other, c, other], z: [b] } };
    expect(parseBatch(event).runs).toEqual([
      {
        ...{ id: 'x', otherIds: ['y', 'z'], topic: 'orders', partition: 3 },
        ...{ first: 100, last: 103, records },
      },
      {
        ...{ id: 'y', topic: 'orders', partition: 0, first: 100, last: 100 },
        records: [other, other],
      },
    ]);
  });

  it.each<[string, object]>([
    ['timestamp', { timestamp: 0.5 }],
    ['timestamp type', { timestampType: 1 }],
    ['key', { key: {} }],
    ['value', { value: [] }],
    ['list of headers', { headers: {} }],
    ['key schema', { keySchemaMetadata: 'x' }],
    ['value schema', { valueSchemaMetadata: { schemaId: '1' } }],
  ])('accepts a record with a %s that AWS does not send, beside others', (_, odd) => {
    const records = [{ ...record, ...odd }, mskRecord({ offset: 101 })];
    const event = { ...mskEvent([]), records: { 'orders-3': records } };
    expect(parseBatch(event).runs).toMatchObject([{ first: 100, last: 101, records }]);
  });

  it('quotes no more than the beginning of a name that is too long for a topic-partition', () => {
    const event = { ...mskEvent([]), records: { ['x'.repeat(1_000_000)]: [null] } };
    expect(() => parseBatch(event)).toThrow(
      `not a Kafka event: expected '${'x'.repeat(300)}…' record 0 to be an object, got null`,
    );
  });

  it('parses an event without records as a batch without runs', () => {
    expect(parseBatch(mskEvent([])).runs).toEqual([]);
    expect(parseBatch({ ...mskEvent([]), records: { 'orders-3': [] } }).runs).toEqual([]);
  });

  it('accepts topics with dashes and dots, and records without timestamp, type or headers', () => {
    const record = { topic: 'a-1.b_2', partition: 1, offset: 0 };
    expect(parseBatch({ ...mskEvent([]), records: { 'a-1.b_2-1': [record] } }).runs[0]).toEqual({
      ...{ id: 'a-1.b_2-1', topic: 'a-1.b_2', partition: 1, first: 0, last: 0 },
      records: [record],
    });
  });

  it('sorts records by offset, with gaps', () => {
    const [a, b, c] = [
      mskRecord({ offset: 3 }),
      mskRecord({ offset: 9 }),
      mskRecord({ offset: 0 }),
    ];
    const [run] = parseBatch(mskEvent([b, a, c])).runs;
    expect(run).toMatchObject({ first: 0, last: 9, records: [c, a, b] });
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'expected an object, got null'],
    ['a list', [], 'expected an object, got a list'],
    [
      'an S3 event',
      { Records: [] },
      "expected eventSource 'aws:kafka' or 'SelfManagedKafka' or 'aws:SelfManagedKafka', got another",
    ],
    [
      'no records',
      { eventSource: 'aws:kafka' },
      "expected 'records' to be an object, got undefined",
    ],
    [
      'no source',
      { eventSource: 'aws:kafka', records: {} },
      "expected 'eventSourceArn' or 'bootstrapServers' to be text, got undefined",
    ],
    [
      'records that are not a list',
      { ...mskEvent([]), records: { 'orders-3': {} } },
      "expected records of 'orders-3' to be a list, got object",
    ],
  ])('refuses %s', (_, event, message) => {
    expect(() => parseBatch(event)).toThrow(
      expect.objectContaining({
        code: 'INVALID_EVENT',
        retryable: false,
        message: `not a Kafka event: ${message}`,
      }),
    );
  });

  it.each<[string, unknown]>([
    ["'orders-3' record 1 to be an object, got null", null],
    ["topic of 'orders-3' record 1 to be text, got undefined", { ...record, topic: undefined }],
    [
      "partition of 'orders-3' record 1 to be a whole number, got string",
      { ...record, partition: '3' },
    ],
    [
      "partition of 'orders-3' record 1 to be a whole number, got number",
      { ...record, partition: -1 },
    ],
    [
      "offset of 'orders-3' record 1 to be a whole number, got number",
      { ...record, offset: 2 ** 53 },
    ],
  ])('refuses a record with the message: expected %s', (message, bad) => {
    const event = { ...mskEvent([]), records: { 'orders-3': [record, bad] } };
    expect(() => parseBatch(event)).toThrow(`not a Kafka event: expected ${message}`);
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'x'.repeat(250)])('refuses %j as a topic', (topic) => {
    expect(() => parseBatch({ ...mskEvent([]), records: { a: [mskRecord({ topic })] } })).toThrow(
      "expected 'a' to be of a topic, got no topic name",
    );
  });
});
