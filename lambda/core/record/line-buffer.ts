import { Buffer, isUtf8 } from 'node:buffer';
import { JsonScanner, type LineBreak, NOT_EMBEDDED } from './json-scanner.ts';

const QUOTE = 0x22;
const PADDING = 0x3d;
const ZERO = 0x30;

/** Roughly the bytes of a full batch's lines. */
const INITIAL_CAPACITY = 8 * 1024 * 1024;

/** Numbers below this allow integer arithmetic, which is faster. */
const BILLION = 1_000_000_000;

/** How bytes were written as a JSON string: as their text, or as their base64. */
export type StringEncoding = 'utf8' | 'base64';

/** How bytes were written: unchanged, with tabs for line breaks, or as a JSON string. */
export type Encoding = 'json' | `json-${LineBreak}` | StringEncoding;

/** Characters that take two bytes in memory. Node decodes the lower one of them as if it stood alone. */
const wideCharacter = /[\u0100-\uffff]/;

/**
 * A growing buffer of record lines. Each byte is written once: a usual record needs no string and no object
 * on its way from base64 to the line.
 */
export class LineBuffer {
  /** Bytes written so far: the position of the next one. */
  length = 0;
  /** Bytes of Kafka's own data so far: decoded from base64 or from byte values. */
  decoded = 0;
  readonly #scanner = new JsonScanner(INITIAL_CAPACITY);

  /** Discards what was written but keeps the memory, because allocating costs more than writing. */
  reset(): void {
    this.length = 0;
    this.decoded = 0;
  }

  /** Returns what was written from `start` to `end` as a view, which is valid until the next write. */
  slice(start: number, end: number): Buffer {
    return this.#scanner.bytes.subarray(start, end);
  }

  /** Writes bytes unchanged. */
  raw(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#scanner.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** Writes text as UTF-8. */
  text(text: string): void {
    // A UTF-16 code unit needs at most three bytes.
    this.#reserve(text.length * 3);
    this.length += this.#scanner.bytes.write(text, this.length);
  }

  /** Writes a safe whole number, 0 or more, in decimal. */
  wholeNumber(value: number): void {
    if (value < BILLION) this.#digits(value, countDigits(value));
    else {
      const high = Math.floor(value / BILLION);
      this.wholeNumber(high);
      this.#digits(value - high * BILLION, 9);
    }
  }

  /**
   * Writes the bytes that base64 text encodes. If they are JSON that every reader accepts ({@link JsonScanner}), they
   * are written unchanged, except that line breaks between tokens become tabs; otherwise as {@link base64AsString}
   * does. Returns null for text that is not base64.
   */
  base64AsJson(text: string): Encoding | null {
    const start = this.length;
    const end = this.#decode(text, start);
    if (end === INVALID) return null;
    const embedded = this.#scanner.embed(start, end);
    if (embedded === NOT_EMBEDDED) return this.base64AsString(text);
    this.decoded += end - start;
    this.length = embedded;
    const { lineBreak } = this.#scanner;
    return lineBreak === null ? 'json' : `json-${lineBreak}`;
  }

  /**
   * Writes the bytes that base64 text encodes as a JSON string: of their text if they are UTF-8, otherwise
   * of their base64. Returns null for text that is not base64.
   */
  base64AsString(text: string): StringEncoding | null {
    const start = this.length;
    const end = this.#decode(text, start + 1);
    return end === INVALID ? null : this.#asString(start, end);
  }

  /**
   * Writes the bytes that base64 text encodes as a JSON string of their base64, which has padding and RFC 4648's
   * first alphabet, whatever the text has. Returns null for text that is not base64.
   */
  base64AsBase64(text: string): StringEncoding | null {
    const start = this.length;
    const end = this.#decode(text, start);
    if (end === INVALID) return null;
    this.decoded += end - start;
    this.text(`"${this.#scanner.bytes.toString('base64', start, end)}"`);
    return 'base64';
  }

  /** Writes byte values, signed or unsigned, as {@link base64AsString} does. Returns null if one is not a byte. */
  byteValuesAsString(values: readonly number[]): StringEncoding | null {
    const start = this.length;
    const count = values.length;
    this.#reserve(count + 2);
    const bytes = this.#scanner.bytes;
    let areBytes = true;
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      bytes[start + 1 + i] = value;
      areBytes &&= (value << 24) >> 24 === value || (value & 0xff) === value;
    }
    return areBytes ? this.#asString(start, start + 1 + count) : null;
  }

  /** Turns the raw bytes from `start + 1` to `end` into a JSON string that begins at `start`. */
  #asString(start: number, end: number): StringEncoding {
    const bytes = this.#scanner.bytes;
    this.decoded += end - start - 1;
    if (this.#scanner.isPlain(start + 1, end)) {
      bytes[start] = QUOTE;
      bytes[end] = QUOTE;
      this.length = end + 1;
      return 'utf8';
    }
    const raw = Buffer.from(bytes.subarray(start + 1, end));
    const isText = isUtf8(raw);
    this.text(isText ? JSON.stringify(raw.toString()) : `"${raw.toString('base64')}"`);
    return isText ? 'utf8' : 'base64';
  }

  /** Decodes base64 text to `start`, reserving two bytes more; returns the end. */
  #decode(text: string, start: number): number {
    let digits = text.length;
    if (text.charCodeAt(digits - 1) === PADDING) digits--;
    if (text.charCodeAt(digits - 1) === PADDING) digits--;
    if (digits % 4 === 1) return INVALID;
    const count = Math.floor((digits * 3) / 4);
    this.#scanner.reserve(start + count + 2);
    // Node skips invalid characters and stops at padding, so invalid text decodes to fewer bytes.
    const isComplete = this.#scanner.bytes.write(text, start, 'base64') === count;
    return isComplete && !wideCharacter.test(text) ? start + count : INVALID;
  }

  /** Writes the last `count` digits of a number below a billion. */
  #digits(value: number, count: number): void {
    this.#reserve(count);
    const bytes = this.#scanner.bytes;
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  #reserve(count: number): void {
    this.#scanner.reserve(this.length + count);
  }
}

/** Takes the place of an index if text is not base64. */
const INVALID = -1;

function countDigits(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count++;
  return count;
}
