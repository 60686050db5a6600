import { Buffer } from 'node:buffer';
import { jsonScannerWasm } from './json-scanner-wasm.ts';

/** The part of WebAssembly that is used here: TypeScript declares it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The exports of tools/scanner/json-scanner.ts. */
interface JsonScanner {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Returns the verdict on `length` bytes at address 0, plus {@link ALTERED} if line breaks became spaces. */
  scan(length: number): number;
}

const ALTERED = 4;

/** Bytes in a page, the unit in which memory grows. */
const PAGE = 64 * 1024;

/** Bytes beyond the text and its stack: a sentinel, and what a block may read past the end. */
const SLACK = 64;

/** The verdicts of {@link scanJson}. */
export const jsonVerdict = {
  notJson: 0,
  json: 1,
  /** JSON if the bytes are valid UTF-8, which the scanner does not check. */
  jsonIfUtf8: 2,
} as const;
/** One of {@link jsonVerdict}. */
export type JsonVerdict = (typeof jsonVerdict)[keyof typeof jsonVerdict];

const wasm = new WebAssembly.Module(Buffer.from(jsonScannerWasm, 'base64'));
const { memory, scan } = new WebAssembly.Instance(wasm).exports as JsonScanner;
let scanned = Buffer.from(memory.buffer);

/**
 * Checks whether `bytes` from `start` up to `end` are one JSON text (RFC 8259), without parsing it into
 * values. It accepts exactly what `JSON.parse` accepts. It does not recurse, so any depth is possible.
 *
 * If they are, line breaks between tokens become spaces, so that the text fits on one line.
 */
export function scanJson(bytes: Buffer, start: number, end: number): JsonVerdict {
  const length = end - start;
  // Each byte of the text may open a container, which needs one byte of stack.
  reserve(2 * length + SLACK);
  bytes.copy(scanned, 0, start, end);
  const result = scan(length);
  if ((result & ALTERED) !== 0) scanned.copy(bytes, start, 0, length);
  return (result & ~ALTERED) as JsonVerdict;
}

function reserve(count: number): void {
  const missing = count - scanned.length;
  if (missing <= 0) return;
  memory.grow(Math.ceil(missing / PAGE));
  scanned = Buffer.from(memory.buffer);
}
