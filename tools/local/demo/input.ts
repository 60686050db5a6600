import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
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

/**
 * Generates the records that the options ask for, one by one, so that they are never all in memory.
 *
 * @param now epoch milliseconds: the timestamp of records without one
 * @throws {ArchiverError} `INVALID_SETTINGS` with file and line, if the input cannot be read
 */
export async function* demoRecords(options: DemoOptions, now: number): AsyncGenerator<NewRecord> {
  const { records, partitions } = options;
  let index = 0;
  const drafts =
    records === undefined
      ? fileDrafts(options.input === undefined ? earthquakes : options, now)
      : orderDrafts(records, now);
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
  now: number,
): AsyncGenerator<Draft> {
  let lineNumber = 0;
  let isEmpty = true;
  try {
    for await (const line of linesOf(input)) {
      lineNumber += 1;
      if (line.every(isSpace)) continue;
      isEmpty = false;
      const place = `${input}:${lineNumber}`;
      const fields = (key ?? timestamp) ? parseLine(line.toString(), place) : {};
      yield {
        key: key === undefined ? null : toKey(select(fields, key)),
        value: line,
        timestamp:
          timestamp === undefined
            ? now
            : toTimestamp(select(fields, timestamp), `${place} ${timestamp}`),
      };
    }
  } catch (error) {
    if (error instanceof ArchiverError) throw error;
    throw invalid(`cannot read ${input}: ${error instanceof Error ? error.message : error}`);
  }
  if (isEmpty) throw invalid(`${input} has no records`);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

/**
 * Reads the lines of a file as bytes, without line breaks and the byte order mark. Not `readline`, which
 * decodes, and splits lines at U+2028, which JSON strings may contain.
 */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
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

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalid(`${place} is not JSON, so --key and --timestamp cannot select its fields`);
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

function toTimestamp(value: unknown, place: string): number {
  const timestamp = typeof value === 'string' ? Date.parse(value) : value;
  if (Number.isSafeInteger(timestamp)) return timestamp as number;
  throw invalid(`${place} must be epoch milliseconds or an ISO 8601 time, got ${typeof value}`);
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
