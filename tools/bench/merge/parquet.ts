import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { Columns } from './columns.ts';
import type { Line } from './line.ts';
import type { MergeTarget } from './merge.ts';

const ZSTD_LEVEL = 3;

/** Distinct text that a dictionary may hold. Without a limit, one is built of all trace ids before it is dropped. */
const DICTIONARY_BYTES = 64 * 1024;

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
            // One buffer for the whole result.
            chunkSize: page.length + 1024,
            params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
          }),
      },
    });
  }

  writeGroup(partition: number, lines: readonly Line[]): void {
    const columns = new Columns();
    for (const line of lines) columns.push(line);
    const encoding = 'DELTA_BINARY_PACKED';
    // Readers skip row groups by what the lines are in order of. No other column is.
    const statistics = false;
    this.groups += 1;
    this.#writer.write({
      rowGroupSize: lines.length,
      dictionarySize: DICTIONARY_BYTES,
      columnData: [
        { name: 'partition', data: new Int32Array(lines.length).fill(partition), encoding },
        { name: 'offset', data: columns.offsets, encoding },
        { name: 'timestamp', data: columns.timestamps, encoding },
        { name: 'timestamp_type', data: columns.timestampTypes, statistics },
        { name: 'key', data: columns.keys, statistics },
        { name: 'key_encoding', data: columns.keyEncodings, statistics },
        { name: 'headers', data: columns.headers, statistics },
        { name: 'value', data: columns.values, encoding: 'PLAIN', statistics },
        { name: 'value_encoding', data: columns.valueEncodings, statistics },
        { name: 'metadata', data: columns.metadata, statistics },
      ],
    });
  }

  /** Writes the footer. */
  finish(): void {
    this.#writer.finish();
  }
}
