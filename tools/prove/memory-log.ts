import type { BrokerBatch, BrokerRecord } from '../../lambda/core/audit/broker.ts';

/** A record before it has a place. */
export type NewRecord = Omit<BrokerRecord, 'partition' | 'offset'>;

/** Who writes records, and whether in a transaction. */
export interface Writer {
  readonly producerId: bigint;
  readonly isTransactional: boolean;
}

/** A producer without a transaction. */
export const PLAIN: Writer = { producerId: -1n, isTransactional: false };

/** How much of the records of compacted batches remains. */
export type Remains = 'whole batches' | 'emptied batches';

/**
 * The log of one partition in memory, with the rules of a broker: batches, transactions and their control batches, the
 * last stable offset, deletion from the start, and compaction.
 */
export class MemoryLog {
  readonly partition: number;
  #batches: BrokerBatch[] = [];
  /** The first offset of each transaction that is not decided, by producer. */
  readonly #open = new Map<bigint, number>();
  #logStart = 0;
  #end = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Offset of the first record that is kept. */
  get logStart(): number {
    return this.#logStart;
  }

  /** The offset after the last batch. */
  get end(): number {
    return this.#end;
  }

  /** The offset below which every transaction is decided. */
  get lastStable(): number {
    return Math.min(this.#end, ...this.#open.values());
  }

  /** Batches in order, without those that end below the log start. */
  get batches(): readonly BrokerBatch[] {
    return this.#batches.filter(({ lastOffset }) => lastOffset >= this.#logStart);
  }

  /** Appends a batch. @returns the offset of its first record */
  append(records: readonly NewRecord[], { isTransactional, producerId }: Writer): number {
    const firstOffset = this.#end;
    if (isTransactional && !this.#open.has(producerId)) this.#open.set(producerId, firstOffset);
    this.#end += records.length;
    this.#batches.push({
      ...{ firstOffset, lastOffset: this.#end - 1, producerId, isTransactional },
      control: undefined,
      records: records.map((record, index) => ({
        ...record,
        partition: this.partition,
        offset: firstOffset + index,
      })),
    });
    return firstOffset;
  }

  /** Ends the transaction of a producer. @returns the offset of the control batch; undefined if it has none here */
  endTransaction(producerId: bigint, control: 'commit' | 'abort'): number | undefined {
    if (!this.#open.delete(producerId)) return undefined;
    const firstOffset = this.#end;
    this.#end += 1;
    this.#batches.push({
      ...{ firstOffset, lastOffset: firstOffset, producerId, isTransactional: true, control },
      records: [],
    });
    return firstOffset;
  }

  /** Deletes everything below an offset, as `DeleteRecords` and retention do. */
  deleteBelow(offset: number): void {
    this.#logStart = Math.max(this.#logStart, Math.min(offset, this.#end));
  }

  /**
   * Compacts the log below an offset: keeps the last record of each key among them, and no record of an aborted
   * transaction.
   *
   * @param isAborted whether an offset is of an aborted transaction
   * @returns the offsets that were removed
   */
  compactBelow(
    offset: number,
    remains: Remains,
    isAborted: (offset: number) => boolean,
  ): readonly number[] {
    const before = Math.min(offset, this.lastStable);
    const latest = new Map<string, number>();
    const dirty = this.#batches.filter(({ lastOffset }) => lastOffset < before);
    for (const record of dirty.flatMap(({ records }) => records)) {
      if (!isAborted(record.offset)) latest.set(String(record.key), record.offset);
    }
    const removed: number[] = [];
    this.#batches = this.#batches.flatMap((batch) => {
      if (!dirty.includes(batch) || batch.control !== undefined) return [batch];
      const records = batch.records.filter(
        (record) => latest.get(String(record.key)) === record.offset,
      );
      const kept = new Set(records.map((record) => record.offset));
      for (const record of batch.records) if (!kept.has(record.offset)) removed.push(record.offset);
      return records.length > 0 || remains === 'emptied batches' ? [{ ...batch, records }] : [];
    });
    return removed;
  }

  /** Removes control batches below an offset, as compaction does once nothing of their transactions is left. */
  removeMarksBelow(offset: number): readonly number[] {
    const isRemoved = ({ control, lastOffset }: BrokerBatch) =>
      control !== undefined && lastOffset < Math.min(offset, this.lastStable);
    const removed = this.#batches.filter(isRemoved).map(({ firstOffset }) => firstOffset);
    this.#batches = this.#batches.filter((batch) => !isRemoved(batch));
    return removed;
  }
}
