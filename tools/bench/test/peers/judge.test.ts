import { describe, expect, it } from 'vitest';
import { checksumOf, Judge, readStoredLine, type StoredRecord } from '../../peers/judge.ts';
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
  it('finds nothing wrong if each record is stored once, in any order', () => {
    expect(judge(all.toReversed())).toEqual(good);
  });

  it('accepts lines that state no partition and offset', () => {
    const silent = all.map(({ sequence, value }) => ({ sequence, value }));
    expect(judge(silent)).toEqual(good);
  });

  it('counts lost records', () => {
    const left = all.filter(({ sequence }) => sequence !== 0 && sequence !== 17);
    expect(judge(left)).toEqual({ ...good, records: COUNT - 2, lost: 2 });
    expect(judge([])).toEqual({ ...good, records: 0, lost: COUNT });
  });

  it('counts duplicates apart from lost records', () => {
    const more = [...all.slice(1), stored(5), stored(5), stored(6)];
    expect(judge(more)).toEqual({ ...good, records: COUNT + 2, lost: 1, doubled: 3 });
  });

  it('counts records that were never produced', () => {
    const foreign = [stored(COUNT), stored(-1), stored(Number.NaN), stored(1.5)];
    expect(judge([...all, ...foreign])).toEqual({ ...good, records: COUNT + 4, foreign: 4 });
  });

  it('counts records with another partition or offset', () => {
    const moved = [stored(3, { offset: 1 }), stored(4, { partition: 5 }), ...all.slice(5)];
    expect(judge([...all.slice(0, 3), ...moved])).toEqual({ ...good, misplaced: 2 });
  });

  it('counts values with other bytes', () => {
    const changed = stored(29, { value: ` ${values[29]}` });
    expect(judge([...all.slice(0, 29), changed])).toEqual({ ...good, rewritten: 1 });
  });
});

describe('readStoredLine', () => {
  const value = String(orderRecord(38, 300, 0).value);
  const place = '"topic":"orders","partition":2,"offset":3,"timestamp":1763890000000';
  const headers = '"headers":[{"name":"content-type","value":"application/json"}]';

  it.each([
    [
      'this project',
      `{${place},"key":"k",${headers},"value":${value},"value_encoding":"json","metadata":{"source":"x"}}`,
    ],
    ['the old service', `{${place},"key":"k",${headers},"metadata":{},"value":${value}}`],
    ['Benthos', `{${headers},"key":"k","offset":3,"partition":2,"timestamp":1,"value":${value}}`],
  ])('reads a record line of %s', (_, line) => {
    const expected = { sequence: 38, value, partition: 2, offset: 3 };
    expect(readStoredLine(line, 'record line')).toEqual(expected);
  });

  it('reads a value, which states no partition and offset', () => {
    expect(readStoredLine(value, 'value')).toEqual({ sequence: 38, value });
  });

  it.each(['', '{}', '{"value":{}}', 'garbage'])('finds no sequence number in %j', (line) => {
    expect(readStoredLine(line, 'record line').sequence).toBeNaN();
    expect(readStoredLine(line, 'value').sequence).toBeNaN();
  });
});
