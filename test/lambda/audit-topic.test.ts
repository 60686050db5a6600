import { Buffer } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type AuditRequest, auditTopic } from '../../lambda/audit-topic.ts';
import type { Ledger } from '../../lambda/core/audit/ledger.ts';
import { openFindings } from '../../lambda/core/audit/report.ts';
import type { ResetNote } from '../../lambda/core/audit/reset-note.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { AllArchiveSettings } from '../helpers/archive-parts.ts';
import { mskRecords, noon } from '../helpers/kafka-events.ts';
import { MemoryArchive, memoryCalls } from '../helpers/memory-archive.ts';
import { MemoryBroker, type MemoryRecord } from '../helpers/memory-broker.ts';
import { MemoryFailedRanges } from '../helpers/memory-failed-ranges.ts';
import { MemoryHours } from '../helpers/memory-hours.ts';
import { MemoryLedgers } from '../helpers/memory-ledgers.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const folder = 'shop/topic=orders/dt=2025-11-23/hour=10/';

function auditParts(given: { partitions?: number; settings?: Partial<AllArchiveSettings> } = {}) {
  const broker = new MemoryBroker('orders', given.partitions ?? 1);
  const archive = new MemoryArchive(given.settings);
  const ledgers = new MemoryLedgers();
  const failed = new MemoryFailedRanges();
  const notes: ResetNote[] = [];
  const deps = {
    ...{ broker, archive, ledgers, failedBatches: failed, hours: new MemoryHours() },
    resets: { load: async () => notes },
  };
  const audit = (request: Partial<AuditRequest> = {}, other: { broker?: undefined } = {}) =>
    auditTopic(
      { ...deps, ...other },
      {
        ...{ topic: 'orders', group: 'archive', start: 'earliest', filters: [] },
        ...{ objectPrefix: 'shop/', timeFolder: 'hour', startedAt: noon, listing: 'due' },
        ...{ fullListingDays: 7, read: 'as-needed', expirationDays: undefined },
        ...memoryCalls(),
        ...request,
      },
    );
  /** Audits, and returns what was found in a partition: its holes, and its findings as text. */
  const judge = async (request: Partial<AuditRequest> = {}, partition = 0) => {
    const report = await audit(request);
    const found = report.partitions.find((each) => each.partition === partition);
    const { findings = [], holes, stored, through } = found ?? {};
    return {
      ...{ holes, stored, through },
      findings: findings.map(
        ({ class: kind, first, last, offsets }) => `${kind} ${first}-${last} ${offsets}`,
      ),
    };
  };
  /** Appends records, and archives those with the given offsets as one batch. */
  const fill = async (count: number, batches: readonly (readonly [from: number, to: number])[]) => {
    broker.append(0, records(count));
    for (const [from, to] of batches) await archive.store(broker, 0, { from, to });
    broker.commit(0);
  };
  return { archive, audit, broker, deps, failed, fill, judge, ledgers, notes };
}

const records = (count: number, record: MemoryRecord = {}) =>
  Array.from({ length: count }, () => record);

/** Replaces the lines of an object. */
function changeLines(
  archive: MemoryArchive,
  key: string,
  change: (lines: string[]) => string[],
): void {
  const object = archive.objects.get(key);
  if (object === undefined) throw new RangeError(`no object ${key}`);
  const lines = gunzipSync(object.body).toString().trimEnd().split('\n');
  const body = gzipSync(Buffer.from(`${change(lines).join('\n')}\n`));
  archive.objects.set(key, { ...object, body });
}

function rename(archive: MemoryArchive, from: string, to: string): void {
  const object = archive.objects.get(from);
  if (object === undefined) throw new RangeError(`no object ${from}`);
  archive.objects.delete(from);
  archive.objects.set(to, { ...object, key: to });
}

describe('auditTopic', () => {
  it('finds nothing where all records below the committed offset are stored', async () => {
    const { archive, audit, broker } = auditParts();
    broker.append(0, records(10));
    broker.append(0, records(5));
    await archive.store(broker, 0, { to: 10 });
    broker.commit(0, 10);
    const report = await audit();
    expect(report).toEqual({
      ...{ topic: 'orders', claim: 'audited', startedAt: '2025-11-23T10:53:20.000Z' },
      fullyListedAt: '2025-11-23T10:53:20.000Z',
      ...{ isFullListing: true, objectsListed: 1, objectsRead: 2, hoursWritten: 0 },
      partitions: [
        {
          ...{ partition: 0, from: 0, through: 10, lastStable: 15, stored: 10, duplicates: 0 },
          holes: { 'not-yet': 5 },
          findings: [],
        },
      ],
    });
  });

  it('finds records lost whose object does not exist', async () => {
    const { audit, fill } = auditParts();
    await fill(10, [
      [0, 4],
      [7, 10],
    ]);
    const [partition] = (await audit()).partitions;
    expect(partition).toMatchObject({ stored: 7, holes: { lost: 3 } });
    expect(partition?.findings).toEqual([
      {
        ...{ partition: 0, first: 4, last: 6, offsets: 3, class: 'lost', isOnBroker: true },
        seenAt: '2025-11-23T10:53:20.000Z',
        evidence: 'The broker has the records, and no object holds them.',
        times: { first: noon, last: noon },
      },
    ]);
  });

  it('finds the first record, the last one and a whole partition', async () => {
    const { archive, broker, judge } = auditParts({ partitions: 2 });
    for (const partition of [0, 1]) {
      broker.append(partition, records(5));
      broker.commit(partition);
    }
    await archive.store(broker, 0, { from: 1, to: 4 });
    expect(await judge()).toMatchObject({ findings: ['lost 0-0 1', 'lost 4-4 1'] });
    expect(await judge({}, 1)).toMatchObject({ findings: ['lost 0-4 5'], stored: 0 });
  });

  it('reads runs with holes once, and finds marks and aborted records', async () => {
    const { archive, audit, broker, judge } = auditParts();
    broker.appendInTransaction(0, 7n, records(3));
    broker.appendInTransaction(0, 8n, records(2));
    broker.endTransaction(0, 8n, 'abort');
    broker.appendInTransaction(0, 7n, records(1));
    broker.endTransaction(0, 7n, 'commit');
    await archive.store(broker, 0);
    broker.commit(0);
    const [key = ''] = archive.objects.keys();
    expect(key).toBe(`${folder}p0.0-6x4.jsonl.gz`);
    const report = await audit();
    expect(report.partitions[0]).toMatchObject({
      ...{ stored: 4, findings: [] },
      holes: { aborted: 2, 'transaction-mark': 2 },
    });
    archive.keysRead.length = 0;
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject({ stored: 4, findings: [] });
    expect(archive.keysRead).toEqual([]);
  });

  it('decides aborted records by a mark beyond what it audits', async () => {
    const { archive, broker, judge } = auditParts();
    broker.append(0, records(2));
    broker.appendInTransaction(0, 8n, records(2));
    broker.append(0, records(2));
    broker.endTransaction(0, 8n, 'abort');
    broker.append(0, records(2_000));
    await archive.store(broker, 0, { to: 6 });
    broker.commit(0, 6);
    expect(await judge()).toMatchObject({
      ...{ stored: 4, findings: [] },
      holes: { aborted: 2, 'not-yet': 2_001 },
    });
  });

  it('decides aborted records by a mark above an open transaction', async () => {
    const { broker, judge } = auditParts();
    broker.appendInTransaction(0, 7n, records(1));
    broker.appendInTransaction(0, 8n, records(1));
    broker.endTransaction(0, 7n, 'abort');
    broker.commit(0);
    expect(broker.lastStable(0)).toBe(1);
    expect(await judge()).toMatchObject({ through: 1, holes: { aborted: 1 }, findings: [] });
  });

  it('does not read on across a long way between two holes', async () => {
    const { broker, fill, judge } = auditParts();
    for (let batch = 0; batch < 5; batch++) broker.append(0, records(500));
    await fill(0, [
      [1, 2_499],
      [2_500, 2_501],
    ]);
    await judge();
    broker.reads.length = 0;
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject({
      findings: ['lost 0-0 1', 'lost 2499-2499 1'],
    });
    expect(broker.reads.map(({ first }) => first)).toEqual([0, 2499]);
  });

  it('reads the offsets that decide what is due before it lists', async () => {
    const { archive, broker, fill, judge } = auditParts();
    await fill(3, [[0, 3]]);
    archive.whileListing = async () => {
      archive.whileListing = async () => undefined;
      broker.append(0, records(5));
      await archive.store(broker, 0, { from: 3, to: 6 });
      broker.commit(0, 8);
    };
    expect(await judge()).toMatchObject({ through: 3, findings: [], holes: {} });
    expect(await judge()).toMatchObject({ through: 8, findings: ['lost 6-7 2'] });
  });

  it('finds compacted records, in a batch and between batches', async () => {
    const { archive, broker, judge } = auditParts();
    broker.append(0, records(4));
    broker.append(0, records(4));
    broker.append(0, records(2));
    broker.compact(0, ({ offset }) => [0, 3, 9].includes(offset));
    broker.settings = { ...broker.settings, isCompacted: true };
    await archive.store(broker, 0);
    broker.commit(0);
    expect(await judge()).toMatchObject({ stored: 3, holes: { compacted: 7 }, findings: [] });
  });

  it('cannot explain the same on a topic that is not compacted', async () => {
    const { archive, audit, broker } = auditParts();
    broker.append(0, records(4));
    broker.compact(0, ({ offset }) => offset !== 1);
    await archive.store(broker, 0);
    broker.commit(0);
    const [partition] = (await audit()).partitions;
    expect(partition?.findings).toMatchObject([
      { class: 'unexplained', first: 1, last: 1, offsets: 1, isOnBroker: false },
    ]);
  });

  it('passes over what the brokers deleted before the first audit', async () => {
    const { broker, fill, judge } = auditParts();
    await fill(10, [
      [2, 4],
      [6, 10],
    ]);
    broker.deleteRecords(0, 6);
    expect(await judge()).toEqual({
      ...{ stored: 6, through: 10, findings: ['below-log-start 4-5 2'] },
      holes: { 'below-log-start': 2 },
    });
  });

  it('finds lost what the brokers deleted since the last audit, unless it lies within a batch', async () => {
    const { archive, audit, broker, fill, judge } = auditParts();
    await fill(10, [[0, 10]]);
    await judge();
    broker.append(0, records(2));
    broker.appendInTransaction(0, 7n, records(2));
    broker.endTransaction(0, 7n, 'abort');
    await fill(8, [
      [10, 17],
      [20, 23],
    ]);
    broker.deleteRecords(0, 20);
    const report = await audit();
    expect(report.partitions[0]?.findings).toMatchObject([
      { class: 'below-log-start', first: 12, last: 14, isOnBroker: false },
      { class: 'lost', first: 17, last: 19, offsets: 3, isOnBroker: false },
    ]);
    expect(archive.objects.size).toBe(3);
  });

  it('lists everything before it calls lost what the brokers have deleted', async () => {
    const { archive, audit, broker, fill, judge } = auditParts();
    await fill(5, [[0, 5]]);
    await judge();
    broker.append(0, records(5, { timestamp: noon - 10 * DAY }));
    await fill(5, [
      [5, 10],
      [10, 15],
    ]);
    // Retention goes by the records' own timestamps.
    broker.deleteRecords(0, 10);
    const report = await audit({ startedAt: noon + HOUR });
    expect(report).toMatchObject({
      ...{ isFullListing: true, objectsListed: 3 },
      partitions: [{ stored: 15, findings: [] }],
    });
    expect(archive.prefixesListed.filter((each) => each === 'shop/topic=orders/')).toHaveLength(2);
    broker.append(0, records(3));
    broker.commit(0);
    broker.deleteRecords(0, 18);
    await fill(1, [[18, 19]]);
    const lost = { stored: 16, findings: ['lost 15-17 3'] };
    expect(await judge({ startedAt: noon + 2 * HOUR })).toMatchObject(lost);
    archive.prefixesListed.length = 0;
    expect(await judge({ startedAt: noon + 3 * HOUR })).toMatchObject(lost);
    expect(archive.prefixesListed).not.toContain('shop/topic=orders/');
  });

  it('takes one offset between batches for a mark where the brokers deleted it', async () => {
    const { archive, broker, judge } = auditParts();
    const transaction = async () => {
      const { length } = broker.appendInTransaction(0, 7n, records(3));
      const mark = broker.endTransaction(0, 7n, 'commit');
      await archive.store(broker, 0, { from: mark - length });
      broker.commit(0);
    };
    await transaction();
    await judge();
    await transaction();
    broker.deleteRecords(0, 8);
    expect(await judge()).toMatchObject({
      findings: ['below-log-start 7-7 1'],
      holes: { 'below-log-start': 1, 'transaction-mark': 1 },
    });
  });

  it('asks again where the brokers delete records while it reads', async () => {
    const { archive, broker, fill, judge } = auditParts();
    broker.append(0, records(5));
    await fill(5, [[5, 10]]);
    archive.whileListing = async () => broker.deleteRecords(0, 8);
    expect(await judge()).toMatchObject({ findings: ['lost 0-4 5'], holes: { lost: 5 } });
  });

  it('finds filtered records, and lost ones among them', async () => {
    const { archive, broker, judge } = auditParts();
    const filters = [{ value: { kind: ['order'] } }];
    const values = ['order', 'ping', 'order', 'ping', 'order'].map((kind) => ({
      value: `{"kind":"${kind}"}`,
    }));
    broker.append(0, values);
    await archive.store(broker, 0, { to: 1 });
    await archive.store(broker, 0, { from: 4 });
    broker.commit(0);
    expect(await judge({ filters })).toMatchObject({
      ...{ stored: 2, findings: ['lost 2-2 1'] },
      holes: { filtered: 2, lost: 1 },
    });
  });

  it('counts a record as lost where it cannot evaluate the filter', async () => {
    const { audit, fill } = auditParts();
    await fill(2, [[0, 1]]);
    const filters = [{ value: { kind: [{ wildcard: '*' }] } }];
    const [partition] = (await audit({ filters })).partitions;
    expect(partition?.findings).toMatchObject([
      { class: 'lost', evidence: expect.stringContaining('unknown whether the filters') },
    ]);
  });

  it('finds records kept in a failed batch, until it is replayed or dismissed', async () => {
    const { archive, broker, failed, fill, judge } = auditParts();
    failed.add('aws/lambda/a', { 'orders-0': [2, 3], 'orders-1': [0, 9], 'payments-0': [0, 9] });
    failed.add('aws/lambda/b', { 'orders-0': [6, 7] });
    await fill(10, [
      [0, 2],
      [4, 6],
      [9, 10],
    ]);
    const kept = ['failed-batch 2-3 2', 'failed-batch 6-7 2', 'lost 8-8 1'];
    expect(await judge()).toMatchObject({ findings: kept, holes: { 'failed-batch': 4, lost: 1 } });
    await archive.store(broker, 0, { from: 2, to: 4 });
    failed.settle('aws/lambda/a', 1);
    failed.settle('aws/lambda/b');
    expect(await judge()).toMatchObject({
      ...{ stored: 7, findings: ['lost 6-7 2', 'lost 8-8 1'] },
      holes: { lost: 3 },
    });
  });

  it('knows that a failed batch keeps what the brokers have deleted', async () => {
    const { broker, failed, fill, judge } = auditParts();
    failed.add('aws/lambda/a', { 'orders-0': [0, 3] });
    await fill(10, [[4, 10]]);
    broker.deleteRecords(0, 6);
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-3 4'] });
  });

  it('finds records lost that a dismissed batch kept and the brokers have deleted', async () => {
    const { broker, failed, fill, judge } = auditParts();
    failed.add('aws/lambda/a', { 'orders-0': [0, 3] });
    await fill(10, [[4, 10]]);
    await judge();
    broker.deleteRecords(0, 2);
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-3 4'] });
    failed.settle('aws/lambda/a');
    expect(await judge()).toMatchObject({ findings: ['lost 0-3 4'], holes: { lost: 4 } });
  });

  it('looks for the records of a replayed batch in their own folders', async () => {
    const { archive, broker, failed, fill, judge } = auditParts();
    failed.add('aws/lambda/a', { 'orders-0': [0, 3] });
    broker.append(0, records(4, { timestamp: noon - 40 * DAY }));
    await fill(6, [[4, 10]]);
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-3 4'] });
    await archive.store(broker, 0, { to: 4 });
    broker.deleteRecords(0, 4);
    failed.settle('aws/lambda/a', 1);
    expect(await judge()).toMatchObject({ findings: [], stored: 10 });
  });

  it('waits for a full listing where it does not know when a dismissed batch was', async () => {
    const { broker, failed, fill, judge } = auditParts();
    failed.add('aws/lambda/a', { 'orders-0': [0, 3] });
    await fill(10, [[4, 10]]);
    broker.deleteRecords(0, 4);
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-3 4'] });
    failed.settle('aws/lambda/a');
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-3 4'] });
    expect(await judge({ listing: 'full' })).toMatchObject({ findings: ['lost 0-3 4'] });
  });

  it('finds in a full listing which record of a run is missing since', async () => {
    const { archive, broker, fill, judge } = auditParts();
    await fill(6, [[0, 6]]);
    await judge();
    changeLines(archive, `${folder}p0.0-5.jsonl.gz`, (lines) =>
      lines.filter((_, index) => index !== 2),
    );
    rename(archive, `${folder}p0.0-5.jsonl.gz`, `${folder}p0.0-5x5.jsonl.gz`);
    expect(await judge({ listing: 'full' })).toMatchObject({ findings: ['lost 2-2 1'], stored: 5 });
    expect(broker.partitions).toBe(1);
  });

  it('takes gaps of deleted offsets for marks where the partition has some, or filters', async () => {
    const marked = auditParts();
    marked.broker.appendInTransaction(0, 7n, records(2));
    marked.broker.endTransaction(0, 7n, 'commit');
    await marked.fill(0, [[0, 2]]);
    await marked.judge();
    marked.broker.append(0, records(3));
    await marked.fill(3, [[6, 9]]);
    marked.broker.deleteRecords(0, 6);
    expect(await marked.judge()).toMatchObject({ findings: ['below-log-start 3-5 3'] });
    const filtered = auditParts();
    const filters = [{ value: { kind: ['order'] } }];
    await filtered.fill(2, [[0, 2]]);
    await filtered.judge({ filters });
    filtered.broker.append(0, records(3));
    await filtered.fill(3, [[5, 8]]);
    filtered.broker.deleteRecords(0, 5);
    expect(await filtered.judge({ filters })).toMatchObject({
      findings: ['below-log-start 2-4 3'],
    });
  });

  it('finds records over the payload limit, named by a failed batch or by their size', async () => {
    const { archive, broker, failed, judge } = auditParts();
    broker.append(0, records(2));
    broker.append(0, [{ value: Buffer.alloc(5 * 1024 * 1024) }]);
    broker.append(0, [{ value: Buffer.alloc(3 * 1024 * 1024) }]);
    broker.commit(0);
    failed.add('aws/lambda/a', { 'orders-0': [1, 1] }, 'MaximumPayloadSizeExceeded');
    await archive.store(broker, 0, { to: 1 });
    expect(await judge()).toMatchObject({
      findings: ['oversize 1-1 1', 'oversize 2-2 1', 'lost 3-3 1'],
    });
  });

  it('finds what a reset of the group skipped', async () => {
    const { fill, judge, notes } = auditParts();
    const note = { format: 1, topic: 'orders', at: '2025-11-22T00:00:00.000Z' } as const;
    notes.push({ ...note, group: 'archive', skipped: [{ partition: 0, first: 2, last: 5 }] });
    notes.push({ ...note, group: 'other', skipped: [{ partition: 0, first: 6, last: 7 }] });
    await fill(10, [
      [0, 3],
      [8, 10],
    ]);
    expect(await judge()).toMatchObject({ findings: ['skipped-by-reset 3-5 3', 'lost 6-7 2'] });
  });

  it('keeps what a reset skipped, where only other holes were archived since', async () => {
    const { archive, broker, judge, notes } = auditParts();
    const note = { format: 1, topic: 'orders', at: '2025-11-22T00:00:00.000Z' } as const;
    notes.push({ ...note, group: 'archive', skipped: [{ partition: 0, first: 3, last: 3 }] });
    const values = ['order', 'ping', 'ping', 'order', 'ping', 'order'].map((kind) => ({
      value: `{"kind":"${kind}"}`,
    }));
    broker.append(0, values);
    await archive.store(broker, 0, { to: 1 });
    await archive.store(broker, 0, { from: 5 });
    broker.commit(0);
    const filters = [{ value: { kind: ['order'] } }];
    expect(await judge({ filters })).toMatchObject({
      ...{ stored: 2, findings: ['skipped-by-reset 3-3 1'] },
      holes: { filtered: 3, 'skipped-by-reset': 1 },
    });
    await archive.store(broker, 0, { from: 1, to: 3 });
    expect(await judge({ listing: 'full' })).toMatchObject({
      ...{ stored: 4, findings: ['skipped-by-reset 3-3 1'] },
      holes: { filtered: 1, 'skipped-by-reset': 1 },
    });
  });

  it('leaves out what precedes the start of the archive', async () => {
    const latest = auditParts();
    await latest.fill(10, [
      [4, 6],
      [7, 10],
    ]);
    expect(await latest.judge({ start: 'latest' })).toMatchObject({
      findings: ['before-archive 0-3 4', 'lost 6-6 1'],
    });
    const timed = auditParts();
    timed.broker.append(0, records(3));
    timed.broker.append(0, records(3, { timestamp: noon + 5_000 }));
    await timed.fill(0, [[4, 6]]);
    expect(await timed.judge({ start: noon / 1000 + 1 })).toMatchObject({
      findings: ['before-archive 0-2 3', 'lost 3-3 1'],
    });
  });

  it('has nothing to prove of a group that has not committed anything', async () => {
    const { archive, broker, judge } = auditParts();
    broker.append(0, records(10));
    expect(await judge({ start: 'latest' })).toMatchObject({
      through: 0,
      holes: { 'not-yet': 10 },
    });
    await archive.store(broker, 0, { from: 6 });
    broker.commit(0);
    expect(await judge({ start: 'latest' })).toMatchObject({ findings: ['before-archive 0-5 6'] });
  });

  it('finds that objects have expired which an earlier audit saw, also where the broker has the records', async () => {
    const { archive, broker, fill, judge } = auditParts();
    for (const day of [0, 0, 1, 9]) broker.append(0, records(2, { timestamp: noon + day * DAY }));
    broker.append(0, records(2, { timestamp: noon - 9 * DAY }));
    await fill(0, [
      [0, 1],
      [1, 4],
      [4, 6],
      [6, 8],
      [8, 10],
    ]);
    const days = { expirationDays: 8, listing: 'full' } as const;
    expect(await judge(days)).toMatchObject({ findings: [] });
    // Buckets delete what has expired in any order; late records lie in old folders for as long as others.
    for (const key of archive.objects.keys()) {
      if (/p0\.(?:0-0|4-5)/.test(key)) archive.objects.delete(key);
    }
    const expired = { stored: 7, findings: ['expired 0-0 1', 'expired 4-5 2'] };
    expect(await judge({ ...days, startedAt: noon + 9 * DAY })).toMatchObject(expired);
    expect(await judge({ startedAt: noon + 10 * DAY })).toMatchObject(expired);
  });

  it('never takes for expired what no audit has seen stored, however old the records are', async () => {
    const { archive, broker, judge } = auditParts();
    const days = { expirationDays: 7 };
    broker.append(0, records(5, { timestamp: noon - 8 * DAY }));
    await archive.store(broker, 0, { from: 1, to: 5 });
    broker.commit(0);
    expect(await judge(days)).toMatchObject({ findings: ['lost 0-0 1'] });
    broker.append(0, records(5, { timestamp: -1 }));
    broker.commit(0);
    const lost = { findings: ['lost 0-0 1', 'lost 5-9 5'] };
    expect(await judge({ ...days, startedAt: noon + HOUR })).toMatchObject(lost);
    expect(await judge({ ...days, startedAt: noon + 8 * DAY })).toMatchObject(lost);
  });

  it('finds lost what was deleted before it can have expired', async () => {
    const { archive, broker, judge } = auditParts();
    for (let day = 0; day < 8; day++) {
      broker.append(0, records(5, { timestamp: noon + day * DAY }));
      await archive.store(broker, 0, { from: day * 5 });
    }
    broker.commit(0);
    const days = { expirationDays: 8, listing: 'full' } as const;
    expect(await judge({ ...days, startedAt: noon + 7 * DAY })).toMatchObject({ findings: [] });
    const remove = (run: string) => {
      const [key = ''] = [...archive.objects.keys()].filter((each) => each.includes(run));
      expect(archive.objects.delete(key)).toBe(true);
    };
    remove('p0.30-34');
    broker.deleteRecords(0, 40);
    expect(await judge({ ...days, startedAt: noon + 7.1 * DAY })).toMatchObject({
      findings: ['lost 30-34 5'],
    });
    remove('p0.0-4');
    remove('p0.20-24');
    expect(await judge({ ...days, startedAt: noon + 9 * DAY })).toMatchObject({
      findings: ['expired 0-4 5', 'lost 20-24 5', 'lost 30-34 5'],
    });
  });

  it('lists recent folders after the first audit, and the folder of a record that is in no other', async () => {
    const { archive, audit, broker, fill } = auditParts();
    await fill(3, [[0, 3]]);
    await audit();
    archive.prefixesListed.length = 0;
    const late = records(2, { timestamp: noon - 40 * DAY });
    broker.appendInTransaction(0, 7n, late);
    broker.endTransaction(0, 7n, 'commit');
    await fill(0, [[3, 5]]);
    const report = await audit({ startedAt: noon + HOUR });
    expect(report).toMatchObject({ isFullListing: false, partitions: [{ through: 6, stored: 5 }] });
    expect(openFindings(report)).toEqual([]);
    expect(archive.prefixesListed.slice(0, 28)).toEqual([
      ...Array.from(
        { length: 14 },
        (_, hour) => `shop/topic=orders/dt=2025-11-22/hour=${hour + 10}/`,
      ),
      ...Array.from(
        { length: 13 },
        (_, hour) => `shop/topic=orders/dt=2025-11-23/hour=${String(hour).padStart(2, '0')}/`,
      ),
      'shop/topic=orders/dt=2025-10-14/hour=10/',
    ]);
  });

  it('judges a run whose objects lie in a listed folder and in another one', async () => {
    const { archive, audit, broker, fill, judge } = auditParts();
    await fill(3, [[0, 3]]);
    await audit();
    broker.append(0, [{ timestamp: noon - 40 * DAY }, {}, {}]);
    broker.commit(0);
    const run = { partition: 0, value: '{"order":3}' };
    await archive.storeRecords([
      ...mskRecords(3, 1, { ...run, timestamp: noon - 40 * DAY }),
      ...mskRecords(5, 1, run),
    ]);
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject({
      ...{ stored: 5, through: 6, findings: ['lost 4-4 1'] },
    });
  });

  it('keeps explained what the brokers have forgotten', async () => {
    const { broker, fill, judge } = auditParts();
    broker.appendInTransaction(0, 7n, records(3));
    broker.endTransaction(0, 7n, 'abort');
    await fill(4, [[0, 8]]);
    const first = { stored: 4, holes: { aborted: 3, 'transaction-mark': 1 }, findings: [] };
    expect(await judge()).toMatchObject(first);
    broker.deleteRecords(0, 8);
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject(first);
    expect(await judge({ listing: 'full' })).toMatchObject(first);
  });

  it('takes a healed finding out of the ledger, in whole or in part', async () => {
    const { archive, broker, fill, judge } = auditParts();
    await fill(10, [[5, 10]]);
    expect(await judge()).toMatchObject({ findings: ['lost 0-4 5'] });
    await archive.store(broker, 0, { to: 2 });
    expect(await judge()).toMatchObject({ findings: ['lost 2-4 3'], stored: 7 });
    broker.deleteRecords(0, 5);
    await archive.store(broker, 0, { to: 2 });
    expect(await judge()).toMatchObject({ findings: ['lost 2-4 3'] });
    await archive.storeRecords(mskRecords(2, 3, { partition: 0 }));
    expect(await judge()).toEqual({ findings: [], stored: 10, through: 10, holes: {} });
  });

  it('keeps an acknowledged loss, which is not open any more', async () => {
    const { audit, fill, ledgers } = auditParts();
    await fill(10, [[5, 10]]);
    await audit();
    const { ledger, version } = (await ledgers.load('orders')) ?? {};
    const [partition] = ledger?.partitions ?? [];
    const acknowledged = { at: '2025-11-23T11:00:00.000Z', reason: 'a test' };
    const findings = partition?.findings.map((each) => ({ ...each, acknowledged }));
    await ledgers.save({ ...ledger, partitions: [{ ...partition, findings }] } as Ledger, version);
    const report = await audit();
    expect(report.partitions[0]?.findings).toMatchObject([{ class: 'lost', acknowledged }]);
    expect(openFindings(report)).toEqual([]);
  });

  it('keeps a loss once the brokers have compacted the records, which nothing can heal then', async () => {
    const { archive, audit, broker, fill, judge } = auditParts();
    broker.settings = { ...broker.settings, isCompacted: true };
    await fill(10, [[4, 10]]);
    expect(await judge()).toMatchObject({ findings: ['lost 0-3 4'] });
    broker.compact(0, ({ offset }) => offset === 2 || offset > 3);
    const [partition] = (await audit({ startedAt: noon + HOUR })).partitions;
    expect(partition).toMatchObject({ stored: 6, holes: { lost: 4 } });
    const seenAt = '2025-11-23T10:53:20.000Z';
    expect(partition?.findings).toMatchObject([
      { class: 'lost', first: 0, last: 1, offsets: 2, isOnBroker: false, seenAt },
      { class: 'lost', first: 2, last: 2, offsets: 1, isOnBroker: true, seenAt },
      { class: 'lost', first: 3, last: 3, offsets: 1, isOnBroker: false, seenAt },
    ]);
    await archive.store(broker, 0, { to: 4 });
    expect(await judge({ startedAt: noon + 2 * HOUR })).toMatchObject({
      ...{ stored: 7, holes: { lost: 3 }, findings: ['lost 0-1 2', 'lost 3-3 1'] },
    });
  });

  it('keeps a loss that was compacted among marks', async () => {
    const { broker, fill, judge } = auditParts();
    broker.settings = { ...broker.settings, isCompacted: true };
    for (let transaction = 0; transaction < 2; transaction++) {
      broker.appendInTransaction(0, 7n, records(2));
      broker.endTransaction(0, 7n, 'commit');
    }
    await fill(2, [[6, 8]]);
    expect(await judge()).toMatchObject({ findings: ['lost 0-4 4'] });
    broker.compact(0, ({ offset }) => offset > 4);
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject({
      ...{ findings: ['lost 0-4 4'], holes: { lost: 4, 'transaction-mark': 2 } },
    });
  });

  it('keeps what a failed batch says once the brokers have compacted the records, until it is dismissed', async () => {
    const { broker, failed, fill, judge } = auditParts();
    broker.settings = { ...broker.settings, isCompacted: true };
    failed.add('aws/lambda/a', { 'orders-0': [0, 1] });
    failed.add('aws/lambda/b', { 'orders-0': [2, 2] }, 'MaximumPayloadSizeExceeded');
    await fill(10, [[3, 10]]);
    const found = { findings: ['failed-batch 0-1 2', 'oversize 2-2 1'] };
    expect(await judge()).toMatchObject(found);
    broker.compact(0, ({ offset }) => offset > 2);
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject(found);
    failed.settle('aws/lambda/a');
    const lost = { findings: ['lost 0-1 2', 'oversize 2-2 1'] };
    expect(await judge({ startedAt: noon + 2 * HOUR })).toMatchObject(lost);
  });

  it('finds a record over the payload limit that the brokers have compacted before an audit looked', async () => {
    const { broker, failed, fill, judge } = auditParts();
    broker.settings = { ...broker.settings, isCompacted: true };
    failed.add('aws/lambda/b', { 'orders-0': [2, 2] }, 'MaximumPayloadSizeExceeded');
    failed.add('aws/lambda/a', { 'orders-0': [1, 1] }, 'MaximumPayloadSizeExceeded');
    await fill(10, [[4, 10]]);
    broker.compact(0, ({ offset }) => offset > 2);
    expect(await judge()).toMatchObject({
      ...{ findings: ['oversize 1-1 1', 'oversize 2-2 1', 'lost 3-3 1'], holes: { compacted: 1 } },
    });
  });

  it('finds records lost that a dismissed batch kept and the brokers have compacted meanwhile', async () => {
    const { broker, failed, fill, judge } = auditParts();
    broker.settings = { ...broker.settings, isCompacted: true };
    failed.add('aws/lambda/a', { 'orders-0': [0, 1] });
    await fill(10, [[2, 10]]);
    expect(await judge()).toMatchObject({ findings: ['failed-batch 0-1 2'] });
    broker.compact(0, ({ offset }) => offset > 1);
    failed.settle('aws/lambda/a');
    expect(await judge({ startedAt: noon + HOUR })).toMatchObject({ findings: ['lost 0-1 2'] });
  });

  it('finds in a full listing what was deleted later', async () => {
    const { archive, fill, judge } = auditParts();
    await fill(10, [
      [0, 4],
      [4, 7],
      [7, 10],
    ]);
    const whole = { stored: 10, findings: [] };
    expect(await judge()).toMatchObject(whole);
    archive.objects.delete(`${folder}p0.4-6.jsonl.gz`);
    expect(await judge({ startedAt: noon + 6 * DAY })).toMatchObject(whole);
    expect(await judge({ startedAt: noon + 7 * DAY })).toMatchObject({
      ...{ stored: 7, holes: { lost: 3 }, findings: ['lost 4-6 3'] },
    });
  });

  it('finds in a full listing that other offsets are stored, as many as before', async () => {
    const filters = [{ value: { kind: ['order'] } }];
    const filtered = async (kinds: readonly string[]) => {
      const { archive, broker, judge } = auditParts();
      const values = kinds.map((kind) => ({ value: `{"kind":"${kind}"}` }));
      broker.append(0, values);
      broker.commit(0);
      return { archive, broker, judge: () => judge({ filters, listing: 'full' }) };
    };
    const dense = await filtered(['order', 'order', 'order', 'ping']);
    await dense.archive.store(dense.broker, 0, { to: 3 });
    expect(await dense.judge()).toMatchObject({ stored: 3, holes: { filtered: 1 } });
    rename(dense.archive, `${folder}p0.0-2.jsonl.gz`, `${folder}p0.1-3.jsonl.gz`);
    expect(await dense.judge()).toMatchObject({ stored: 3, findings: ['lost 0-0 1'] });
    const sparse = await filtered(['order', 'ping', 'order', 'order', 'ping']);
    await sparse.archive.storeRecords([
      ...mskRecords(0, 1, { partition: 0, value: '{"kind":"order"}' }),
      ...mskRecords(2, 2, { partition: 0, value: '{"kind":"order"}' }),
    ]);
    expect(await sparse.judge()).toMatchObject({ stored: 3, holes: { filtered: 2 } });
    rename(sparse.archive, `${folder}p0.0-3x3.jsonl.gz`, `${folder}p0.1-4x3.jsonl.gz`);
    expect(await sparse.judge()).toMatchObject({
      ...{ stored: 2, holes: { filtered: 2, lost: 1 }, findings: ['lost 0-0 1'] },
    });
  });

  it('finds in a full listing which objects of a batch were deleted later', async () => {
    const { archive, broker, judge } = auditParts();
    broker.append(
      0,
      Array.from({ length: 9 }, (_, index) => ({ timestamp: noon + (index % 3) * HOUR })),
    );
    await archive.store(broker, 0);
    broker.commit(0);
    expect(await judge()).toMatchObject({ stored: 9, findings: [] });
    archive.objects.delete('shop/topic=orders/dt=2025-11-23/hour=11/p0.0-8.2of3.jsonl.gz');
    expect(await judge({ listing: 'full' })).toMatchObject({
      ...{ stored: 6, holes: { lost: 3 } },
      findings: ['lost 1-1 1', 'lost 4-4 1', 'lost 7-7 1'],
    });
  });

  it.each([
    ['lost', undefined],
    ['lost', 400],
    ['expired', 30],
  ])(
    'finds it %s where the brokers do not have it either and objects expire after %s days',
    async (kind, expirationDays) => {
      const { archive, broker, fill, judge } = auditParts();
      await fill(10, [
        [0, 4],
        [4, 7],
        [7, 10],
      ]);
      await judge();
      broker.deleteRecords(0, 10);
      archive.objects.delete(`${folder}p0.0-3.jsonl.gz`);
      expect(await judge({ startedAt: noon + 30 * DAY, expirationDays })).toMatchObject({
        findings: [`${kind} 0-3 4`],
        stored: 6,
      });
    },
  );

  it('finds another life of the topic by its id, and audits what follows', async () => {
    const { archive, audit, broker, fill } = auditParts();
    await fill(10, [[2, 10]]);
    await audit();
    broker.recreate();
    broker.append(0, records(14));
    await archive.store(broker, 0, { from: 10, to: 12 });
    broker.commit(0);
    const [partition] = (await audit()).partitions;
    expect(partition?.findings).toMatchObject([
      { class: 'lost', first: 0, last: 1, isOnBroker: false },
      {
        ...{ class: 'another-life', first: 0, last: 9, offsets: 8, isOnBroker: false },
        evidence:
          'The topic was deleted and created again: its id is not the one of the last audit.',
      },
      { class: 'lost', first: 12, last: 13, isOnBroker: true },
    ]);
    const [again] = (await audit({ listing: 'full' })).partitions;
    expect(again?.findings).toHaveLength(3);
  });

  it('finds another life in the first audit, by other records at the stored offsets', async () => {
    const { audit, broker, fill } = auditParts();
    await fill(10, [
      [0, 4],
      [6, 10],
    ]);
    broker.recreate();
    broker.append(0, records(14, { value: 'another' }));
    broker.commit(0);
    const [partition] = (await audit()).partitions;
    expect(partition).toMatchObject({
      ...{ through: 14, stored: 8, holes: { 'another-life': 2, lost: 4 } },
      findings: [
        {
          ...{ class: 'another-life', first: 0, last: 9, offsets: 8 },
          evidence: 'The record that the broker has at offset 0 is not the one that is stored.',
        },
        { class: 'lost', first: 10, last: 13 },
      ],
    });
  });

  it('finds another life where the log ends below what is stored', async () => {
    const { broker, fill, judge } = auditParts();
    await fill(10, [[0, 10]]);
    broker.recreate();
    const first = await judge();
    expect(first).toMatchObject({ findings: ['another-life 0-9 10'], through: 10 });
    expect(await judge()).toEqual(first);
  });

  it('finds another life where an object of a partition is left that the topic does not have', async () => {
    const { archive, broker, judge } = auditParts({ partitions: 2 });
    broker.append(1, records(3));
    await archive.store(broker, 1);
    broker.recreate(1);
    expect(await judge({}, 1)).toMatchObject({ findings: ['another-life 0-2 3'], through: 3 });
  });

  it('compares records by their timestamps alone where Lambda has decoded them', async () => {
    const { archive, broker, fill, judge } = auditParts();
    await fill(3, [[0, 3]]);
    changeLines(archive, `${folder}p0.0-2.jsonl.gz`, (lines) =>
      lines.map((line) =>
        line.replace('"metadata":{', '"metadata":{"value_schema_id":"1",').replace('u-17', 'u-18'),
      ),
    );
    expect(await judge()).toMatchObject({ findings: [] });
    broker.recreate();
    broker.append(0, records(3, { timestamp: noon + 1 }));
    broker.commit(0);
    expect(await judge({ topic: 'orders', listing: 'full' })).toMatchObject({
      findings: ['another-life 0-2 3'],
    });
  });

  it('reads what is left of a batch that lacks objects', async () => {
    const { archive, broker, judge } = auditParts();
    broker.append(
      0,
      Array.from({ length: 9 }, (_, index) => ({ timestamp: noon + (index % 3) * HOUR })),
    );
    await archive.store(broker, 0);
    broker.commit(0);
    archive.objects.delete('shop/topic=orders/dt=2025-11-23/hour=11/p0.0-8.2of3.jsonl.gz');
    expect(archive.objects.size).toBe(2);
    expect(await judge()).toMatchObject({
      ...{ stored: 6, holes: { lost: 3 } },
      findings: ['lost 1-1 1', 'lost 4-4 1', 'lost 7-7 1'],
    });
  });

  it('reads runs with holes that overlap, and objects of format 1', async () => {
    const { archive, broker, judge } = auditParts();
    for (let transaction = 0; transaction < 4; transaction++) {
      broker.appendInTransaction(0, 7n, records(2));
      broker.endTransaction(0, 7n, 'commit');
    }
    broker.append(0, records(4));
    await archive.store(broker, 0, { to: 8 });
    await archive.store(broker, 0, { from: 4, to: 12 });
    await archive.store(broker, 0, { from: 12 });
    broker.commit(0);
    const format1 = (offset: number) => String(offset).padStart(20, '0');
    rename(
      archive,
      `${folder}p0.12-15.jsonl.gz`,
      `${folder}orders-0-${format1(12)}-${format1(15)}.jsonl.gz`,
    );
    expect(await judge()).toMatchObject({
      ...{ stored: 12, holes: { 'transaction-mark': 4 }, findings: [] },
    });
  });

  it('finds broken lines, missing lines and wrong keys by reading every new object', async () => {
    const { archive, fill, judge } = auditParts();
    await fill(12, [
      [0, 4],
      [4, 8],
      [8, 12],
    ]);
    const [first = '', second = '', third = ''] = archive.objects.keys();
    changeLines(archive, first, ([one = '', ...others]) => [one.slice(1), ...others]);
    changeLines(archive, second, (lines) => lines.filter((_, index) => index !== 2));
    rename(archive, third, third.replace('8-11', '108-111'));
    expect(await judge({ read: 'all' })).toMatchObject({
      findings: ['lost 0-0 1', 'lost 6-6 1', 'lost 8-11 4'],
    });
  });

  it('takes a body that is damaged for what precedes the damage, and fails where a read fails', async () => {
    const { archive, fill, judge } = auditParts();
    await fill(4, [[0, 4]]);
    const [key = ''] = archive.objects.keys();
    const object = archive.objects.get(key);
    if (object !== undefined) archive.objects.set(key, { ...object, body: Buffer.from('no gzip') });
    expect(await judge({ read: 'all' })).toMatchObject({ findings: ['lost 0-3 4'] });
    const failure = new ArchiverError('LOAD_FAILED', 'get failed', { retryable: true });
    archive.failure = failure;
    await expect(judge({ read: 'all', listing: 'full' })).rejects.toBe(failure);
    const broken = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
    };
    const read = async () => ({ body: broken, versionId: undefined, metadata: undefined });
    Object.assign(archive, { failure: undefined, read });
    await expect(judge({ read: 'all', listing: 'full' })).rejects.toBe(failure);
  });

  it('reads each object of a delivery stream once, and finds in a full listing what was deleted', async () => {
    const { archive, broker, deps, fill, judge } = auditParts();
    Object.assign(deps, { hours: undefined });
    await fill(6, [
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    const streamed = (second: number) =>
      `${folder}stream-1-2025-11-23-10-00-0${second}-0f1e2d3c-0000-4000-8000-000000000001.jsonl.gz`;
    for (const [index, key] of [...archive.objects.keys()].entries()) {
      rename(archive, key, streamed(index));
    }
    broker.commit(0, 5);
    expect(await judge()).toMatchObject({ stored: 0, through: 0, findings: [] });
    broker.commit(0);
    archive.keysRead.length = 0;
    const later = { startedAt: noon + HOUR };
    expect(await judge(later)).toMatchObject({ stored: 5, through: 5, findings: [] });
    const evenLater = { startedAt: noon + 2 * HOUR };
    expect(await judge(evenLater)).toMatchObject({ stored: 6, through: 6, findings: [] });
    expect(archive.keysRead).toEqual([]);
    archive.objects.delete(streamed(1));
    expect(await judge({ ...evenLater, listing: 'full' })).toMatchObject({
      ...{ stored: 4, findings: ['lost 2-3 2'] },
    });
    archive.objects.delete(streamed(0));
    const muchLater = { startedAt: noon + 9 * DAY, listing: 'full', expirationDays: 8 } as const;
    expect(await judge(muchLater)).toMatchObject({
      ...{ stored: 2, findings: ['expired 0-1 2', 'lost 2-3 2'] },
    });
  });

  it('finds objects of one batch that hold different records', async () => {
    const { archive, audit, fill } = auditParts();
    await fill(3, [[0, 3]]);
    await archive.storeRecords(mskRecords(0, 3, { partition: 0, value: '{"order":2}' }));
    const [, other] = archive.objects.keys();
    expect(other).toMatch(/p0\.0-2~[0-9a-f]{8}\.jsonl\.gz$/);
    const report = await audit();
    expect(report.partitions[0]?.findings).toMatchObject([
      { class: 'conflict', first: 0, last: 1, offsets: 2 },
    ]);
    expect(openFindings(await audit())).toHaveLength(1);
  });

  it('audits again if another audit has saved the ledger meanwhile, and gives up then', async () => {
    const { audit, fill, ledgers } = auditParts();
    await fill(3, [[0, 3]]);
    const saveOther = async () => {
      const { beforeSave } = ledgers;
      ledgers.beforeSave = async () => undefined;
      const known = await ledgers.load('orders');
      const other: Ledger = known?.ledger ?? {
        ...{ format: 1, topic: 'orders', topicId: undefined, auditedAt: '' },
        ...{ fullyListedAt: undefined, partitions: [] },
      };
      await ledgers.save(other, known?.version);
      ledgers.beforeSave = beforeSave;
    };
    ledgers.beforeSave = async () => {
      await saveOther();
      ledgers.beforeSave = async () => undefined;
    };
    expect(await audit()).toMatchObject({ partitions: [{ stored: 3 }] });
    ledgers.beforeSave = saveOther;
    await expect(audit()).rejects.toMatchObject({
      ...{ code: 'STORE_WRITE_FAILED', retryable: true },
      message: "other audits of 'orders' have saved its ledger meanwhile",
    });
  });

  it('proves less without brokers, and says so', async () => {
    const { archive, audit, broker, fill, judge, ledgers } = auditParts();
    broker.appendInTransaction(0, 7n, records(2));
    broker.endTransaction(0, 7n, 'commit');
    await fill(6, [
      [0, 5],
      [7, 9],
    ]);
    const listed = await audit({}, { broker: undefined });
    expect(listed).toMatchObject({
      claim: 'listed',
      partitions: [{ stored: 6, through: 9, lastStable: 9, holes: { unproven: 3 }, findings: [] }],
    });
    expect(await judge()).toMatchObject({ holes: { 'transaction-mark': 1, lost: 2 } });
    const [proven] = ledgers.saved.slice(-1);
    archive.objects.clear();
    await audit({}, { broker: undefined });
    expect((await ledgers.load('orders'))?.ledger).toEqual(proven);
  });

  it('finds batches that lack objects without brokers, too', async () => {
    const { archive, audit, broker } = auditParts();
    broker.append(0, [{ timestamp: noon }, { timestamp: noon + HOUR }]);
    await archive.store(broker, 0);
    archive.objects.delete('shop/topic=orders/dt=2025-11-23/hour=11/p0.0-1.2of2.jsonl.gz');
    const report = await audit({}, { broker: undefined });
    expect(report.partitions[0]?.findings).toMatchObject([
      { class: 'lost', first: 1, last: 1, isOnBroker: false },
    ]);
  });

  it('writes the records of hours', async () => {
    const { audit, deps, fill } = auditParts();
    await fill(3, [[0, 3]]);
    const report = await audit({ startedAt: noon + HOUR });
    expect(report.hoursWritten).toBe(1);
    expect([...deps.hours.texts.keys()]).toEqual(['orders/2025-11-23/10']);
  });

  it('finds that an object of a batch was deleted beside those of a delivery stream', async () => {
    const { archive, broker, fill, judge } = auditParts();
    await fill(6, [
      [0, 4],
      [4, 5],
      [5, 6],
    ]);
    const uuid = '0f1e2d3c-0000-4000-8000-000000000001';
    const streamed = `${folder}stream-1-2025-11-23-10-00-00-${uuid}.jsonl.gz`;
    rename(archive, `${folder}p0.0-3.jsonl.gz`, streamed);
    await judge();
    const whole = await judge({ startedAt: noon + HOUR });
    expect(whole).toMatchObject({ stored: 6, through: 6, findings: [] });
    archive.objects.delete(`${folder}p0.4-4.jsonl.gz`);
    broker.deleteRecords(0, 6);
    expect(await judge({ startedAt: noon + 2 * HOUR, listing: 'full' })).toMatchObject({
      ...{ stored: 5, findings: ['lost 4-4 1'] },
    });
  });

  it('refuses a topic that the brokers do not have', async () => {
    const { audit, broker } = auditParts();
    broker.exists = false;
    await expect(audit()).rejects.toMatchObject({
      ...{ code: 'KAFKA_FAILED', message: "the brokers have no topic 'orders'" },
    });
  });

  it('names no data of records', async () => {
    const { audit, broker, fill } = auditParts();
    broker.append(0, records(4, { key: 'secret', value: 'secret' }));
    await fill(4, [[6, 8]]);
    expect(JSON.stringify(await audit())).not.toContain('secret');
  });
});
