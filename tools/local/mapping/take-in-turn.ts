import type { ConsumerRecord } from '../../../kafka/record.ts';
import type { ReadLimits } from './source.ts';

/** Number of records taken from one queue before the next queue's turn, so that batches mix. */
const TAKEN_AT_ONCE = 500;

/** A queue of records, first in, first out. */
export interface RecordQueue {
  shift(): ConsumerRecord | undefined;
}

/** A {@link RecordQueue} in memory. */
export class RecordBuffer implements RecordQueue {
  #records: ConsumerRecord[] = [];
  #taken = 0;

  get isEmpty(): boolean {
    return this.#taken === this.#records.length;
  }

  push(records: readonly ConsumerRecord[]): void {
    this.#records = [...this.#records.slice(this.#taken), ...records];
    this.#taken = 0;
  }

  shift(): ConsumerRecord | undefined {
    const record = this.#records[this.#taken];
    if (record !== undefined) this.#taken += 1;
    return record;
  }
}

/**
 * Takes records from the queues in turn, up to the limits. Rotates the queues, so that a queue with a
 * backlog does not starve those after it.
 */
export function takeInTurn(
  queues: RecordQueue[],
  { maxRecords, maxBytes }: ReadLimits,
): ConsumerRecord[] {
  const taken: ConsumerRecord[] = [];
  let bytes = 0;
  const isFull = () => taken.length >= maxRecords || (taken.length > 0 && bytes >= maxBytes);
  let before = -1;
  while (before < taken.length && !isFull()) {
    before = taken.length;
    for (const queue of queues) {
      for (let i = 0; i < TAKEN_AT_ONCE && !isFull(); i++) {
        const record = queue.shift();
        if (record === undefined) break;
        bytes += sizeOf(record);
        taken.push(record);
      }
    }
  }
  queues.push(...queues.splice(0, 1));
  return taken;
}

/** Bytes of a record's key and value. */
export function sizeOf({ key, value }: Pick<ConsumerRecord, 'key' | 'value'>): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
