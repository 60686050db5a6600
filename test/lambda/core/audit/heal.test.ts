import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { MAX_FAILED_BATCH_BYTES, MAX_PAYLOAD_BYTES } from '../../../../lambda/contract.ts';
import type { BrokerRecord } from '../../../../lambda/core/audit/broker.ts';
import { type HealJob, healEntries } from '../../../../lambda/core/audit/heal.ts';
import { parseFailedBatch } from '../../../../lambda/core/failed-batch/failed-batch.ts';
import { toBatchRecord, toEventJson } from '../../../../lambda/core/record/mapping-event.ts';
import { noon, origin, sourceRecord } from '../../../../tools/local/test/source-records.ts';
import { allOf } from '../../../helpers/all-of.ts';

const job: HealJob = {
  condition: 'AuditHeal',
  origin,
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:archive:7',
  requestId: 'request-1',
  now: noon,
};

async function* these(records: readonly BrokerRecord[]) {
  yield* records;
}

const recordsOf = (count: number, partition = 0) =>
  Array.from({ length: count }, (_, offset) => sourceRecord({ partition, offset }));

async function entriesOf(records: readonly BrokerRecord[], given: Partial<HealJob> = {}) {
  return allOf(healEntries(these(records), { ...job, ...given }));
}

const rangesOf = (entries: Awaited<ReturnType<typeof entriesOf>>) =>
  entries.map((entry) => ('body' in entry ? [entry.partition, entry.first, entry.last] : entry));

describe('failed batches of healed records', () => {
  it('are entries of an on-failure destination, with the event of the mapping', async () => {
    const records = [
      sourceRecord({ partition: 3, offset: 7 }),
      sourceRecord({ partition: 3, offset: 9 }),
    ];
    const [entry] = await entriesOf(records);
    const event = toEventJson(
      records.map((record) => toBatchRecord(record, origin)),
      origin,
    );
    expect(entry).toMatchObject({
      key: 'kafka-archive/heal/orders/3/7-9-4182f6c9.json',
      ...{ partition: 3, first: 7, last: 9, records: 2, bytes: Buffer.byteLength(event) },
    });
    expect(parseFailedBatch((entry as { body: string }).body)).toEqual({
      condition: 'AuditHeal',
      functionError: undefined,
      invokeCount: 0,
      requestId: 'request-1',
      failedAt: new Date(noon).toISOString(),
      records: 2,
      ranges: [
        {
          id: 'orders-3',
          ...{ firstOffset: '7', lastOffset: '9' },
          firstTimestamp: new Date(noon).toISOString(),
          lastTimestamp: new Date(noon).toISOString(),
        },
      ],
      event: JSON.parse(event),
    });
  });

  it('have the same key for the same records, whoever writes them, and another for other records', async () => {
    const keysOf = async (value: string, given: Partial<HealJob> = {}) =>
      (await entriesOf([sourceRecord({ value: Buffer.from(value) })], given)).map(
        (entry) => 'key' in entry && entry.key,
      );
    const [first] = await keysOf('a');
    const later = { now: noon + 1, condition: 'Backfill', requestId: undefined } as const;
    expect(await keysOf('a', later)).toEqual([first]);
    expect(await keysOf('b')).not.toEqual([first]);
  });

  it('are of one partition and one batch size each', async () => {
    const records = [...recordsOf(5), ...recordsOf(2, 1)];
    expect(rangesOf(await entriesOf(records, { batchSize: 2 }))).toEqual([
      [0, 0, 1],
      [0, 2, 3],
      [0, 4, 4],
      [1, 0, 1],
    ]);
    expect(await entriesOf([])).toEqual([]);
  });

  it('have an event that is within the payload limit, or one record', async () => {
    const half = Buffer.alloc((MAX_PAYLOAD_BYTES / 4) * 1.5);
    const values = [half, half, Buffer.alloc(MAX_PAYLOAD_BYTES), Buffer.from('x'), half];
    const entries = await entriesOf(values.map((value, offset) => sourceRecord({ offset, value })));
    expect(rangesOf(entries)).toEqual([
      [0, 0, 0],
      [0, 1, 1],
      [0, 2, 2],
      [0, 3, 4],
    ]);
    const bytes = entries.map((entry) => entry.bytes <= MAX_PAYLOAD_BYTES);
    expect(bytes).toEqual([true, true, false, true]);
  });

  it('leave out a record that no failed batch holds, and say how large it is', async () => {
    const largest = MAX_FAILED_BATCH_BYTES - 1024 * 1024;
    const bytesFor = (bytes: number) => Buffer.alloc((bytes / 4) * 3);
    const entries = await entriesOf([
      sourceRecord({ offset: 0 }),
      sourceRecord({ offset: 1, value: bytesFor(MAX_FAILED_BATCH_BYTES) }),
      sourceRecord({ offset: 2, value: bytesFor(largest) }),
    ]);
    expect(rangesOf(entries)).toEqual([
      [0, 0, 0],
      {
        partition: 0,
        offset: 1,
        bytes: expect.toSatisfy((bytes) => bytes > MAX_FAILED_BATCH_BYTES),
      },
      [0, 2, 2],
    ]);
  });
});
