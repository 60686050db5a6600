import { describe, expect, it } from 'vitest';
import { checksumOf, Judge, type StoredRecord } from '../../peers/judge.ts';
import { orderRecord, PARTITIONS } from '../../peers/orders.ts';

const COUNT = 30;
const values = Array.from({ length: COUNT }, (_, i) => String(orderRecord(i, 200, 0).value));
const checksums = Uint32Array.from(values.map(checksumOf));

function stored(sequence: number, change: Partial<StoredRecord> = {}): StoredRecord {
  return {
    ...{ sequence, value: values[sequence] ?? '' },
    ...{ partition: sequence % PARTITIONS, offset: Math.floor(sequence / PARTITIONS) },
    ...change,
  };
}

function judge(records: readonly StoredRecord[]) {
  const judge = new Judge(checksums);
  for (const record of records) judge.take(record);
  return judge.verdict();
}

const all = values.map((_, sequence) => stored(sequence));
const good = { records: COUNT, lost: 0, doubled: 0, foreign: 0, misplaced: 0, rewritten: 0 };

describe('Judge', () => {
  it('has nothing to say of a topic of which each record is there once, in whatever order', () => {
    expect(judge(all.toReversed())).toEqual(good);
  });

  it('takes the place for right where an object does not tell it', () => {
    const silent = all.map(({ sequence, value }) => ({ sequence, value }));
    expect(judge(silent)).toEqual(good);
  });

  it('finds what is lost', () => {
    const left = all.filter(({ sequence }) => sequence !== 0 && sequence !== 17);
    expect(judge(left)).toEqual({ ...good, records: COUNT - 2, lost: 2 });
    expect(judge([])).toEqual({ ...good, records: 0, lost: COUNT });
  });

  it('counts each time after the first as doubled, beside what is lost', () => {
    const more = [...all.slice(1), stored(5), stored(5), stored(6)];
    expect(judge(more)).toEqual({ ...good, records: COUNT + 2, lost: 1, doubled: 3 });
  });

  it('finds what was never produced', () => {
    const foreign = [stored(COUNT), stored(-1), stored(Number.NaN), stored(1.5)];
    expect(judge([...all, ...foreign])).toEqual({ ...good, records: COUNT + 4, foreign: 4 });
  });

  it('finds records at another partition or offset', () => {
    const moved = [stored(3, { offset: 1 }), stored(4, { partition: 5 }), ...all.slice(5)];
    expect(judge([...all.slice(0, 3), ...moved])).toEqual({ ...good, misplaced: 2 });
  });

  it('finds values of other bytes', () => {
    const changed = stored(29, { value: ` ${values[29]}` });
    expect(judge([...all.slice(0, 29), changed])).toEqual({ ...good, rewritten: 1 });
  });
});
