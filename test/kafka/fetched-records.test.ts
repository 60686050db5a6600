import { Buffer } from 'node:buffer';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fetchedRecords, type PartitionAnswer, storedBatch } from '../../kafka/fetched-records.ts';

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

function record(offsetDelta: number, parts: Partial<KafkaRecord> = {}): KafkaRecord {
  const value = Buffer.from('v');
  const nothing = { length: 0, attributes: 0, timestampDelta: 0n, key: null, headers: [] };
  return { ...nothing, offsetDelta, value, ...parts };
}

function batch(
  firstOffset: number,
  records: KafkaRecord[],
  parts: Partial<RecordsBatch> = {},
): RecordsBatch {
  return {
    firstOffset: BigInt(firstOffset),
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: 0,
    lastOffsetDelta: records.at(-1)?.offsetDelta ?? 0,
    firstTimestamp: 1000n,
    maxTimestamp: 1000n,
    producerId: -1n,
    producerEpoch: -1,
    firstSequence: -1,
    records,
    ...parts,
  };
}

const inRow = (count: number) => Array.from({ length: count }, (_, i) => record(i));

/** Records at consecutive offsets, of no transaction. */
const plain = (offset: number, count: number) => batch(offset, inRow(count));

/** Records of a producer's transaction. */
const sent = (producer: number, offset: number, count: number) =>
  batch(offset, inRow(count), { attributes: TRANSACTIONAL, producerId: BigInt(producer) });

/** What ends a producer's transaction. */
function marker(producer: number, offset: number, how: 'abort' | 'commit') {
  const key = Buffer.from([0, 0, 0, how === 'abort' ? 0 : 1]);
  const attributes = TRANSACTIONAL | CONTROL;
  return batch(offset, [record(0, { key })], { attributes, producerId: BigInt(producer) });
}

type Aborted = NonNullable<PartitionAnswer['abortedTransactions']>[number];

const aborted = (producer: number, firstOffset: number): Aborted => ({
  producerId: BigInt(producer),
  firstOffset: BigInt(firstOffset),
});

/** Offsets of the records in an answer, and the offset to fetch next. */
function read(records: RecordsBatch[], abortedTransactions: Aborted[] | null = null, from = 0) {
  const fetched = fetchedRecords({ partitionIndex: 0, records, abortedTransactions }, from);
  return { offsets: fetched.records.map(({ offset }) => offset), next: fetched.next };
}

/** The first record of a batch. */
function first(records: RecordsBatch) {
  const answer = { partitionIndex: 7, records: [records], abortedTransactions: null };
  return fetchedRecords(answer, 0).records[0];
}

describe('records of an answer', () => {
  it.each<[string, RecordsBatch[], number, number[], number]>([
    ['none', [], 5, [], 5],
    ['of batches', [plain(5, 2), plain(7, 1)], 5, [5, 6, 7], 8],
    ['before the offset asked for are left out', [plain(3, 5)], 6, [6, 7], 8],
    ['all before the offset asked for', [plain(3, 2)], 6, [], 6],
    ['compacted away in part', [batch(5, [record(1), record(4)])], 5, [6, 9], 10],
    ['compacted away at the end', [batch(5, [record(1)], { lastOffsetDelta: 4 })], 5, [6], 10],
    ['all compacted away', [batch(5, [], { lastOffsetDelta: 4 })], 5, [], 10],
    ['of batches with a gap', [plain(5, 1), plain(9, 1)], 5, [5, 9], 10],
  ])('%s', (_, batches, from, offsets, next) => {
    expect(read(batches, null, from)).toEqual({ offsets, next });
  });

  it.each([null, undefined])('are none if it has %s', (records) => {
    const answer = {
      partitionIndex: 0,
      abortedTransactions: null,
      ...(records === null && { records }),
    };
    expect(fetchedRecords(answer, 3)).toEqual({ records: [], next: 3 });
  });
});

describe('transactions', () => {
  it.each<[string, RecordsBatch[], Aborted[], number[], number]>([
    ['have control records, that are none', [sent(1, 0, 2), marker(1, 2, 'commit')], [], [0, 1], 3],
    ['of which only the mark is left', [marker(1, 4, 'commit')], [], [], 5],
    ['that were aborted', [sent(1, 0, 2), marker(1, 2, 'abort')], [aborted(1, 0)], [], 3],
    ['whose mark is not in the answer', [sent(1, 0, 2), sent(1, 2, 2)], [aborted(1, 0)], [], 4],
    [
      'whose mark was compacted away',
      [sent(1, 0, 1), batch(1, [], { attributes: TRANSACTIONAL | CONTROL, producerId: 1n })],
      [aborted(1, 0)],
      [],
      2,
    ],
    [
      'begun before the answer',
      [sent(1, 3, 1), marker(1, 4, 'abort'), sent(1, 5, 1)],
      [aborted(1, 0)],
      [5],
      6,
    ],
    [
      'several aborted ones of one producer',
      [sent(1, 0, 1), marker(1, 1, 'abort'), sent(1, 2, 2), marker(1, 4, 'abort'), plain(5, 1)],
      [aborted(1, 0), aborted(1, 2)],
      [5],
      6,
    ],
    [
      'a committed one between two that were aborted',
      [
        ...[sent(1, 0, 1), marker(1, 1, 'abort'), sent(1, 2, 1), marker(1, 3, 'commit')],
        ...[sent(1, 4, 1), marker(1, 5, 'abort')],
      ],
      [aborted(1, 0), aborted(1, 4)],
      [2],
      6,
    ],
    [
      'of two producers by turns, in the order in which they ended',
      [
        ...[sent(1, 0, 1), sent(2, 1, 1), sent(3, 2, 1), sent(1, 3, 1), marker(2, 4, 'abort')],
        ...[sent(2, 5, 1), marker(1, 6, 'abort'), marker(2, 7, 'commit'), marker(3, 8, 'commit')],
      ],
      [aborted(2, 1), aborted(1, 0)],
      [2, 5],
      9,
    ],
    [
      'which records of no transaction are not part of',
      [sent(1, 0, 1), plain(1, 1), batch(2, inRow(1), { producerId: 1n }), marker(1, 3, 'abort')],
      [aborted(1, 0)],
      [1, 2],
      4,
    ],
    ['aborted after the answer', [sent(1, 0, 2)], [aborted(1, 2)], [0, 1], 2],
  ])('%s', (_, batches, abortedTransactions, offsets, next) => {
    expect(read(batches, abortedTransactions)).toEqual({ offsets, next });
  });

  it('are not changed', () => {
    const abortedTransactions = [aborted(2, 1), aborted(1, 0)];
    read([sent(1, 0, 1), sent(2, 1, 1)], abortedTransactions);
    expect(abortedTransactions).toEqual([aborted(2, 1), aborted(1, 0)]);
  });
});

describe('a record', () => {
  it('keeps every field of the batch', () => {
    const headers: KafkaRecord['headers'] = [
      [Buffer.from('größe'), Buffer.from([0xff])],
      [Buffer.from('twice'), Buffer.alloc(0)],
      [Buffer.from('twice'), null],
      [null, null],
    ];
    const given = { key: Buffer.from('k'), value: Buffer.from('v'), headers, timestampDelta: 5n };
    expect(first(batch(40, [record(2, given)]))).toEqual({
      partition: 7,
      offset: 42,
      timestamp: 1005,
      timestampType: 'CREATE_TIME',
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: [
        { name: 'größe', value: Buffer.from([0xff]) },
        { name: 'twice', value: Buffer.alloc(0) },
        { name: 'twice', value: null },
        { name: '', value: null },
      ],
    });
  });

  it.each([
    ['null', null],
    ['empty', Buffer.alloc(0)],
  ])('can have a key and a value that are %s', (_, bytes) => {
    const { key, value } = first(batch(0, [record(0, { key: bytes, value: bytes })])) ?? {};
    expect({ key, value }).toEqual({ key: bytes, value: bytes });
  });

  it.each<[string, number, bigint, number]>([
    ['CREATE_TIME', 0, 0n, 1000],
    ['CREATE_TIME', 0, 300n, 1300],
    ['CREATE_TIME', 0, -300n, 700],
    ['CREATE_TIME', TRANSACTIONAL, 1n, 1001],
    ['LOG_APPEND_TIME', LOG_APPEND_TIME, 300n, 2000],
    ['LOG_APPEND_TIME', LOG_APPEND_TIME | TRANSACTIONAL, 0n, 2000],
  ])(
    'has its %s, with attributes %i and a delta of %i',
    (type, attributes, timestampDelta, timestamp) => {
      const given = batch(0, [record(0, { timestampDelta })], { attributes, maxTimestamp: 2000n });
      expect(first(given)).toMatchObject({ timestamp, timestampType: type });
    },
  );
});

interface Step {
  /** 0 for no transaction. */
  readonly producer: number;
  readonly does: 'send' | 'abort' | 'commit';
  /** For each record, whether compaction keeps it. */
  readonly kept: readonly boolean[];
}

interface Transaction {
  readonly producer: number;
  readonly first: number;
  end?: { readonly how: 'abort' | 'commit'; readonly at: number };
}

/** A partition's log, as a broker keeps it and answers from it to those who read what is committed. */
class Log {
  readonly #batches: { readonly batch: RecordsBatch; readonly of?: Transaction | undefined }[] = [];
  readonly #transactions: Transaction[] = [];
  /** The offset that the next record has. */
  end = 0;

  constructor(steps: readonly Step[]) {
    for (const step of steps) this.#apply(step);
  }

  /** Where the first transaction that has not ended begins. */
  get lastStable(): number {
    const open = this.#transactions.filter(({ end }) => end === undefined);
    return Math.min(this.end, ...open.map((transaction) => transaction.first));
  }

  /** Offsets of the records to read. */
  committed(from: number): number[] {
    return this.#batches
      .filter(({ of }) => of === undefined || of.end?.how === 'commit')
      .filter(({ batch: { attributes } }) => (attributes & CONTROL) === 0)
      .flatMap(({ batch: { firstOffset, records } }) =>
        records.map(({ offsetDelta }) => Number(firstOffset) + offsetDelta),
      )
      .filter((offset) => offset >= from && offset < this.lastStable);
  }

  /** So many batches from the one on that has an offset. */
  fetch(from: number, count: number): Parameters<typeof fetchedRecords>[0] {
    const records = this.#batches
      .map((each) => each.batch)
      .filter((each) => lastOf(each) >= from && lastOf(each) < this.lastStable)
      .slice(0, count);
    const last = Math.max(-1, ...records.map(lastOf));
    // In the order of their ends, as in a broker's index of them.
    const abortedTransactions = this.#transactions
      .filter(({ end }) => end?.how === 'abort' && end.at >= from)
      .filter((transaction) => transaction.first <= last)
      .sort((a, b) => (a.end?.at ?? 0) - (b.end?.at ?? 0))
      .map((transaction) => aborted(transaction.producer, transaction.first));
    return { partitionIndex: 0, records, abortedTransactions };
  }

  #apply({ does, kept, producer }: Step): void {
    const open = this.#transactions.find((each) => each.producer === producer && !each.end);
    if (does !== 'send') {
      if (open === undefined) return;
      open.end = { how: does, at: this.end };
      this.#append(marker(producer, this.end, does), open);
    } else {
      const begun = producer === 0 ? undefined : (open ?? { producer, first: this.end });
      if (begun !== undefined && begun !== open) this.#transactions.push(begun);
      const whole = begun ? sent(producer, this.end, kept.length) : plain(this.end, kept.length);
      const records = whole.records.filter((_, i) => kept[i]);
      this.#append({ ...whole, records }, begun);
    }
  }

  #append(added: RecordsBatch, of: Transaction | undefined): void {
    this.#batches.push({ batch: added, of });
    this.end = lastOf(added) + 1;
  }
}

const lastOf = ({ firstOffset, lastOffsetDelta }: RecordsBatch) =>
  Number(firstOffset) + lastOffsetDelta;

const steps = fc.array(
  fc.record<Step>({
    producer: fc.nat(3),
    does: fc.constantFrom('send', 'send', 'abort', 'commit'),
    kept: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 40 },
);

describe('a batch as it is stored', () => {
  const none = { producerId: -1n, isTransactional: false, control: undefined };
  const mark = {
    firstOffset: 4,
    lastOffset: 4,
    producerId: 1n,
    isTransactional: true,
    records: [],
  };

  it('keeps its span, whatever records compaction has left', () => {
    const stored = storedBatch(batch(5, [record(1), record(4)], { lastOffsetDelta: 6 }), 7);
    expect(stored).toMatchObject({ ...none, firstOffset: 5, lastOffset: 11 });
    expect(stored.records.map(({ offset, partition }) => [partition, offset])).toEqual([
      [7, 6],
      [7, 9],
    ]);
    const emptied = storedBatch(batch(5, [], { lastOffsetDelta: 6 }), 7);
    expect(emptied).toEqual({ ...none, firstOffset: 5, lastOffset: 11, records: [] });
  });

  it('has the records of a transaction, however it ends', () => {
    expect(storedBatch(sent(1, 4, 2), 0)).toMatchObject({
      ...{ firstOffset: 4, lastOffset: 5, producerId: 1n, isTransactional: true },
      ...{ control: undefined, records: [{ offset: 4 }, { offset: 5 }] },
    });
  });

  it.each(['abort', 'commit'] as const)('is a mark, which has no records: %s', (control) => {
    expect(storedBatch(marker(1, 4, control), 0)).toEqual({ ...mark, control });
  });

  it('is no mark any more once compaction has removed it', () => {
    const removed = batch(4, [], { attributes: TRANSACTIONAL | CONTROL, producerId: 1n });
    expect(storedBatch(removed, 0)).toEqual({ ...mark, control: undefined });
  });
});

describe('a log read to its end', () => {
  it('returns each committed record once, in any number of answers, from any offset', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 });
    fc.assert(
      fc.property(steps, sizes, fc.nat(60), (given, counts, start) => {
        const log = new Log(given);
        const from = Math.min(start, log.lastStable);
        const offsets: number[] = [];
        let next = from;
        for (let i = 0; next < log.lastStable; i++) {
          const fetched = fetchedRecords(log.fetch(next, counts[i % counts.length] ?? 1), next);
          expect(fetched.next).toBeGreaterThan(next);
          offsets.push(...fetched.records.map(({ offset }) => offset));
          next = fetched.next;
        }
        expect(offsets).toEqual(log.committed(from));
        expect(next).toBe(log.lastStable);
      }),
      { numRuns: 500 },
    );
  });
});
