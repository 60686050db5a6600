import { Buffer, isUtf8 } from 'node:buffer';
import { jsonScannerWasm } from './json-scanner-wasm.ts';

/** The part of WebAssembly that is used here: TypeScript declares it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The exports of tools/scanner/json-scanner.ts. */
interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly TEXT: { readonly value: number };
  readonly nameCount: { readonly value: number };
  readonly textLength: { readonly value: number };
  /** Returns a sum of {@link result} for the `length` bytes at `TEXT`. */
  scan(length: number): number;
}

/** What the scanner says of a text. */
const result = { refused: 0, ifUtf8: 2, ifNamesDiffer: 4, lineFeeds: 8, both: 16 } as const;

/** Bytes in a page, the unit in which memory grows. */
const PAGE = 64 * 1024;

/** Bytes beyond the text: a sentinel, and what a block may read past the end. */
const SLACK = 64;

/** The line breaks between the tokens of a JSON text, if it has any: `\n` or `\r\n`. */
export type LineBreak = 'lf' | 'crlf';

/** Takes the place of an index if a text is not to be embedded. */
export const NOT_EMBEDDED = -1;

const wasm = new WebAssembly.Module(Buffer.from(jsonScannerWasm, 'base64'));
const scanner = new WebAssembly.Instance(wasm).exports as Scanner;
const text = scanner.TEXT.value;
let memory = Buffer.from(scanner.memory.buffer);

/** Decides which values are embedded in record lines, and puts them on one line. */
export class JsonScanner {
  /** The line breaks that the text embedded last had between tokens, which are tabs now. */
  lineBreak: LineBreak | null = null;

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
   * line breaks had two bytes. Otherwise the bytes stay as they are, and the result is {@link NOT_EMBEDDED}.
   */
  embed(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    reserve(text + length + SLACK);
    bytes.copy(memory, text, start, end);
    const found = scanner.scan(length);
    if (found === result.refused) return NOT_EMBEDDED;
    if ((found & (result.ifUtf8 | result.ifNamesDiffer)) !== 0) {
      if (!isUtf8(bytes.subarray(start, end))) return NOT_EMBEDDED;
      const isDoubtful = (found & result.ifNamesDiffer) !== 0;
      if (isDoubtful && hasRepeatedNames(bytes.toString('utf8', start, end))) return NOT_EMBEDDED;
    }
    this.lineBreak = null;
    if (found < result.lineFeeds) return end;
    this.lineBreak = (found & result.lineFeeds) !== 0 ? 'lf' : 'crlf';
    return start + memory.copy(bytes, start, text, text + scanner.textLength.value);
  }
}

/** Whether an object of the JSON text that was scanned last repeats a name, by the number of names it had. */
function hasRepeatedNames(json: string): boolean {
  return countNames(JSON.parse(json)) < scanner.nameCount.value;
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

function reserve(count: number): void {
  const missing = count - memory.length;
  if (missing <= 0) return;
  scanner.memory.grow(Math.ceil(missing / PAGE));
  memory = Buffer.from(scanner.memory.buffer);
}
