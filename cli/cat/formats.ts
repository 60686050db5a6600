import { Buffer } from 'node:buffer';
import type { DecodedRecord } from '../../lambda/core/record/decode-line.ts';
import { asString, encodingOf, recordJson, timeOf } from '../archive/record-json.ts';
import { csvField } from '../csv.ts';

/** How records are written. */
export const formats = ['lines', 'jsonl', 'raw', 'csv'] as const;
export type Format = (typeof formats)[number];

/** Writes records in a format. */
export interface RecordFormat {
  /** What precedes the first record. */
  readonly head: Buffer;
  /**
   * Returns the bytes of one record; undefined if the format leaves it out.
   *
   * @param line without its line feed
   * @param decode decodes the line, for formats that need it
   */
  of(line: Buffer, decode: (line: Buffer) => DecodedRecord): Buffer | undefined;
}

const LINE_FEED = Buffer.from('\n');
const nothing = Buffer.alloc(0);

/** @param delimiter what follows each value in the format `raw` */
export function createFormat(format: Format, delimiter: Buffer): RecordFormat {
  switch (format) {
    case 'lines':
      return { head: nothing, of: (line) => Buffer.concat([line, LINE_FEED]) };
    case 'jsonl':
      return {
        head: nothing,
        of: (line, decode) => Buffer.from(`${recordJson(decode(line))}\n`),
      };
    case 'raw':
      return {
        head: nothing,
        of(line, decode) {
          const { value } = decode(line);
          return value === null ? undefined : Buffer.concat([value, delimiter]);
        },
      };
    case 'csv':
      return {
        head: csvRow(csvColumns),
        of: (line, decode) => csvRow(csvFields(decode(line))),
      };
  }
}

const csvColumns = [
  ...['topic', 'partition', 'offset', 'timestamp', 'timestamp_type', 'key', 'key_encoding'],
  ...['headers', 'value', 'value_encoding', 'metadata'],
];

function csvFields(record: DecodedRecord): string[] {
  const { headers, key, metadata, offset, partition, timestamp, timestampType, topic } = record;
  const { value, valueEncoding } = record;
  const list = headers.map((header) => ({
    ...{ name: header.name, value: asString(header.value) },
    encoding: encodingOf(header.value, header.encoding),
  }));
  return [
    ...[topic, String(partition), String(offset), String(timeOf(timestamp) ?? '')],
    ...[timestampType ?? '', asString(key) ?? '', encodingOf(key, record.keyEncoding)],
    ...[JSON.stringify(list), asString(value) ?? ''],
    ...[valueEncoding === 'json' ? 'json' : encodingOf(value, valueEncoding), metadata],
  ];
}

function csvRow(fields: readonly string[]): Buffer {
  return Buffer.from(`${fields.map(csvField).join(',')}\r\n`);
}
