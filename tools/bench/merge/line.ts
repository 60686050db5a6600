import { Buffer } from 'node:buffer';

/** The line of one record, without its line feed. */
export interface Line {
  readonly offset: number;
  readonly bytes: Buffer;
}

const LINE_FEED = 0x0a;
const marks = {
  timestamp: Buffer.from(',"timestamp":'),
  type: Buffer.from(',"timestamp_type":'),
  key: Buffer.from(',"key":'),
  keyEncoding: Buffer.from(',"key_encoding":"'),
  headers: Buffer.from('","headers":'),
  value: Buffer.from('],"value":'),
  valueEncoding: Buffer.from(',"value_encoding":"'),
  metadata: Buffer.from(',"metadata":{'),
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
  /** `lf`, `crlf`, or undefined. */
  readonly valueLineBreak: string | undefined;
  readonly metadata: string;
}

/**
 * Cuts a line at the envelope's own marks. In strings their quotes are escaped, embedded JSON stands between the first
 * mark before it and the last one behind it, and metadata cannot contain that mark, because its name is reserved.
 */
export function cutLine({ bytes }: Line): LineParts {
  const at = (mark: Buffer, from: number) => bytes.indexOf(mark, from);
  const timestamp = at(marks.timestamp, 0);
  const type = at(marks.type, timestamp);
  const key = at(marks.key, type);
  const keyEncoding = at(marks.keyEncoding, key);
  const headers = at(marks.headers, keyEncoding);
  const value = at(marks.value, headers);
  const valueEncoding = bytes.lastIndexOf(marks.valueEncoding);
  const metadata = at(marks.metadata, valueEncoding);
  const text = (mark: Buffer, start: number, end: number) =>
    bytes.toString('utf8', start + mark.length, end);
  const [encoding = '', , , , lineBreak] = text(marks.valueEncoding, valueEncoding, metadata).split(
    '"',
  );
  return {
    timestamp: text(marks.timestamp, timestamp, type),
    timestampType: text(marks.type, type, key),
    key: text(marks.key, key, keyEncoding),
    keyEncoding: text(marks.keyEncoding, keyEncoding, headers),
    headers: text(marks.headers, headers, value + 1),
    value: bytes.subarray(value + marks.value.length, valueEncoding),
    valueEncoding: encoding,
    valueLineBreak: lineBreak,
    metadata: bytes.toString('utf8', metadata + marks.metadata.length - 1, bytes.length - 1),
  };
}

/** Whether two lines of one offset are the same record: timestamp and the bytes of key and value agree. */
export function isSameRecord(a: Line, b: Line): boolean {
  if (a.bytes.equals(b.bytes)) return true;
  const [left, right] = [cutLine(a), cutLine(b)];
  return (
    left.timestamp === right.timestamp &&
    bytesOf(Buffer.from(left.key), left.keyEncoding).equals(
      bytesOf(Buffer.from(right.key), right.keyEncoding),
    ) &&
    (left.valueEncoding === 'null') === (right.valueEncoding === 'null') &&
    valueBytes(left).equals(valueBytes(right))
  );
}

function valueBytes({ value, valueEncoding, valueLineBreak }: LineParts): Buffer {
  const bytes = bytesOf(value, valueEncoding);
  if (valueLineBreak === undefined) return bytes;
  return Buffer.from(bytes.toString().replaceAll('\t', valueLineBreak === 'lf' ? '\n' : '\r\n'));
}

function bytesOf(token: Buffer, encoding: string): Buffer {
  if (encoding === 'json' || encoding === 'null') return token;
  return Buffer.from(JSON.parse(token.toString()), encoding === 'base64' ? 'base64' : 'utf8');
}

function digitsAt(bytes: Buffer, at: number): number {
  let number = 0;
  for (let i = at; ; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}
