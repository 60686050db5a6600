import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { CONFLICT_LAG_MS, type Hour, RECUT_METADATA } from './objects.ts';
import { FIRST_OFFSET, lineOf, TOPIC, timestampOf } from './orders.ts';
import { decompressors } from './parquet.ts';

/**
 * Reads a merged file back, row group by row group, and checks that it has every record of the hour once and the
 * conflicting ones besides: offsets in order within each partition, and rows that are the generated lines byte for byte.
 *
 * @throws {Error} with the first difference
 */
export async function verifyFile(path: string, hour: Hour): Promise<void> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const next = new Map<number, number>();
  let conflicts = 0;
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const rows = await parquetReadObjects({
      ...{ file, metadata, compressors: decompressors, rowStart, rowEnd },
    });
    for (const row of rows) {
      const { partition, offset, timestamp } = row;
      const number = Number(offset);
      const expected = next.get(partition) ?? FIRST_OFFSET;
      const lag = Number(timestamp) - timestampOf(number);
      const isConflict =
        lag === CONFLICT_LAG_MS && (number === expected || number === expected - 1);
      if ((number !== expected || lag !== 0) && !isConflict) {
        throw new Error(`partition ${partition}: offset ${number}, not ${expected}`);
      }
      const recut = row.metadata.endsWith(`${RECUT_METADATA}}`) ? RECUT_METADATA : '';
      if (
        lineOfRow(row) !==
        lineOf(partition, number, { timestamp: Number(timestamp), metadata: recut })
      ) {
        throw new Error(`partition ${partition}, offset ${number}: another line`);
      }
      if (isConflict) conflicts += 1;
      else next.set(partition, number + 1);
    }
    rowStart = rowEnd;
  }
  for (let partition = 0; partition < hour.partitions; partition++) {
    const records = (next.get(partition) ?? FIRST_OFFSET) - FIRST_OFFSET;
    if (records !== hour.recordsPerPartition) {
      throw new Error(
        `partition ${partition}: ${records} records, not ${hour.recordsPerPartition}`,
      );
    }
  }
  if (next.size !== hour.partitions || conflicts !== hour.conflicts) {
    throw new Error(`${next.size} partitions and ${conflicts} conflicts`);
  }
}

/** The line that a row was made of. */
function lineOfRow(row: Record<string, unknown>): string {
  const { partition, offset, timestamp, headers, value, metadata } = row;
  const [type, key, keyEncoding, encoding] = [
    ...[row.timestamp_type, row.key, row.key_encoding, row.value_encoding],
  ].map((text) => JSON.stringify(text));
  return `{"topic":"${TOPIC}","partition":${partition},"offset":${offset},"timestamp":${timestamp},"timestamp_type":${type},\
"key":${key},"key_encoding":${keyEncoding},"headers":${JSON.stringify(headers)},"value":${value},\
"value_encoding":${encoding},"metadata":${metadata}}\n`;
}
