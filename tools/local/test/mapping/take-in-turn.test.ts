import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { RecordBuffer, takeInTurn } from '../../mapping/take-in-turn.ts';
import { places, sourceRecord } from '../source-records.ts';

/** Records of 10 bytes, at consecutive offsets of a partition. */
const records = (partition: number, count: number, first = 0) =>
  Array.from({ length: count }, (_, i) =>
    sourceRecord({ partition, offset: first + i, key: null, value: Buffer.alloc(10) }),
  );

/** A queue per partition, with these numbers of records. */
const queuesOf = (...counts: readonly number[]) =>
  counts.map((count, partition) => {
    const queue = new RecordBuffer();
    queue.push(records(partition, count));
    return queue;
  });

const all = { maxRecords: 10_000, maxBytes: 1e6 };

/** The lengths of consecutive runs of one partition. */
function runsOf(taken: ReturnType<typeof takeInTurn>): string[] {
  const runs: { partition: number; count: number }[] = [];
  for (const { partition } of taken) {
    const last = runs.at(-1);
    if (last?.partition === partition) last.count += 1;
    else runs.push({ partition, count: 1 });
  }
  return runs.map(({ partition, count }) => `${partition}: ${count}`);
}

describe('taking in turn', () => {
  it.each([
    ['no queues', [], []],
    ['empty queues', [0, 0], []],
    ['a few of each', [2, 0, 1], ['0: 2', '2: 1']],
    ['500 of each at a time', [1200, 600], ['0: 500', '1: 500', '0: 500', '1: 100', '0: 200']],
  ])('takes %s', (_, counts, runs) => {
    expect(runsOf(takeInTurn(queuesOf(...counts), all))).toEqual(runs);
  });

  it.each([
    [0, 1000, 0],
    [3, 1000, 3],
    [7, 1000, 7],
    [100, 0, 1],
    [100, 10, 1],
    [100, 11, 2],
    [100, 60, 6],
    [100, 61, 7],
  ])('with limits of %i records and %i bytes takes %i', (maxRecords, maxBytes, count) => {
    expect(takeInTurn(queuesOf(4, 4), { maxRecords, maxBytes })).toHaveLength(count);
  });

  it('begins each time with the next queue', () => {
    const queues = queuesOf(3, 2, 1);
    const taken = Array.from({ length: 7 }, () =>
      places(takeInTurn(queues, { ...all, maxRecords: 1 })),
    );
    expect(taken.flat()).toEqual(['0:0', '1:0', '2:0', '0:1', '1:1', '0:2']);
  });
});
