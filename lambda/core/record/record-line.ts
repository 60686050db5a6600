import { Buffer } from 'node:buffer';
import { reservedMetadataFields } from '../../contract.ts';
import { ArchiverError } from '../errors.ts';
import {
  type Enrich,
  type MetadataFields,
  noEnrichment,
  type RecordToEnrich,
} from './enrichment.ts';
import type {
  BatchRun,
  KafkaEventHeader,
  KafkaEventRecord,
  SchemaMetadata,
} from './kafka-event.ts';
import type { Encoding, LineBuffer } from './line-buffer.ts';

/** What all record lines of a batch have in common. */
export interface RecordLineSettings {
  /** The cluster's ARN or bootstrap servers: `metadata.source`. */
  readonly source: string;
  /** Static fields from the operator's settings, written into every line's `metadata`. */
  readonly metadata: MetadataFields;
  readonly enrich: Enrich;
}

type ValueEncoding = Encoding | 'null';

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
 * "value","encoding"}],"value","value_encoding","metadata":{"source",…}}`
 *
 * A value that is JSON is embedded as its own bytes, except for line breaks between tokens. Other text becomes
 * a string, and other bytes become a string of their base64. Null and absent values are `null`.
 */
export class RecordLineWriter {
  readonly #lines: LineBuffer;
  readonly #enrich: Enrich;
  /** `"source":…` and the static fields. */
  readonly #staticFields: string;
  readonly #takenFields: ReadonlySet<string>;
  /** The ends of lines whose metadata has only the static fields. */
  readonly #staticEnds: Readonly<Record<ValueEncoding, Uint8Array>>;
  /** The text before a header's value, by its name: for the first header, and for later ones. */
  readonly #firstHeaders = byValueEncoding((encoding) => new HeaderStarts(afterKey(encoding)));
  readonly #laterHeaders = byValueEncoding(
    (encoding) => new HeaderStarts(`,"encoding":"${encoding}"},`),
  );
  /** The text between a record's timestamp and its key, by timestamp type. */
  readonly #timestampTypes = new Map<string | null, Uint8Array>();
  #lineStart: Uint8Array = new Uint8Array();

  constructor({ source, metadata, enrich }: RecordLineSettings, lines: LineBuffer) {
    this.#lines = lines;
    this.#enrich = enrich;
    this.#staticFields = JSON.stringify({ source, ...metadata }).slice(1, -1);
    this.#takenFields = new Set([...reservedMetadataFields, ...Object.keys(metadata)]);
    this.#staticEnds = byValueEncoding((encoding) => utf8(lineEnd(encoding, this.#staticFields)));
  }

  /**
   * Writes the lines of one topic-partition's records.
   *
   * @throws {ArchiverError} `INVALID_EVENT` if a key, value or header does not encode bytes, or
   * `ENRICH_FAILED`; the buffer must then be discarded
   */
  write({ topic, partition }: BatchRun, records: readonly KafkaEventRecord[]): void {
    this.#lineStart = utf8(`{"topic":"${topic}","partition":${partition},"offset":`);
    for (const record of records) this.#writeLine(record);
  }

  #writeLine(record: KafkaEventRecord): void {
    const lines = this.#lines;
    const { offset, timestamp, timestampType, key, headers, value } = record;
    lines.raw(this.#lineStart);
    lines.wholeNumber(offset);
    lines.raw(text.timestamp);
    if (timestamp != null && timestamp >= 0) lines.wholeNumber(timestamp);
    else lines.text(String(timestamp ?? null));
    lines.raw(this.#timestampType(timestampType ?? null));
    const keyEncoding = key == null ? this.#writeNull() : lines.base64AsString(key);
    if (keyEncoding === null) throw noBytes('key', record);
    if (headers == null || headers.length === 0) lines.raw(text.noHeaders[keyEncoding]);
    else this.#writeHeaders(headers, keyEncoding, record);
    const valueEncoding = value == null ? this.#writeNull() : lines.base64AsJson(value);
    if (valueEncoding === null) throw noBytes('value', record);
    const { keySchemaMetadata, valueSchemaMetadata } = record;
    const isStatic =
      this.#enrich === noEnrichment && keySchemaMetadata == null && valueSchemaMetadata == null;
    if (isStatic) lines.raw(this.#staticEnds[valueEncoding]);
    else lines.text(this.#computedEnd(valueEncoding, record));
  }

  #writeNull(): 'null' {
    this.#lines.raw(text.null);
    return 'null';
  }

  /** Writes the part between the key and the value. */
  #writeHeaders(
    headers: readonly KafkaEventHeader[],
    keyEncoding: ValueEncoding,
    record: KafkaEventRecord,
  ): void {
    const lines = this.#lines;
    let starts = this.#firstHeaders[keyEncoding];
    let encoding: ValueEncoding | null = null;
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i];
      if (!isOneField(header)) throw noBytes('header', record);
      for (const name in header) {
        const value = header[name];
        lines.raw(starts.of(name));
        encoding = value == null ? this.#writeNull() : writeByteValues(lines, value);
        if (encoding === null) throw noBytes('header', record);
        starts = this.#laterHeaders[encoding];
      }
    }
    lines.raw(text.lastHeader[encoding as ValueEncoding]);
  }

  #timestampType(type: string | null): Uint8Array {
    let field = this.#timestampTypes.get(type);
    if (field === undefined) {
      field = utf8(`,"timestamp_type":${JSON.stringify(type)},"key":`);
      this.#timestampTypes.set(type, field);
    }
    return field;
  }

  #computedEnd(encoding: ValueEncoding, record: KafkaEventRecord): string {
    const { keySchemaMetadata, valueSchemaMetadata } = record;
    const fields = JSON.stringify({
      ...(keySchemaMetadata != null && { key_schema: schemaField(keySchemaMetadata) }),
      ...(valueSchemaMetadata != null && { value_schema: schemaField(valueSchemaMetadata) }),
      ...this.#computeFields(record),
    });
    return lineEnd(encoding, `${this.#staticFields},${fields.slice(1, -1)}`.replace(/,$/, ''));
  }

  #computeFields(record: KafkaEventRecord): MetadataFields {
    if (this.#enrich === noEnrichment) return {};
    let fields: unknown;
    try {
      fields = this.#enrich(toEnrich(record));
    } catch (error) {
      // Without a cause: the message may quote the key or a header.
      const name = error instanceof Error ? error.name : typeof error;
      throw enrichFailed(`it threw '${name}'`, record);
    }
    if (!isPlainObject(fields)) throw enrichFailed('it did not return a plain object', record);
    for (const [name, value] of Object.entries(fields)) {
      if (this.#takenFields.has(name))
        throw enrichFailed(`it returned '${name}', which is already set`, record);
      // Without the name, which enrich may have taken from a key or a header.
      if (!isScalar(value))
        throw enrichFailed('it returned a field that is not text, a number or a boolean', record);
    }
    return fields as MetadataFields;
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
  return `,"value_encoding":"${encoding}","metadata":{${metadataFields}}}\n`;
}

function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function byValueEncoding<Part>(
  make: (encoding: ValueEncoding) => Part,
): Readonly<Record<ValueEncoding, Part>> {
  return { json: make('json'), utf8: make('utf8'), base64: make('base64'), null: make('null') };
}

/** Whether a header is an object with one name. It allocates no list, because it runs for every header. */
function isOneField(header: unknown): header is KafkaEventHeader {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return false;
  let names = 0;
  for (const _ in header) names += 1;
  return names === 1;
}

function writeByteValues(lines: LineBuffer, values: unknown): Encoding | null {
  return Array.isArray(values) ? lines.byteValuesAsString(values) : null;
}

function schemaField({ dataFormat, schemaId }: SchemaMetadata) {
  return { data_format: dataFormat, schema_id: schemaId };
}

function toEnrich(record: KafkaEventRecord): RecordToEnrich {
  const { topic, partition, offset, timestamp, key, headers } = record;
  return {
    topic,
    partition,
    offset,
    timestamp: timestamp ?? null,
    key: key == null ? null : Buffer.from(key, 'base64'),
    headers: (headers ?? []).flatMap((header) =>
      Object.entries(header).map(([name, value]) => ({
        name,
        value: value == null ? null : Buffer.from(value),
      })),
    ),
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  );
}

function noBytes(field: string, record: KafkaEventRecord): ArchiverError {
  return new ArchiverError(
    'INVALID_EVENT',
    `not a Kafka event: ${field} of ${placeOf(record)} does not encode bytes`,
  );
}

function enrichFailed(fault: string, record: KafkaEventRecord): ArchiverError {
  return new ArchiverError(
    'ENRICH_FAILED',
    `enrich failed for ${placeOf(record)}: ${fault} (lambda/enrich.ts)`,
  );
}

function placeOf({ topic, partition, offset }: KafkaEventRecord): string {
  return `${topic}-${partition} offset ${offset}`;
}
