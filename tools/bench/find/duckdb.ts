import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { PREFIX, type Wanted } from './objects.ts';

/** DuckDB over the lines of a folder, with as many threads as it chooses. */
export interface DuckDbFinder {
  /** Resolves with the number of records, as `findByKey` does. */
  findByOffset(wanted: Wanted): Promise<number>;
  findByKey(wanted: Wanted): Promise<number>;
  close(): void;
}

/** Opens a database in memory that reads the objects below a folder as JSON. */
export async function openDuckDb(root: string): Promise<DuckDbFinder> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const files = join(root, PREFIX, 'topic=*', '**', '*.jsonl.gz');
  /** Columns as types, so that DuckDB need not look for them, and no others. */
  const count = async (columns: string, condition: string) => {
    const query = `select value from read_json('${files}', format = 'newline_delimited', columns = {${columns}, value: 'json'}) where ${condition}`;
    return (await connection.runAndReadAll(query)).currentRowCount;
  };
  return {
    findByOffset: ({ offset, partition }) =>
      count(
        `partition: 'bigint', "offset": 'bigint'`,
        `partition = ${partition} and "offset" = ${offset}`,
      ),
    findByKey: ({ key }) => count(`key: 'varchar'`, `key = '${key}'`),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
