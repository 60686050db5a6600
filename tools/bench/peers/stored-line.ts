import type { StoredRecord } from './judge.ts';
import { sequenceOf } from './orders.ts';

/**
 * How a peer writes a record into a line of an object: `record line` is an object with `partition`, `offset` and
 * the value, `value` the value and nothing else.
 */
export type LineFormat = 'record line' | 'value';

const partitionMark = '"partition":';
const offsetMark = '"offset":';
/** Orders are objects, while the values of headers are text. */
const valueMark = ',"value":{';
/** Of this project's lines; in those of others the value is the last field. */
const valueEnd = ',"value_encoding":"json"';

/** Reads a record back from its line; its sequence is NaN where the line is none of the format's. */
export function readStoredLine(line: string, format: LineFormat): StoredRecord {
  const value = format === 'value' ? line : embeddedValue(line);
  const sequence = sequenceOf(value);
  if (format === 'value') return { sequence, value };
  const partition = numberAfter(line, partitionMark);
  return { sequence, value, partition, offset: numberAfter(line, offsetMark) };
}

/** Orders have no field of the mark's name, so that there is one at most. */
function numberAfter(line: string, mark: string): number {
  const start = line.indexOf(mark);
  return start < 0 ? Number.NaN : Number.parseInt(line.slice(start + mark.length, start + 40), 10);
}

function embeddedValue(line: string): string {
  const start = line.indexOf(valueMark);
  const end = line.lastIndexOf(valueEnd);
  return start < 0 ? '' : line.slice(start + valueMark.length - 1, end > start ? end : -1);
}
