import { Buffer, isUtf8 } from 'node:buffer';
import type { DecodedRecord, WrittenEncoding } from '../../lambda/core/record/decode-line.ts';

/** Text of bytes: the text itself in UTF-8, otherwise `base64:` and the base64; undefined for null. */
export function textOf(bytes: Buffer | null): string | undefined {
  if (bytes === null) return undefined;
  return isUtf8(bytes) ? bytes.toString() : `base64:${bytes.toString('base64')}`;
}

/** The bytes of a text as {@link textOf} returns it; undefined if `base64:` is not followed by base64. */
export function bytesOf(text: string): Buffer | undefined {
  const [, base64] = /^base64:(.*)$/s.exec(text) ?? [];
  if (base64 === undefined) return Buffer.from(text);
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/**
 * The JSON text of a record, on one line. A value that is JSON in the archive stands as it is, except that the line
 * breaks between its tokens are spaces; other text is a string, other bytes are the string of their base64, and
 * `valueEncoding` distinguishes them. Keys and header values are strings in the same way.
 *
 * @param more JSON text of further fields, without braces; empty if there are none
 */
export function recordJson(record: DecodedRecord, more = ''): string {
  const { headers, key, metadata, offset, partition, timestamp, timestampType, topic } = record;
  const { value, valueEncoding } = record;
  const keyEncoding = encodingOf(key, record.keyEncoding);
  const head = JSON.stringify({
    ...{ topic, partition, offset, timestamp: timeOf(timestamp), timestampType },
    ...{ key: asString(key), keyEncoding },
    headers: headers.map((header) => ({
      ...{ name: header.name, value: asString(header.value) },
      encoding: encodingOf(header.value, header.encoding),
    })),
  });
  const json =
    valueEncoding === 'json' && value !== null
      ? value.toString().replaceAll(/[\r\n]/g, ' ')
      : JSON.stringify(asString(value));
  const encoding = valueEncoding === 'json' ? 'json' : encodingOf(value, valueEncoding);
  const tail = `"valueEncoding":"${encoding}","metadata":${metadata}`;
  return `${head.slice(0, -1)},"value":${json},${tail}${more === '' ? '' : `,${more}`}}`;
}

/** ISO 8601; beyond the years that it has, the number itself. */
export function timeOf(timestamp: number | null): string | number | null {
  const time = new Date(timestamp ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? timestamp : time.toISOString();
}

/** Bytes as a string of the encoding that {@link encodingOf} returns. */
export function asString(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64');
}

/** How {@link asString} writes bytes, whatever their encoding in the archive. */
export function encodingOf(
  bytes: Buffer | null,
  written: WrittenEncoding,
): 'utf8' | 'base64' | 'null' | 'invalid' {
  if (bytes === null) return 'null';
  if (written === 'invalid') return 'invalid';
  return isUtf8(bytes) ? 'utf8' : 'base64';
}
