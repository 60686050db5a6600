import { describe, expect, it } from 'vitest';
import { orderRecord } from '../../peers/orders.ts';
import { readStoredLine } from '../../peers/stored-line.ts';

const value = String(orderRecord(38, 300, 0).value);
const place = '"topic":"orders","partition":2,"offset":3,"timestamp":1763890000000';
const headers = '"headers":[{"name":"content-type","value":"application/json"}]';
const expected = { sequence: 38, value, partition: 2, offset: 3 };

describe('readStoredLine', () => {
  it.each([
    [
      'this project',
      `{${place},"key":"k",${headers},"value":${value},"value_encoding":"json","metadata":{"source":"x"}}`,
    ],
    ['the old service', `{${place},"key":"k",${headers},"metadata":{},"value":${value}}`],
    ['Benthos', `{${headers},"key":"k","offset":3,"partition":2,"timestamp":1,"value":${value}}`],
  ])('reads the line of %s', (_, line) => {
    expect(readStoredLine(line, 'record line')).toEqual(expected);
  });

  it('takes a line that is a value for that, without a place', () => {
    expect(readStoredLine(value, 'value')).toEqual({ sequence: 38, value });
  });

  it.each(['', '{}', '{"value":{}}', 'garbage'])('has no sequence for %j', (line) => {
    expect(readStoredLine(line, 'record line').sequence).toBeNaN();
    expect(readStoredLine(line, 'value').sequence).toBeNaN();
  });
});
