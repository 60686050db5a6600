import type { Buffer } from 'node:buffer';
import type { Consumer, KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import type { ConsumerRecord } from './record.ts';

// Bits of a record batch's attributes: https://kafka.apache.org/documentation/#recordbatch
const IS_LOG_APPEND_TIME = 0x08;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
/** Type of the control record that aborts a transaction. */
const ABORT = 0;

/** A broker's response to a fetch request. */
export type FetchAnswer = Awaited<ReturnType<Consumer['fetch']>>;

/** One partition's part of a {@link FetchAnswer}. */
export type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number];

/** The records of one partition that a fetch returned. */
export interface FetchedRecords {
  readonly records: readonly ConsumerRecord[];
  /** Offset to fetch next, after any control records and aborted records. */
  readonly next: number;
}

/**
 * Extracts the records of a fetch response from an offset on, without control records and without the records of
 * aborted transactions, which the response lists. Pure.
 *
 * @param from the offset that was requested: the first batch may begin before it
 */
export function fetchedRecords(
  answer: Pick<PartitionAnswer, 'partitionIndex' | 'records' | 'abortedTransactions'>,
  from: number,
): FetchedRecords {
  const begun = [...(answer.abortedTransactions ?? [])].sort((a, b) =>
    Number(a.firstOffset - b.firstOffset),
  );
  const aborted = new Set<bigint>();
  const records: ConsumerRecord[] = [];
  let next = from;
  for (const batch of answer.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    for (let [first] = begun; first && first.firstOffset <= last; [first] = begun) {
      aborted.add(first.producerId);
      begun.shift();
    }
    next = Math.max(next, Number(last) + 1);
    if (isControl(batch)) {
      if (controlOf(batch) === 'abort') aborted.delete(batch.producerId);
      continue;
    }
    if (isTransactional(batch) && aborted.has(batch.producerId)) continue;
    const fetched = recordsOf(batch, answer.partitionIndex);
    records.push(...fetched.filter(({ offset }) => offset >= from));
  }
  return { records, next };
}

/** A record batch as a log holds it: https://kafka.apache.org/documentation/#recordbatch. */
export interface StoredBatch {
  readonly firstOffset: number;
  /** Inclusive: the first offset and the batch's `lastOffsetDelta`, which compaction leaves as it was. */
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** What the batch does to the producer's transaction; undefined for a batch of records. */
  readonly control: 'commit' | 'abort' | undefined;
  /** Empty for a control batch, and where compaction removed every record. */
  readonly records: readonly ConsumerRecord[];
}

/** Converts a batch of a fetch response, which may be one of an aborted transaction. Pure. */
export function storedBatch(batch: RecordsBatch, partition: number): StoredBatch {
  const firstOffset = Number(batch.firstOffset);
  return {
    firstOffset,
    lastOffset: firstOffset + batch.lastOffsetDelta,
    producerId: batch.producerId,
    isTransactional: isTransactional(batch),
    control: controlOf(batch),
    records: isControl(batch) ? [] : recordsOf(batch, partition),
  };
}

function isControl({ attributes }: RecordsBatch): boolean {
  return (attributes & IS_CONTROL) !== 0;
}

function isTransactional({ attributes }: RecordsBatch): boolean {
  return (attributes & IS_TRANSACTIONAL) !== 0;
}

/** Undefined for a control batch too whose record compaction has removed. */
function controlOf(batch: RecordsBatch): StoredBatch['control'] {
  const [record] = batch.records;
  if (!isControl(batch) || record === undefined) return undefined;
  return record.key?.readInt16BE(2) === ABORT ? 'abort' : 'commit';
}

function recordsOf(batch: RecordsBatch, partition: number): ConsumerRecord[] {
  return batch.records.map((record) => toSourceRecord(record, batch, partition));
}

function toSourceRecord(
  { key, value, headers, offsetDelta, timestampDelta }: KafkaRecord,
  batch: RecordsBatch,
  partition: number,
): ConsumerRecord {
  const isAppendTime = (batch.attributes & IS_LOG_APPEND_TIME) !== 0;
  return {
    partition,
    offset: Number(batch.firstOffset) + offsetDelta,
    timestamp: Number(isAppendTime ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta),
    timestampType: isAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
    key: key ?? null,
    value: value ?? null,
    headers: headers.map(([name, bytes]) => ({ name: nameOf(name), value: bytes ?? null })),
  };
}

function nameOf(name: Buffer | null): string {
  return name?.toString() ?? '';
}
