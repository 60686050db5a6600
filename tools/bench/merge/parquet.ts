import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { cutLine, type Line } from './line.ts';
import type { MergeTarget } from './merge.ts';

const ZSTD_LEVEL = 3;

/** Output of one call of zlib: Node's default of 16 KiB makes many small buffers. */
export const CHUNK_BYTES = 1024 * 1024;

const text = (
  name: string,
  repetition_type: 'REQUIRED' | 'OPTIONAL' = 'REQUIRED',
): SchemaElement => ({
  ...{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type },
});

const schema: SchemaElement[] = [
  { name: 'root', num_children: 10 },
  { name: 'partition', type: 'INT32', repetition_type: 'REQUIRED' },
  { name: 'offset', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'timestamp', type: 'INT64', repetition_type: 'OPTIONAL' },
  text('timestamp_type', 'OPTIONAL'),
  text('key', 'OPTIONAL'),
  text('key_encoding'),
  { name: 'headers', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'REQUIRED', num_children: 3 },
  text('name'),
  text('value', 'OPTIONAL'),
  text('encoding'),
  text('value', 'OPTIONAL'),
  text('value_encoding'),
  text('metadata'),
];

/** Decompresses the pages of a file, for hyparquet. */
export const decompressors = { ZSTD: (page: Uint8Array) => zstdDecompressSync(page) };

/** A Parquet file with a row group for each group of lines: typed columns, values as their own text, zstd. */
export class ParquetFile implements MergeTarget {
  groups = 0;
  readonly #writer: ParquetWriter;

  constructor(path: string) {
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema,
      codec: 'ZSTD',
      compressors: {
        ZSTD: (page) =>
          zstdCompressSync(page, {
            chunkSize: CHUNK_BYTES,
            params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
          }),
      },
    });
  }

  writeGroup(partition: number, lines: readonly Line[]): void {
    const parts = lines.map(cutLine);
    const encoding = 'DELTA_BINARY_PACKED';
    this.groups += 1;
    this.#writer.write({
      rowGroupSize: lines.length,
      columnData: [
        { name: 'partition', data: new Array(lines.length).fill(partition) },
        { name: 'offset', data: lines.map(({ offset }) => BigInt(offset)), encoding },
        { name: 'timestamp', data: parts.map(({ timestamp }) => bigIntOf(timestamp)), encoding },
        { name: 'timestamp_type', data: parts.map(({ timestampType }) => textOf(timestampType)) },
        { name: 'key', data: parts.map(({ key }) => textOf(key)) },
        { name: 'key_encoding', data: parts.map((line) => line.keyEncoding) },
        { name: 'headers', data: parts.map(({ headers }) => JSON.parse(headers)) },
        // Bytes are written as they are. Values seldom repeat, so no dictionary is tried.
        {
          ...{ name: 'value', encoding: 'PLAIN', statistics: false },
          data: parts.map(({ value, valueEncoding }) =>
            valueEncoding === 'json' ? value : textOf(value.toString()),
          ),
        },
        { name: 'value_encoding', data: parts.map((line) => line.valueEncoding) },
        { name: 'metadata', data: parts.map(({ metadata }) => metadata) },
      ],
    });
  }

  /** Writes the footer. */
  finish(): void {
    this.#writer.finish();
  }
}

function bigIntOf(token: string): bigint | null {
  return token === 'null' ? null : BigInt(token);
}

/** The text of a JSON string, or null. */
function textOf(token: string): string | null {
  return JSON.parse(token);
}
