import { Buffer, isUtf8 } from 'node:buffer';
import { jsonScannerWasm } from './json-scanner-wasm.ts';

/** The part of WebAssembly that is used here: TypeScript declares it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The exports of tools/scanner/json-scanner.ts. Addresses are in its memory. */
interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly SMALL_LETTERS: { readonly value: number };
  readonly ALL_SMALL: { readonly value: number };
  readonly LINES: { readonly value: number };
  readonly nameCount: { readonly value: number };
  readonly textEnd: { readonly value: number };
  /** Returns a sum of {@link result} for the text from `start` to `end`. */
  scan(start: number, end: number): number;
  /** Returns 0 if a JSON string must escape one of the bytes. */
  isPlain(start: number, end: number): number;
}

/** What the scanner says of a text. */
const result = { refused: 0, ifUtf8: 2, ifNamesDiffer: 4, lineFeeds: 8, both: 16 } as const;

/** Bytes in a page, the unit in which memory grows. */
const PAGE = 64 * 1024;

/** Bytes beyond those in use: a sentinel, and what a block may read or write. */
const SLACK = 64;

/** The line breaks between the tokens of a JSON text, if it has any: `\n` or `\r\n`. */
export type LineBreak = 'lf' | 'crlf';

/** Takes the place of an index if a text is not to be embedded. */
export const NOT_EMBEDDED = -1;

const wasm = new WebAssembly.Module(Buffer.from(jsonScannerWasm, 'base64'));

/**
 * Memory for lines, in which a scanner decides what values are embedded, without a copy of them. Positions are in
 * {@link JsonScanner.bytes}.
 */
export class JsonScanner {
  /** The line breaks that the text embedded last had between tokens, which are tabs now. */
  lineBreak: LineBreak | null = null;
  /** The memory. It is another object after {@link reserve}, and what referred to its bytes before is empty then. */
  bytes: Buffer;
  readonly #scanner = new WebAssembly.Instance(wasm).exports as Scanner;
  readonly #lines = this.#scanner.LINES.value;
  #knowsSmallLetters = false;

  /** @param capacity bytes of memory, which the system allocates only once they are written to */
  constructor(capacity: number) {
    this.bytes = this.#grow(this.#lines + capacity);
  }

  /** Provides for positions below `count`, and for what methods may read or write beyond them. */
  reserve(count: number): void {
    if (count + SLACK > this.bytes.length) {
      this.bytes = this.#grow(Math.max(count + SLACK, this.bytes.length));
    }
  }

  /** Whether a JSON string holds the bytes from `start` to `end` unescaped: all are ASCII. Changes bytes from `end` on. */
  isPlain(start: number, end: number): boolean {
    return this.#scanner.isPlain(this.#lines + start, this.#lines + end) !== 0;
  }

  /**
   * Decides whether the bytes from `start` up to `end` are one JSON text (RFC 8259, in UTF-8) that every reader
   * accepts:
   *
   * - Surrogates in escapes are paired.
   * - Containers are nested 100 deep at most.
   * - A number has 300 characters at most, and its first significant digit a decimal exponent below 308. The digits
   *   before its point or exponent are an integer from -2^63 to 2^64-1, and its exponent has 4 digits at most.
   * - A name has 10,000 bytes at most between its quotes.
   * - The names of each object differ, with their escapes resolved and in small letters (`toLowerCase()`).
   * - Line breaks between tokens are all `\n` or all `\r\n`, and no tab stands between tokens besides them.
   *
   * If so, each line break between tokens becomes one tab, and the result is the end of the text: less than `end` if
   * line breaks had two bytes. Otherwise the result is {@link NOT_EMBEDDED}. Changes bytes from `end` on.
   */
  embed(start: number, end: number): number {
    const scanner = this.#scanner;
    const lines = this.#lines;
    const found = scanner.scan(lines + start, lines + end);
    if (found === result.refused) return NOT_EMBEDDED;
    const after = scanner.textEnd.value - lines;
    if ((found & (result.ifUtf8 | result.ifNamesDiffer)) !== 0) {
      if (!isUtf8(this.bytes.subarray(start, after))) return NOT_EMBEDDED;
      if ((found & result.ifNamesDiffer) !== 0 && this.#hasRepeatedNames(start, after)) {
        return NOT_EMBEDDED;
      }
    }
    this.lineBreak = null;
    if (found >= result.lineFeeds) {
      this.lineBreak = (found & result.lineFeeds) !== 0 ? 'lf' : 'crlf';
    }
    return after;
  }

  /** Whether an object of the JSON text that was scanned last repeats a name, by the number of names it had. */
  #hasRepeatedNames(start: number, end: number): boolean {
    this.#learnSmallLetters();
    const json = this.bytes.toString('utf8', start, end);
    return countNames(JSON.parse(json)) < this.#scanner.nameCount.value;
  }

  /** Fills the scanner's tables, once they would have helped: most topics never need them. */
  #learnSmallLetters(): void {
    if (this.#knowsSmallLetters) return;
    this.#knowsSmallLetters = true;
    const { ALL_SMALL, SMALL_LETTERS, memory } = this.#scanner;
    new Uint16Array(memory.buffer, SMALL_LETTERS.value).set(smallLetters());
    new Uint8Array(memory.buffer, ALL_SMALL.value).set(blocksOfSmallLetters());
  }

  #grow(count: number): Buffer {
    const { memory } = this.#scanner;
    memory.grow(Math.ceil(count / PAGE));
    return Buffer.from(memory.buffer, this.#lines);
  }
}

/**
 * Counts the names of all objects in a parsed value, those that differ only in case as one. Of a name that an object
 * repeats, the parsed value has lost all but one, and with them the names inside.
 */
function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = Array.isArray(value) ? 0 : new Set(Object.keys(value).map(inSmallLetters)).size;
  for (const each of Object.values(value)) count += countNames(each);
  return count;
}

function inSmallLetters(name: string): string {
  return name.toLowerCase();
}

/** In UTF-8, the characters below have one byte or two, and the others more. */
const TWO_BYTES = 0x800;

/** Small letters of a capital sigma depend on the letters around it. */
const SIGMA = 0x3a3;

/** For each character below {@link TWO_BYTES}, its small letter if that has two bytes and does not depend on others. */
function smallLetters(): number[] {
  return Array.from({ length: TWO_BYTES }, (_, character) => {
    const small = inSmallLetters(String.fromCharCode(character));
    const unit = small.charCodeAt(0);
    const isOne = small.length === 1 && unit >= 0x80 && unit < TWO_BYTES;
    return isOne && character !== SIGMA ? unit : 0;
  });
}

/** For each 64 characters of the basic plane, 1 if small letters change none of those; 0 below {@link TWO_BYTES}. */
function blocksOfSmallLetters(): number[] {
  return Array.from({ length: 1024 }, (_, block) => {
    const units = Array.from({ length: 64 }, (_, i) => block * 64 + i);
    const text = String.fromCharCode(...units);
    return block * 64 >= TWO_BYTES && inSmallLetters(text) === text ? 1 : 0;
  });
}
