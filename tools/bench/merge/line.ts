import { Buffer } from 'node:buffer';
import { decodeLine } from '../../../lambda/core/record/decode-line.ts';
import { isSameRecord } from '../../../lambda/core/record/record-identity.ts';

/** The line of one record, without its line feed. */
export interface Line {
  readonly offset: number;
  readonly bytes: Buffer;
}

const LINE_FEED = 0x0a;
const marks = {
  value: Buffer.from('],"value":'),
  valueEncoding: Buffer.from(',"value_encoding":"'),
};

/**
 * Splits the body of an object into its lines by partition. The lines of each partition are copied, so that they do not
 * keep the whole body in memory.
 */
export function splitBody(body: Buffer, topic: string): Map<number, Line[]> {
  const runs = new Map<number, Line[]>();
  const partitionAt = `{"topic":"${topic}","partition":`.length;
  let start = 0;
  while (start < body.length) {
    const partition = digitsAt(body, start + partitionAt);
    const prefix = body.subarray(start, start + partitionAt + String(partition).length + 1);
    const ends: number[] = [];
    let end = start;
    while (body.subarray(end, end + prefix.length).equals(prefix)) {
      end = body.indexOf(LINE_FEED, end) + 1;
      ends.push(end - start);
    }
    const run = Buffer.from(body.subarray(start, end));
    const offsetAt = prefix.length + '"offset":'.length;
    let from = 0;
    const lines = ends.map((to) => {
      const line = { offset: digitsAt(run, from + offsetAt), bytes: run.subarray(from, to - 1) };
      from = to;
      return line;
    });
    runs.set(partition, lines);
    start = end;
  }
  return runs;
}

/** The parts of a line that become columns, as they stand in it. */
export interface LineParts {
  readonly timestamp: string;
  readonly timestampType: string;
  readonly key: string;
  readonly keyEncoding: string;
  readonly headers: string;
  /** A view into the line. */
  readonly value: Buffer;
  readonly valueEncoding: string;
  readonly metadata: string;
}

/**
 * Cuts a line at the envelope's own marks. In strings their quotes are escaped, embedded JSON stands between the first
 * mark before it and the last one behind it, and metadata cannot contain that mark, because its name is reserved.
 */
export function cutLine({ bytes }: Line): LineParts {
  const valueMark = bytes.indexOf(marks.value);
  const valueEnd = bytes.lastIndexOf(marks.valueEncoding);
  const before = bytes.toString('utf8', 0, valueMark + 1);
  const after = bytes.toString('utf8', valueEnd + marks.valueEncoding.length, bytes.length - 1);
  const timestamp = before.indexOf(',"timestamp":');
  const type = before.indexOf(',"timestamp_type":', timestamp);
  const key = before.indexOf(',"key":', type);
  const keyEncoding = before.indexOf(',"key_encoding":"', key);
  const headers = before.indexOf('","headers":', keyEncoding);
  return {
    timestamp: before.slice(timestamp + ',"timestamp":'.length, type),
    timestampType: before.slice(type + ',"timestamp_type":'.length, key),
    key: before.slice(key + ',"key":'.length, keyEncoding),
    keyEncoding: before.slice(keyEncoding + ',"key_encoding":"'.length, headers),
    headers: before.slice(headers + '","headers":'.length),
    value: bytes.subarray(valueMark + marks.value.length, valueEnd),
    valueEncoding: after.slice(0, after.indexOf('"')),
    metadata: after.slice(after.indexOf(',"metadata":') + ',"metadata":'.length),
  };
}

/** Whether two lines of one offset hold the same record. */
export function holdSameRecord(a: Line, b: Line): boolean {
  return a.bytes.equals(b.bytes) || isSameRecord(decodeLine(a.bytes), decodeLine(b.bytes));
}

function digitsAt(bytes: Buffer, at: number): number {
  let number = 0;
  for (let i = at; ; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}
