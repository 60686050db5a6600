import { Buffer } from 'node:buffer';
import { type ByteEncoding, reservedMetadataFields, type TopicEncodings } from '../../contract.ts';
import { ArchiverError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import {
  computeFields,
  type Enrich,
  type MetadataFields,
  noEnrichment,
  type RecordToEnrich,
  type TakenNames,
} from './enrichment.ts';
import type { BatchRun, KafkaEventHeader, KafkaEventRecord } from './kafka-event.ts';
import type { Encoding, LineBuffer } from './line-buffer.ts';
import { isExactTimestamp, timestampText } from './timestamp.ts';

/** What all record lines of a batch have in common. */
export interface RecordLineSettings {
  /** The cluster's ARN or bootstrap servers: `metadata.source`. */
  readonly source: string;
  /** Static fields from the operator's settings, written into every line's `metadata`. */
  readonly metadata: MetadataFields;
  readonly enrich: Enrich;
  /** How keys are written. @default {} */
  readonly keyEncoding?: TopicEncodings;
  /** How values are written. @default {} */
  readonly valueEncoding?: TopicEncodings;
}

/** How a key, a header value or a value was written; `invalid` is the event's own JSON in place of bytes. */
type ValueEncoding = Encoding | 'null' | 'invalid';

/** The fields that say how a value was written. */
const encodingFields = {
  json: '"value_encoding":"json"',
  'json-lf': '"value_encoding":"json","value_line_break":"lf"',
  'json-crlf': '"value_encoding":"json","value_line_break":"crlf"',
  utf8: '"value_encoding":"utf8"',
  base64: '"value_encoding":"base64"',
  null: '"value_encoding":"null"',
  invalid: '"value_encoding":"invalid"',
} as const satisfies Record<ValueEncoding, string>;

/** The constant text between the parts of a line that vary. */
const text = {
  timestamp: utf8(',"timestamp":'),
  noHeaders: byValueEncoding((encoding) => utf8(`${afterKey(encoding)}],"value":`)),
  lastHeader: byValueEncoding((encoding) => utf8(`,"encoding":"${encoding}"}],"value":`)),
  null: utf8('null'),
} as const;

/**
 * Writes records into a buffer as JSON lines with a fixed order of fields:
 *
 * `{"topic","partition","offset","timestamp","timestamp_type","key","key_encoding","headers":[{"name",
 * "value","encoding"}],"value","value_encoding","value_line_break","metadata":{"source",…}}`
 *
 * A value that is JSON which every reader accepts is embedded as its own bytes; where it has line breaks between
 * tokens, each is one tab, and `value_line_break` says what it was. Other text becomes a string, and other bytes become
 * a string of their base64. Null and absent values are `null`. The settings may ask for strings, or for base64, always.
 *
 * There is a line for every record that has coordinates. Where the event does not encode bytes, which AWS does not
 * send, the line holds a string of the event's own JSON, with the encoding `invalid`. A timestamp that is not exact
 * is marked in the metadata, where it breaks no reader's columns. Metadata has no lists or objects, and no two names
 * that differ only in case.
 *
 * `decodeLine` returns the bytes of a line that was written here.
 */
export class RecordLineWriter {
  readonly #lines: LineBuffer;
  readonly #enrich: Enrich;
  /** `"source":…` and the static fields. */
  readonly #staticFields: string;
  readonly #takenNames: TakenNames;
  /** The ends of lines whose metadata has only the static fields. */
  readonly #staticEnds: Readonly<Record<ValueEncoding, Uint8Array>>;
  /** The text before a header's value, by its name: for the first header, and for later ones. */
  readonly #firstHeaders = byValueEncoding((encoding) => new HeaderStarts(afterKey(encoding)));
  readonly #laterHeaders = byValueEncoding(
    (encoding) => new HeaderStarts(`,"encoding":"${encoding}"},`),
  );
  /** The text between a record's timestamp and its key, by timestamp type. */
  readonly #timestampTypes = new Map<unknown, Uint8Array>();
  readonly #keyEncodings: ReadonlyMap<string, ByteEncoding>;
  readonly #valueEncodings: ReadonlyMap<string, ByteEncoding>;
  #lineStart: Uint8Array = new Uint8Array();
  #keyEncoding: ByteEncoding = 'auto';
  #valueEncoding: ByteEncoding = 'auto';

  constructor(settings: RecordLineSettings, lines: LineBuffer) {
    const { source, metadata, enrich, keyEncoding = {}, valueEncoding = {} } = settings;
    this.#lines = lines;
    this.#keyEncodings = new Map(Object.entries(keyEncoding));
    this.#valueEncodings = new Map(Object.entries(valueEncoding));
    this.#enrich = enrich;
    this.#staticFields = JSON.stringify({ source, ...metadata }).slice(1, -1);
    const names = Object.keys(metadata);
    this.#takenNames = {
      set: new Set(['source', ...names]),
      reserved: new Set([...reservedMetadataFields, ...names.map((name) => name.toLowerCase())]),
    };
    this.#staticEnds = byValueEncoding((encoding) => utf8(lineEnd(encoding, this.#staticFields)));
  }

  /**
   * Writes the lines of one topic-partition's records.
   *
   * @throws {ArchiverError} `ENRICH_FAILED`; the buffer must then be discarded
   */
  write({ topic, partition }: BatchRun, records: readonly KafkaEventRecord[]): void {
    this.#lineStart = utf8(`{"topic":"${topic}","partition":${partition},"offset":`);
    this.#keyEncoding = encodingOf(topic, this.#keyEncodings);
    this.#valueEncoding = encodingOf(topic, this.#valueEncodings);
    for (const record of records) this.#writeLine(record);
  }

  #writeLine(record: KafkaEventRecord): void {
    const lines = this.#lines;
    const { offset, timestamp, timestampType, key, headers, value } = record;
    lines.raw(this.#lineStart);
    lines.wholeNumber(offset);
    lines.raw(text.timestamp);
    const isExact = isExactTimestamp(timestamp);
    if (isExact && timestamp != null && timestamp >= 0) lines.wholeNumber(timestamp);
    else lines.text(timestampText(timestamp));
    lines.raw(this.#timestampType(timestampType ?? null));
    const keyEncoding = this.#writeKey(key);
    if (headers == null || headers.length === 0) lines.raw(text.noHeaders[keyEncoding]);
    else this.#writeHeaders(headers, keyEncoding);
    const valueEncoding = this.#writeValue(value);
    const { keySchemaMetadata, valueSchemaMetadata } = record;
    const isStatic =
      this.#enrich === noEnrichment &&
      isExact &&
      keySchemaMetadata == null &&
      valueSchemaMetadata == null;
    if (isStatic) lines.raw(this.#staticEnds[valueEncoding]);
    else lines.text(lineEnd(valueEncoding, this.#computeMetadata(record, keyEncoding)));
  }

  #writeKey(key: unknown): ValueEncoding {
    if (key == null) return this.#writeNull();
    return (typeof key === 'string' ? this.#writeKeyBytes(key) : null) ?? this.#writeInvalid(key);
  }

  #writeKeyBytes(key: string): Encoding | null {
    if (this.#keyEncoding === 'base64') return this.#lines.base64AsBase64(key);
    return this.#lines.base64AsString(key);
  }

  #writeValue(value: unknown): ValueEncoding {
    if (value == null) return this.#writeNull();
    const encoding = typeof value === 'string' ? this.#writeValueBytes(value) : null;
    return encoding ?? this.#writeInvalid(value);
  }

  #writeValueBytes(value: string): Encoding | null {
    if (this.#valueEncoding === 'auto') return this.#lines.base64AsJson(value);
    if (this.#valueEncoding === 'text') return this.#lines.base64AsString(value);
    return this.#lines.base64AsBase64(value);
  }

  #writeHeaderValue(value: unknown): ValueEncoding {
    if (value == null) return this.#writeNull();
    const encoding = Array.isArray(value) ? this.#lines.byteValuesAsString(value) : null;
    return encoding ?? this.#writeInvalid(value);
  }

  #writeNull(): 'null' {
    this.#lines.raw(text.null);
    return 'null';
  }

  /** Writes what the event holds in place of bytes, as a string of its JSON. */
  #writeInvalid(field: unknown): 'invalid' {
    this.#lines.text(JSON.stringify(JSON.stringify(field)));
    return 'invalid';
  }

  /** Writes the part between the key and the value, given headers that are not an empty list. */
  #writeHeaders(headers: unknown, keyEncoding: ValueEncoding): void {
    const lines = this.#lines;
    const list: readonly unknown[] = Array.isArray(headers) ? headers : [headers];
    let starts = this.#firstHeaders[keyEncoding];
    let encoding: ValueEncoding = 'null';
    for (let i = 0; i < list.length; i++) {
      const header = list[i];
      const name = nameOfOneField(header);
      lines.raw(starts.of(name ?? ''));
      encoding =
        name === null
          ? this.#writeInvalid(header)
          : this.#writeHeaderValue((header as KafkaEventHeader)[name]);
      starts = this.#laterHeaders[encoding];
    }
    lines.raw(text.lastHeader[encoding]);
  }

  #timestampType(type: unknown): Uint8Array {
    let field = this.#timestampTypes.get(type);
    if (field === undefined) {
      field = utf8(`,"timestamp_type":${JSON.stringify(textOf(type))},"key":`);
      this.#timestampTypes.set(type, field);
    }
    return field;
  }

  /** The fields of a record's metadata: static ones, what the line cannot hold elsewhere, and computed ones. */
  #computeMetadata(record: KafkaEventRecord, keyEncoding: ValueEncoding): string {
    const { keySchemaMetadata, timestamp, valueSchemaMetadata } = record;
    const fields = JSON.stringify({
      ...(!isExactTimestamp(timestamp) && { timestamp_rounded: true }),
      ...(keySchemaMetadata != null && schemaFields('key', keySchemaMetadata)),
      ...(valueSchemaMetadata != null && schemaFields('value', valueSchemaMetadata)),
      ...this.#computeFields(record, keyEncoding),
    });
    return `${this.#staticFields},${fields.slice(1, -1)}`.replace(/,$/, '');
  }

  #computeFields(record: KafkaEventRecord, keyEncoding: ValueEncoding): MetadataFields {
    if (this.#enrich === noEnrichment) return {};
    const given = toEnrich(record, keyEncoding !== 'invalid');
    const { fault, fields } = computeFields(this.#enrich, given, this.#takenNames);
    if (fault === undefined) return fields;
    const { offset, partition, topic } = record;
    const place = `${topic}-${partition} offset ${offset}`;
    throw new ArchiverError(
      'ENRICH_FAILED',
      `enrich failed for ${place}: ${fault} (lambda/enrich.ts)`,
    );
  }
}

function afterKey(encoding: ValueEncoding): string {
  return `,"key_encoding":"${encoding}","headers":[`;
}

/** The text before the value of a header, by the header's name. */
class HeaderStarts {
  readonly #before: string;
  readonly #starts = new Map<string, Uint8Array>();

  constructor(before: string) {
    this.#before = before;
  }

  of(name: string): Uint8Array {
    let start = this.#starts.get(name);
    if (start === undefined) {
      start = utf8(`${this.#before}{"name":${JSON.stringify(name)},"value":`);
      this.#starts.set(name, start);
    }
    return start;
  }
}

function lineEnd(encoding: ValueEncoding, metadataFields: string): string {
  return `,${encodingFields[encoding]},"metadata":{${metadataFields}}}\n`;
}

function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function byValueEncoding<Part>(
  make: (encoding: ValueEncoding) => Part,
): Readonly<Record<ValueEncoding, Part>> {
  return {
    json: make('json'),
    'json-lf': make('json-lf'),
    'json-crlf': make('json-crlf'),
    utf8: make('utf8'),
    base64: make('base64'),
    null: make('null'),
    invalid: make('invalid'),
  };
}

function encodingOf(topic: string, encodings: ReadonlyMap<string, ByteEncoding>): ByteEncoding {
  return encodings.get(topic) ?? encodings.get('*') ?? 'auto';
}

/** The name of a header that is an object with one name, of text; else null. It runs for every header, so makes no list. */
function nameOfOneField(header: unknown): string | null {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return null;
  let only: string | null = null;
  for (const name in header) {
    if (only !== null) return null;
    only = name;
  }
  return only?.isWellFormed() === true ? only : null;
}

function isOneField(header: unknown): header is KafkaEventHeader {
  return nameOfOneField(header) !== null;
}

/**
 * Text, or the JSON text of what the event holds in its place; null if it holds nothing. JSON escapes an unpaired
 * surrogate, at which readers would fail.
 */
function textOf(field: unknown): string | null {
  if (field == null) return null;
  return typeof field === 'string' && field.isWellFormed() ? field : JSON.stringify(field);
}

function schemaFields(of: 'key' | 'value', schema: unknown): MetadataFields {
  const { dataFormat, schemaId } = isObject(schema) ? schema : { schemaId: schema };
  return { [`${of}_schema_format`]: textOf(dataFormat), [`${of}_schema_id`]: textOf(schemaId) };
}

function toEnrich(record: KafkaEventRecord, isKeyOfBytes: boolean): RecordToEnrich {
  const { topic, partition, offset, timestamp, key, headers } = record;
  return {
    topic,
    partition,
    offset,
    timestamp: typeof timestamp === 'number' ? timestamp : null,
    key: key == null || !isKeyOfBytes ? null : Buffer.from(key, 'base64'),
    headers: (Array.isArray(headers) ? headers.filter(isOneField) : []).flatMap((header) =>
      Object.entries(header).map(([name, value]) => ({
        name,
        value: Array.isArray(value) ? Buffer.from(value) : null,
      })),
    ),
  };
}
