import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  HEAL_PREFIX,
  MAX_FAILED_BATCH_BYTES,
  MAX_PAYLOAD_BYTES,
  settingRanges,
} from '../../contract.ts';
import { type FailureContext, failedBatchEntry } from '../failed-batch/failed-batch-entry.ts';
import type { CallOptions } from '../ports.ts';
import { BatchBuilder } from '../record/batch-builder.ts';
import { type BatchRecord, toBatchRecord } from '../record/mapping-event.ts';
import type { BrokerRecord } from './broker.ts';

/**
 * Conditions of failed batches that no mapping has given up, and who wrote them: an audit that found the records lost,
 * an operator who named a range, or an operator who named one record.
 */
export const healConditions = ['AuditHeal', 'Backfill', 'Fetch'] as const;

/** One of the {@link healConditions}. */
export type HealCondition = (typeof healConditions)[number];

/** How to write records as failed batches. */
export interface HealJob extends FailureContext {
  readonly condition: HealCondition;
  /** The most records of one failed batch. @default - those of the largest batch of a mapping */
  readonly batchSize?: number;
}

/** A failed batch to write. All its records are of one partition. */
export interface HealEntry {
  /** The same for the same records, whoever writes them. */
  readonly key: string;
  readonly body: string;
  readonly partition: number;
  /** Offset of the first record. */
  readonly first: number;
  /** Offset of the last record. */
  readonly last: number;
  readonly records: number;
  /** Bytes of the event. */
  readonly bytes: number;
}

/** A record that is too large even for a failed batch. */
export interface TooLarge {
  readonly partition: number;
  readonly offset: number;
  /** Bytes that its failed batch would have. */
  readonly bytes: number;
}

/** Writes failed batches into their bucket, whose notifications request their replay. */
export interface FailedBatchWriter {
  /**
   * Writes a failed batch, unless the same one waits to be replayed: `exists`. One that was replayed or dismissed is
   * written again, since an audit has found that its records are not archived.
   *
   * @throws {ArchiverError} `STORE_WRITE_FAILED`, `LOAD_FAILED` or `STORE_ABORTED`: it may or may not be written
   */
  write(
    entry: Pick<HealEntry, 'key' | 'body'>,
    options: CallOptions,
  ): Promise<'created' | 'exists'>;
}

/**
 * Writes records as failed batches, which the replay function archives by the plan of the archive function. Each has at
 * most the records and the payload of a batch; a record over the payload limit has one of its own.
 *
 * @param records in the order of partition and offset
 */
export async function* healEntries(
  records: AsyncIterable<BrokerRecord>,
  job: HealJob,
): AsyncGenerator<HealEntry | TooLarge, void, undefined> {
  const { batchSize = settingRanges.batchSize.max, origin } = job;
  const limits = { batchSize, maxPayloadBytes: MAX_PAYLOAD_BYTES };
  let batch = new BatchBuilder(origin, limits);
  for await (const record of records) {
    const next = toBatchRecord(record, origin);
    const [first] = batch.records;
    const isOfBatch = first === undefined || first.record.partition === record.partition;
    if (isOfBatch && batch.tryAdd(next)) continue;
    if (first !== undefined) yield toEntry(batch, job);
    batch = new BatchBuilder(origin, limits);
    if (!batch.tryAdd(next)) yield alone(next, job);
  }
  if (batch.records.length > 0) yield toEntry(batch, job);
}

/** One record whose event exceeds the payload limit. */
function alone(record: BatchRecord, job: HealJob): HealEntry | TooLarge {
  const entry = toEntry({ records: [record], bytes: record.bytes }, job);
  const { partition, offset } = record.record;
  const bytes = Buffer.byteLength(entry.body);
  return bytes > MAX_FAILED_BATCH_BYTES ? { partition, offset, bytes } : entry;
}

function toEntry(
  { bytes, records }: Pick<BatchBuilder, 'records' | 'bytes'>,
  { condition, ...job }: HealJob,
): HealEntry {
  const [{ record }] = records as [BatchRecord];
  const { offset: first, partition } = record;
  const { offset: last } = (records.at(-1) as BatchRecord).record;
  const digest = createHash('sha256');
  for (const { json } of records) digest.update(json);
  const name = `${first}-${last}-${digest.digest('hex').slice(0, 8)}.json`;
  return {
    key: `${HEAL_PREFIX}${job.origin.topic}/${partition}/${name}`,
    body: failedBatchEntry({ condition, records, invokes: 0 }, job),
    ...{ partition, first, last, bytes },
    records: records.length,
  };
}
