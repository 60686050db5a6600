import { describe, expect, it } from 'vitest';
import { MemoryLog, type NewRecord, PLAIN } from '../memory-log.ts';

function records(...keys: string[]): NewRecord[] {
  return keys.map((key) => ({
    ...{ timestamp: 0, timestampType: 'CREATE_TIME', value: null, headers: [] },
    key: Buffer.from(key),
  }));
}

const never = () => false;

/** First and last offset of each batch, and the offsets of its records. */
function shapeOf(log: MemoryLog) {
  return log.batches.map(({ control, firstOffset, lastOffset, records: list }) => [
    control ?? [firstOffset, lastOffset],
    list.map(({ offset }) => offset),
  ]);
}

describe('the log in memory', () => {
  it('keeps the last stable offset below the first open transaction', () => {
    const log = new MemoryLog(0);
    log.append(records('a'), PLAIN);
    log.append(records('b', 'c'), { producerId: 1n, isTransactional: true });
    log.append(records('d'), { producerId: 2n, isTransactional: true });
    expect([log.lastStable, log.end]).toEqual([1, 4]);
    expect(log.endTransaction(1n, 'commit')).toBe(4);
    expect([log.lastStable, log.end]).toEqual([3, 5]);
    expect(log.endTransaction(2n, 'abort')).toBe(5);
    expect([log.lastStable, log.end]).toEqual([6, 6]);
    expect(log.endTransaction(2n, 'abort')).toBeUndefined();
  });

  it('serves the whole batch that has the log start, as a broker does', () => {
    const log = new MemoryLog(0);
    log.append(records('a', 'b', 'c'), PLAIN);
    log.append(records('d'), PLAIN);
    log.deleteBelow(2);
    expect(log.logStart).toBe(2);
    expect(shapeOf(log)).toEqual([
      [
        [0, 2],
        [0, 1, 2],
      ],
      [[3, 3], [3]],
    ]);
    log.deleteBelow(3);
    expect(shapeOf(log)).toEqual([[[3, 3], [3]]]);
  });

  it('compacts the batches below an offset, and keeps them empty or not at all', () => {
    const filled = () => {
      const log = new MemoryLog(0);
      log.append(records('a', 'b'), PLAIN);
      log.append(records('a', 'c'), PLAIN);
      log.append(records('b'), PLAIN);
      return log;
    };
    const [emptied, whole] = [filled(), filled()];
    // The batch of offset 4 is not below it, and its key does not count.
    expect(emptied.compactBelow(4, 'emptied batches', never)).toEqual([0]);
    expect(emptied.compactBelow(5, 'emptied batches', never)).toEqual([1]);
    expect(whole.compactBelow(5, 'whole batches', never)).toEqual([0, 1]);
    const rest = [
      [
        [2, 3],
        [2, 3],
      ],
      [[4, 4], [4]],
    ];
    expect(shapeOf(emptied)).toEqual([[[0, 1], []], ...rest]);
    expect(shapeOf(whole)).toEqual(rest);
  });

  it('compacts aborted records away, and control batches only when asked', () => {
    const log = new MemoryLog(0);
    log.append(records('a'), { producerId: 1n, isTransactional: true });
    log.endTransaction(1n, 'abort');
    log.append(records('b'), PLAIN);
    expect(log.compactBelow(3, 'whole batches', (offset) => offset === 0)).toEqual([0]);
    expect(shapeOf(log)).toEqual([
      ['abort', []],
      [[2, 2], [2]],
    ]);
    expect(log.removeMarksBelow(2)).toEqual([1]);
    expect(shapeOf(log)).toEqual([[[2, 2], [2]]]);
  });
});
