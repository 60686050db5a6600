import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../../../lambda/core/record/batch-builder.ts';
import {
  type BatchRecord,
  toBatchRecord,
  toEventJson,
} from '../../../../lambda/core/record/mapping-event.ts';
import {
  batchRecord,
  batchRecords,
  origin,
  places,
} from '../../../../tools/local/test/source-records.ts';

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
  it('counts exactly the bytes of the event', () => {
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

  it('is full at the batch size', () => {
    const { builder, taken } = build(batchRecords(4), 3, 1_000_000);
    expect(taken).toEqual([true, true, true, false]);
    expect(builder.isFull).toBe(true);
    expect(places(builder.records)).toEqual(['0:0', '0:1', '0:2']);
  });

  it.each([
    ['of one partition', batchRecords(3)],
    ['of several partitions', batchRecords(2, [0, 10, 200])],
  ])('accepts records %s up to exactly its size limit', (_, records) => {
    const limit = eventBytes(records);
    const { builder, taken } = build(records, 100, limit);
    expect(taken).not.toContain(false);
    expect(builder.bytes).toBe(limit);
    expect(Buffer.byteLength(toEventJson(builder.records, origin))).toBe(limit);
  });

  it.each([
    ['of one partition', batchRecords(3)],
    ['of several partitions', batchRecords(2, [0, 10, 200])],
  ])('refuses a record %s that would exceed the limit by one byte', (_, records) => {
    const { builder, taken } = build(records, 100, eventBytes(records) - 1);
    expect(taken).toEqual([...records.slice(1).map(() => true), false]);
    expect(builder.bytes).toBe(eventBytes(records.slice(0, -1)));
  });

  it('accepts a smaller record after it refused one', () => {
    const small = batchRecord({ offset: 2, value: null });
    const records = [batchRecord(), batchRecord({ offset: 1, value: Buffer.alloc(1000) }), small];
    const { builder, taken } = build(records, 100, eventBytes([batchRecord(), small]));
    expect(taken).toEqual([true, false, true]);
    expect(places(builder.records)).toEqual(['0:0', '0:2']);
  });
});
