import { Buffer, isUtf8 } from 'node:buffer';
import { ArchiverError } from '../errors.ts';
import { type Fields, isObject } from '../is-object.ts';
import { JsonScanner, type LineBreak, NOT_EMBEDDED } from './json-scanner.ts';

/** How a line holds bytes. `invalid`: the event held something else than bytes, and the line holds its JSON text. */
export const writtenEncodings = ['json', 'utf8', 'base64', 'null', 'invalid'] as const;
export type WrittenEncoding = (typeof writtenEncodings)[number];

/** A header of a {@link DecodedRecord}. */
export interface DecodedHeader {
  readonly name: string;
  /** As {@link DecodedRecord.value}. */
  readonly value: Buffer | null;
  readonly encoding: WrittenEncoding;
}

/** A record as a line of the archive holds it. */
export interface DecodedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds, null if the record has none. Beyond ±2^53 it is rounded, as the metadata then says. */
  readonly timestamp: number | null;
  readonly timestampType: string | null;
  /** As {@link value}. */
  readonly key: Buffer | null;
  readonly keyEncoding: WrittenEncoding;
  readonly headers: readonly DecodedHeader[];
  /**
   * The record's own bytes, maybe as a view of the line; null for a tombstone. With the encoding `invalid`, the JSON text
   * of what the event held.
   */
  readonly value: Buffer | null;
  readonly valueEncoding: WrittenEncoding;
  /** The line breaks that an embedded value has between its tokens. */
  readonly valueLineBreak: LineBreak | null;
  /** The JSON text of an object whose fields are scalars. */
  readonly metadata: string;
}

/** The parts of a line that the decoder cuts it at. A string in a line escapes its quotes, so none of them is in one. */
const marks = { value: '],"value":', metadata: ',"metadata":{' } as const;

const start =
  /^\{"topic":"([\w.-]{1,249})","partition":(\d{1,16}),"offset":(\d{1,16}),"timestamp":(null|-?\d{1,19}),"timestamp_type":/;
const encoding =
  /,"value_encoding":"(json|utf8|base64|null|invalid)"(?:,"value_line_break":"(lf|crlf)")?$/;

/** The fields of every line, in their order. */
const fieldNames = [
  'topic',
  'partition',
  'offset',
  'timestamp',
  'timestamp_type',
  'key',
  'key_encoding',
  'headers',
  'value',
  'value_encoding',
  'metadata',
];

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const METADATA_NAME = ',"metadata":';
const OTHER_FIELDS = 'does not have the fields of one, in their order';
const OTHER_ENCODING = 'has bytes that are not in their encoding';

const scanner = new JsonScanner(0);

/** More characters than {@link start} matches. */
const MOST_START = 512;
/** More characters than {@link encoding} matches. */
const MOST_ENCODING = 128;

/**
 * Decodes a record line of format version 1 or 2, without the line break that ends it, into the bytes of the record.
 * All of them are exact, except that format 1 wrote the line breaks between the tokens of an embedded value as spaces.
 *
 * @throws {ArchiverError} `NOT_A_RECORD_LINE`, which says what is wrong and quotes nothing
 */
export function decodeLine(line: Buffer | string): DecodedRecord {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line;
  if (!isUtf8(bytes)) throw notALine('is not UTF-8');
  if (bytes.includes(LINE_FEED) || bytes.includes(CARRIAGE_RETURN))
    throw notALine('has line breaks');
  const valueStart = bytes.indexOf(marks.value) + marks.value.length;
  const metadataMark = bytes.lastIndexOf(marks.metadata);
  const beforeValue = start.exec(bytes.toString('latin1', 0, MOST_START));
  const afterValue = encoding.exec(
    bytes.toString('latin1', Math.max(0, metadataMark - MOST_ENCODING), metadataMark),
  );
  if (beforeValue === null || afterValue === null || valueStart < marks.value.length) {
    throw notALine(OTHER_FIELDS);
  }
  const [, topic = '', partition, offset] = beforeValue;
  const [encodingFields, valueEncoding, lineBreak = null] = afterValue;
  const valueEnd = metadataMark - encodingFields.length;
  if (lineBreak !== null && valueEncoding !== 'json') throw notALine(OTHER_FIELDS);
  if (valueEnd < valueStart) throw notALine(OTHER_FIELDS);
  const metadata = bytes.toString('utf8', metadataMark + METADATA_NAME.length, bytes.length - 1);
  // Everything around the value, which may be large and is not parsed unless it is a string.
  const envelope = parse(
    `${bytes.toString('utf8', 0, valueStart)}null${bytes.toString('utf8', valueEnd)}`,
  ) as Fields;
  if (!isObject(envelope.metadata)) throw notALine(OTHER_FIELDS);
  const names = Object.keys(envelope).filter((name) => name !== 'value_line_break');
  if (names.join() !== fieldNames.join()) throw notALine(OTHER_FIELDS);
  return {
    topic,
    partition: Number(partition),
    offset: Number(offset),
    timestamp: envelope.timestamp as number | null,
    timestampType: textOrNull(envelope.timestamp_type),
    key: toBytes(envelope.key, envelope.key_encoding),
    keyEncoding: envelope.key_encoding as WrittenEncoding,
    headers: decodeHeaders(envelope.headers),
    value:
      valueEncoding === 'json'
        ? embeddedBytes(bytes.subarray(valueStart, valueEnd), lineBreak as LineBreak | null)
        : toBytes(parse(bytes.toString('utf8', valueStart, valueEnd)), valueEncoding),
    valueEncoding: valueEncoding as WrittenEncoding,
    valueLineBreak: lineBreak as LineBreak | null,
    metadata,
  };
}

/** @param headers a list, since it ends with the bracket of the mark that follows it */
function decodeHeaders(headers: unknown): readonly DecodedHeader[] {
  return (headers as readonly unknown[]).map((header) => {
    if (!isObject(header) || typeof header.name !== 'string') throw notALine(OTHER_FIELDS);
    const { encoding, name, value } = header;
    return { name, value: toBytes(value, encoding), encoding: encoding as WrittenEncoding };
  });
}

/** The bytes that a string, or null, holds in an encoding. */
function toBytes(field: unknown, encoding: unknown): Buffer | null {
  if (encoding === 'null' && field === null) return null;
  // Bytes of text have no half of a surrogate pair, in place of which there would be others.
  if (typeof field !== 'string' || !field.isWellFormed()) throw notALine(OTHER_ENCODING);
  if (encoding === 'utf8' || encoding === 'invalid') return Buffer.from(field);
  const bytes = Buffer.from(field, 'base64');
  // Node skips what is not base64.
  if (encoding !== 'base64' || bytes.toString('base64') !== field) throw notALine(OTHER_ENCODING);
  return bytes;
}

/** The bytes of an embedded value. Its tabs are between tokens, because strings escape theirs. */
function embeddedBytes(embedded: Buffer, lineBreak: LineBreak | null): Buffer {
  // Format 1 embeds more than the scanner accepts.
  scanner.reserve(embedded.length);
  scanner.bytes.set(embedded);
  if (scanner.embed(0, embedded.length) === NOT_EMBEDDED) parse(embedded.toString());
  if (lineBreak === null) return embedded;
  const written = lineBreak === 'lf' ? '\n' : '\r\n';
  return Buffer.from(embedded.toString('latin1').replaceAll('\t', written), 'latin1');
}

function textOrNull(field: unknown): string | null {
  if (field !== null && typeof field !== 'string') throw notALine(OTHER_FIELDS);
  return field;
}

/** Parses JSON without an error that quotes it. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw notALine('is not JSON');
  }
}

function notALine(fault: string): ArchiverError {
  return new ArchiverError('NOT_A_RECORD_LINE', `not a record line: it ${fault}`);
}
