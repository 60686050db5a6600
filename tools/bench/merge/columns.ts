import { Buffer } from 'node:buffer';
import { writtenEncodings } from '../../../lambda/core/record/decode-line.ts';
import type { Line } from './line.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const COMMA = 0x2c;
const marks = {
  timestamp: Buffer.from(',"timestamp":'),
  timestampType: Buffer.from(',"timestamp_type":'),
  key: Buffer.from(',"key":'),
  keyEncoding: Buffer.from(',"key_encoding":'),
  headers: Buffer.from(',"headers":['),
  name: Buffer.from('{"name":'),
  headerValue: Buffer.from(',"value":'),
  encoding: Buffer.from(',"encoding":'),
  value: Buffer.from('],"value":'),
  valueEncoding: Buffer.from(',"value_encoding":'),
};
const tail = /^,"value_encoding":"(\w+)".*?,"metadata":(.*)\}$/s;

/** Text, or none: bytes of a line where these are the text itself. */
export type Cell = Uint8Array | string | null;

/** The header of a record, as its columns hold it. */
export interface HeaderCells {
  readonly name: string;
  readonly value: Cell;
  readonly encoding: string;
}

/**
 * The lines of one row group as columns. A line is cut as bytes: a string is made only of text that most lines share, and
 * once for all of them.
 */
export class Columns {
  readonly offsets: bigint[] = [];
  readonly timestamps: (bigint | null)[] = [];
  readonly timestampTypes: (string | null)[] = [];
  readonly keys: Cell[] = [];
  readonly keyEncodings: string[] = [];
  readonly headers: HeaderCells[][] = [];
  readonly values: Cell[] = [];
  readonly valueEncodings: string[] = [];
  readonly metadata: string[] = [];
  readonly #timestampType = new Repeated((json) => JSON.parse(json) as string | null);
  /** By the place of the header in its list. */
  readonly #headerNames: Repeated<string>[] = [];
  readonly #tail = new Repeated((text) => {
    const [, valueEncoding, metadata] = tail.exec(text) ?? [];
    if (valueEncoding === undefined || metadata === undefined) throw new Error('not a record line');
    return { valueEncoding, metadata };
  });

  /**
   * Cuts a line at the envelope's own marks. In strings their quotes are escaped, embedded JSON stands between the first
   * mark before it and the last one behind it, and metadata cannot contain that mark, because its name is reserved.
   */
  push({ offset, run, start, end }: Line): void {
    const timestamp = after(marks.timestamp, run, run.indexOf(marks.timestamp, start));
    const timestampEnd = run.indexOf(COMMA, timestamp);
    const type = after(marks.timestampType, run, timestampEnd);
    const typeEnd = endOfToken(run, type);
    const key = after(marks.key, run, typeEnd);
    const keyEnd = endOfToken(run, key);
    const keyEncoding = after(marks.keyEncoding, run, keyEnd);
    const headers = after(marks.headers, run, endOfToken(run, keyEncoding));
    const value = after(marks.value, run, this.#pushHeaders(run, headers));
    const valueEnd = this.#tail.startIfSame(run, end) ?? run.lastIndexOf(marks.valueEncoding, end);
    const { valueEncoding, metadata } = this.#tail.read(run, valueEnd, end);
    this.offsets.push(BigInt(offset));
    this.timestamps.push(bigIntOf(run.toString('latin1', timestamp, timestampEnd)));
    this.timestampTypes.push(this.#timestampType.read(run, type, typeEnd));
    this.keys.push(cellOf(run, key, keyEnd));
    this.keyEncodings.push(encodingAt(run, keyEncoding));
    this.values.push(
      valueEncoding === 'json' ? run.subarray(value, valueEnd) : cellOf(run, value, valueEnd),
    );
    this.valueEncodings.push(valueEncoding);
    this.metadata.push(metadata);
  }

  /** @returns the end of the last header */
  #pushHeaders(run: Buffer, start: number): number {
    const headers: HeaderCells[] = [];
    let at = start;
    while (run[at] === BRACE || run[at] === COMMA) {
      const name = after(marks.name, run, run[at] === COMMA ? at + 1 : at);
      const nameEnd = endOfToken(run, name);
      const value = after(marks.headerValue, run, nameEnd);
      const valueEnd = endOfToken(run, value);
      const encoding = after(marks.encoding, run, valueEnd);
      this.#headerNames[headers.length] ??= new Repeated((json) => JSON.parse(json));
      headers.push({
        name: this.#headerNames[headers.length]?.read(run, name, nameEnd) ?? '',
        value: cellOf(run, value, valueEnd),
        encoding: encodingAt(run, encoding),
      });
      at = endOfToken(run, encoding) + '}'.length;
    }
    this.headers.push(headers);
    return at;
  }
}

/** Returns where the bytes after a mark start. @throws {Error} for other bytes at that place, none of which it quotes */
function after(mark: Buffer, bytes: Buffer, at: number): number {
  for (let i = 0; i < mark.length; i++) {
    if (bytes[at + i] !== mark[i]) throw new Error('not a record line');
  }
  return at + mark.length;
}

/** What is made of text that most lines share: it is made anew only where the bytes differ from those before. */
class Repeated<T> {
  readonly #make: (text: string) => T;
  #bytes = Buffer.alloc(0);
  #made: T | undefined;

  constructor(make: (text: string) => T) {
    this.#make = make;
  }

  /** Returns where the bytes would start if they ended at `end` and were those of the line before. */
  startIfSame(run: Buffer, end: number): number | undefined {
    const start = end - this.#bytes.length;
    return this.#made !== undefined && this.#isSame(run, start, end) ? start : undefined;
  }

  read(run: Buffer, start: number, end: number): T {
    if (this.#made === undefined || !this.#isSame(run, start, end)) {
      this.#bytes = Buffer.from(run.subarray(start, end));
      this.#made = this.#make(this.#bytes.toString());
    }
    return this.#made;
  }

  #isSame(run: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (bytes.length !== end - start) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== run[start + i]) return false;
    return true;
  }
}

/** Encodings by their first letter. */
const encodings = new Map(writtenEncodings.map((name) => [name.charCodeAt(0), name]));

/** The encoding whose JSON string starts there. */
function encodingAt(bytes: Buffer, start: number): string {
  return encodings.get(bytes[start + 1] ?? 0) ?? '';
}

/** Returns the end of a JSON string or null. */
function endOfToken(bytes: Buffer, start: number): number {
  if (bytes[start] !== QUOTE) return start + 'null'.length;
  let at = start + 1;
  for (; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return at + 1;
}

/** The text of a JSON string, or null. */
function cellOf(bytes: Buffer, start: number, end: number): Cell {
  if (bytes[start] !== QUOTE) return null;
  const text = bytes.subarray(start + 1, end - 1);
  return text.includes(BACKSLASH) ? JSON.parse(bytes.toString('utf8', start, end)) : text;
}

function bigIntOf(token: string): bigint | null {
  return token === 'null' ? null : BigInt(token);
}
