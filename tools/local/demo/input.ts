import { Buffer, isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { DemoOptions } from './options.ts';

/** A record without an offset. */
export type NewRecord = Omit<ConsumerRecord, 'offset'>;

const earthquakes = {
  input: join(import.meta.dirname, '..', 'data', 'earthquakes.jsonl'),
  key: 'id',
  timestamp: 'properties.time',
};

/** What the input needs from its run. */
export interface InputDeps {
  /** Epoch milliseconds: the timestamp of records without one. */
  readonly now: number;
  /** Prints a warning about lines of a file. */
  readonly print: (line: string) => void;
}

/** The input that stands for standard input. */
export const STANDARD_INPUT = '-';

/**
 * Generates the records that the options ask for, one by one, so that they are never all in memory. A line whose key or
 * time cannot be selected becomes a record all the same, and is counted in a warning at the end; but if the first line
 * is such a line, the flags do not fit the file.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` with file and line, if the input cannot be read
 */
export async function* demoRecords(
  options: DemoOptions,
  deps: InputDeps,
): AsyncGenerator<NewRecord> {
  const { records, partitions } = options;
  let index = 0;
  const drafts =
    records === undefined
      ? fileDrafts(options.input === undefined ? earthquakes : options, deps)
      : orderDrafts(records, deps.now);
  for await (const { key, value, timestamp } of drafts) {
    yield {
      // As producers do: records with the same key in one partition, others distributed evenly.
      partition: (key === null ? index : crc32(key)) % partitions,
      timestamp,
      timestampType: 'CREATE_TIME',
      key,
      value,
      headers: [{ name: 'producer', value: Buffer.from('demo') }],
    };
    index += 1;
  }
}

type Draft = Pick<ConsumerRecord, 'key' | 'value' | 'timestamp'>;

interface FileSelection {
  readonly input?: string | undefined;
  readonly key?: string | undefined;
  readonly timestamp?: string | undefined;
}

async function* fileDrafts(
  { input = '', key, timestamp }: FileSelection,
  { now, print }: InputDeps,
): AsyncGenerator<Draft> {
  const name = input === STANDARD_INPUT ? 'standard input' : input;
  const substitutes = [key && 'no key', timestamp && 'the time of the run'].filter(Boolean);
  const notJson = new BadLines(
    name,
    ['is not JSON in UTF-8', 'are not JSON in UTF-8'],
    substitutes,
  );
  const timeless = new BadLines(
    name,
    ['has no usable time', 'have no usable time'],
    ['the time of the run'],
  );
  let lineNumber = 0;
  let records = 0;
  let isArray = false;
  const draftOf = (line: Buffer): Draft => {
    const draft = { key: null, value: line, timestamp: now };
    if ((key ?? timestamp) === undefined) return draft;
    const place = `${name}:${lineNumber}`;
    const fields = parseJson(line);
    if (fields === undefined) {
      if (records === 1) {
        const problem = 'is not JSON in UTF-8, so --key and --timestamp cannot select its fields';
        throw invalid(`${place} ${problem}`);
      }
      notJson.add(lineNumber);
      return draft;
    }
    const selected = { ...draft, key: key === undefined ? null : toKey(select(fields, key)) };
    if (timestamp === undefined) return selected;
    const given = select(fields, timestamp);
    const time = toTimestamp(given);
    if (time !== undefined) return { ...selected, timestamp: time };
    if (records === 1) {
      const wanted = 'epoch milliseconds or an ISO 8601 time';
      throw invalid(`${place} ${timestamp} must be ${wanted}, got ${typeof given}`);
    }
    timeless.add(lineNumber);
    return selected;
  };
  try {
    for await (const line of linesOf(input)) {
      lineNumber += 1;
      if (line.every(isSpace)) continue;
      records += 1;
      if (records === 1) isArray = isArrayOfRecords(line, `${name}:${lineNumber}`);
      yield draftOf(line);
    }
  } catch (error) {
    if (error instanceof ArchiverError) throw error;
    throw invalid(`cannot read ${name}: ${error instanceof Error ? error.message : error}`);
  }
  if (records === 0) throw invalid(`${name} has no records`);
  for (const lines of [notJson, timeless]) lines.warn(print);
  if (isArray && records === 1) {
    print(
      `warning: ${name} is one JSON array on one line, and became one record: convert it with ${TO_LINES}`,
    );
  }
  if (/\.[ct]sv$/i.test(input)) {
    print(`warning: each line of ${name} became a record as it stands, including a header`);
  }
}

/** The command that prints the elements of a JSON array one per line. */
const TO_LINES = "jq -c '.[]'";

/**
 * Whether the first line is a JSON array of objects, which may be meant as the records of the file.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if the line begins a JSON value that continues on the next line
 */
function isArrayOfRecords(line: Buffer, place: string): boolean {
  const text = line.toString().trim();
  // Lines of a log may begin with a bracket, too.
  if (!/^(\[|\{|\[\s*\{.*)$/.test(text)) return false;
  if (parseJson(line) !== undefined) return true;
  const problem = 'begins a JSON value of several lines, but each line is one record';
  throw invalid(`${place} ${problem}: convert an array with ${TO_LINES}`);
}

/** How many lines of each kind are named. */
const MAX_NAMED_LINES = 5;

/** Counts the lines of a file with one problem. */
class BadLines {
  readonly #file: string;
  readonly #problem: readonly [one: string, many: string];
  readonly #substitutes: readonly unknown[];
  readonly #first: number[] = [];
  #count = 0;

  /** @param substitutes what their records have instead */
  constructor(
    file: string,
    problem: readonly [one: string, many: string],
    substitutes: readonly unknown[],
  ) {
    this.#file = file;
    this.#problem = problem;
    this.#substitutes = substitutes;
  }

  add(lineNumber: number): void {
    this.#count += 1;
    if (this.#first.length < MAX_NAMED_LINES) this.#first.push(lineNumber);
  }

  /** Prints a warning, if there are such lines. */
  warn(print: (line: string) => void): void {
    if (this.#count === 0) return;
    const [one, many] = this.#problem;
    const isOne = this.#count === 1;
    const lines = isOne ? 'line' : 'lines';
    const what = `${this.#count.toLocaleString('en-US')} ${lines} of ${this.#file} ${isOne ? one : many}`;
    const records = isOne ? 'its record has' : 'their records have';
    const rest = this.#count > this.#first.length ? ', …' : '';
    const named = `${lines} ${this.#first.join(', ')}${rest}`;
    print(`warning: ${what}, so that ${records} ${this.#substitutes.join(' and ')}: ${named}`);
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

/** The first bytes of gzip data: https://www.rfc-editor.org/rfc/rfc1952#page-6 */
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Reads a file or standard input, and decompresses gzip. */
async function* bytesOf(input: string): AsyncGenerator<Buffer> {
  const stream: Readable = input === STANDARD_INPUT ? process.stdin : createReadStream(input);
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  if (first.done) return;
  const whole = async function* () {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  if (first.value.indexOf(GZIP) !== 0) yield* whole();
  // An error of the one ends the other, whose reader then receives it.
  else yield* pipeline(Readable.from(whole()), createGunzip(), () => undefined);
}

/**
 * Reads the lines of a file as bytes, without line breaks and the byte order mark. Not `readline`, which
 * decodes, and splits lines at U+2028, which JSON strings may contain.
 */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of bytesOf(path)) {
    let bytes = Buffer.concat([rest, chunk]);
    if (isFirst && bytes.indexOf(BYTE_ORDER_MARK) === 0)
      bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    isFirst = false;
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      yield bytes.subarray(
        start,
        bytes[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end,
      );
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield rest;
}

/** The JSON value of a line; undefined if the line is not JSON in UTF-8. */
function parseJson(line: Buffer): unknown {
  if (!isUtf8(line)) return undefined;
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined;
  }
}

function select(fields: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null
          ? (value as Record<string, unknown>)[name]
          : undefined,
      fields,
    );
}

function toKey(value: unknown): Buffer | null {
  if (value === undefined || value === null) return null;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function toTimestamp(value: unknown): number | undefined {
  const timestamp = typeof value === 'string' ? Date.parse(value) : value;
  return Number.isSafeInteger(timestamp) ? (timestamp as number) : undefined;
}

/** Approximate bytes of an order's lines; an order has about 1,000 in total. */
const ORDER_BYTES = 930;

/** Generates orders of the last hour, deterministically for the same `now`. */
async function* orderDrafts(count: number, now: number): AsyncGenerator<Draft> {
  const started = now - 3_600_000;
  for (let i = 0; i < count; i++) {
    const customer = `customer-${(i * 7919) % 100_003}`;
    yield {
      key: Buffer.from(customer),
      value: Buffer.from(order(i, customer)),
      timestamp: started + Math.floor((i / count) * 3_600_000),
    };
  }
}

function order(i: number, customer: string): string {
  const lines: string[] = [];
  for (let length = 0; length < ORDER_BYTES; length += lines.at(-1)?.length ?? 0) {
    const item = crc32(`${i}-${lines.length}`);
    const [quantity, price, gift] = [1 + (item % 5), (item % 9999) / 100, item % 7 === 0];
    lines.push(JSON.stringify({ sku: `SKU-${item.toString(36)}`, quantity, price, gift }));
  }
  const total = ((i * 31) % 100_000) / 100;
  return `{"order":${i},"customer":"${customer}","total":${total},"lines":[${lines.join(',')}]}`;
}

function invalid(message: string): ArchiverError {
  return new ArchiverError('INVALID_SETTINGS', message);
}
