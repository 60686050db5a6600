import { describe, expect, it } from 'vitest';
import { committedRecords } from '../../../../lambda/core/audit/committed-records.ts';
import { allOf } from '../../../helpers/all-of.ts';
import { MemoryBroker } from '../../../helpers/memory-broker.ts';

const options = { signal: new AbortController().signal, attemptTimeout: 1_000 };

async function offsetsOf(broker: MemoryBroker, first: number, last: number) {
  const range = { partition: 0, first, last };
  const records = await allOf(committedRecords(broker, range, options));
  return records.map(({ offset }) => offset);
}

describe('committed records', () => {
  it('are those of the range alone, though a batch begins before it and ends after it', async () => {
    const broker = new MemoryBroker();
    broker.append(0, [{}, {}, {}, {}]);
    expect(await offsetsOf(broker, 1, 2)).toEqual([1, 2]);
    expect(broker.reads).toEqual([{ partition: 0, first: 1, last: 2 }]);
  });

  it('leave out marks and aborted records, also where the mark lies beyond the range', async () => {
    const broker = new MemoryBroker();
    broker.appendInTransaction(0, 1n, [{}]);
    broker.appendInTransaction(0, 2n, [{}]);
    broker.append(0, [{}]);
    broker.endTransaction(0, 2n, 'abort');
    broker.appendInTransaction(0, 2n, [{}]);
    broker.endTransaction(0, 2n, 'commit');
    broker.endTransaction(0, 1n, 'commit');
    expect(await offsetsOf(broker, 0, 1)).toEqual([0]);
    expect(await offsetsOf(broker, 0, 6)).toEqual([0, 2, 4]);
  });

  it('leave out aborted records whose mark lies above the last stable offset', async () => {
    const broker = new MemoryBroker();
    broker.appendInTransaction(0, 1n, [{}]);
    broker.appendInTransaction(0, 2n, [{}]);
    broker.endTransaction(0, 1n, 'abort');
    expect(broker.lastStable(0)).toBe(1);
    expect(await offsetsOf(broker, 0, 0)).toEqual([]);
  });

  it('reads ahead once, not for every transaction', async () => {
    const broker = new MemoryBroker();
    for (let turn = 0; turn < 3; turn++) {
      broker.appendInTransaction(0, 1n, [{}]);
      broker.appendInTransaction(0, 2n, [{}]);
    }
    broker.endTransaction(0, 2n, 'commit');
    broker.endTransaction(0, 1n, 'commit');
    expect(await offsetsOf(broker, 0, 5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(broker.reads).toHaveLength(2);
  });

  it('has the records of a transaction whose mark compaction has removed', async () => {
    const broker = new MemoryBroker();
    const [record] = broker.appendInTransaction(0, 1n, [{}]);
    const batch = {
      ...{ firstOffset: 0, lastOffset: 0, producerId: 1n, isTransactional: true },
      ...{ control: undefined, records: record === undefined ? [] : [record] },
    };
    const log = {
      async *read() {
        yield batch;
      },
    };
    const read = committedRecords(log, { partition: 0, first: 0, last: 9 }, options);
    expect(await allOf(read)).toEqual([record]);
  });
});
