import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { CONFLICT_LAG_MS, type Hour } from './objects.ts';
import { FIRST_OFFSET, orderOf, timestampOf } from './orders.ts';
import { decompressors } from './parquet.ts';

/**
 * Reads a merged file back, row group by row group, and checks that it has every record of the hour once and the
 * conflicting ones besides: offsets in order within each partition, and timestamps and values as they were generated.
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
    const columns = ['partition', 'offset', 'timestamp', 'value'];
    const rows = await parquetReadObjects({
      ...{ file, metadata, compressors: decompressors, columns, rowStart, rowEnd },
    });
    for (const { partition, offset, timestamp, value } of rows) {
      const number = Number(offset);
      const expected = next.get(partition) ?? FIRST_OFFSET;
      const lag = Number(timestamp) - timestampOf(number);
      const isConflict =
        lag === CONFLICT_LAG_MS && (number === expected || number === expected - 1);
      if ((number !== expected || lag !== 0) && !isConflict) {
        throw new Error(`partition ${partition}: offset ${number}, not ${expected}`);
      }
      if (value !== orderOf(partition, number)) {
        throw new Error(`partition ${partition}, offset ${number}: another value`);
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
