import type * as glue from 'aws-cdk-lib/aws-glue';
import { type CatalogLayout, undatedFolders } from '../../lambda/contract.ts';
import { LINE_COLUMNS, LINE_PATTERN } from './line-pattern.ts';

/** A table or view of Glue's catalog. */
export interface CatalogTable {
  readonly name: string;
  /** Has the name too. */
  readonly input: glue.CfnTable.TableInputProperty;
}

/** The partition keys of the records' folders. */
export const partitionKeys = {
  hour: ['topic', 'dt', 'hour'],
  day: ['topic', 'dt'],
  none: ['topic'],
} as const;

/**
 * The name of a table over the lines of a layout.
 *
 * @param index of the layout; 0 is the current one
 */
export function linesTableName(index: number): string {
  return `archive_lines${suffix(index)}`;
}

/**
 * The name of the table over the undated records of a layout: those without a usable timestamp.
 *
 * @param index of the layout; 0 is the current one
 */
export function undatedTableName(index: number): string {
  return `archive_undated${suffix(index)}`;
}

const suffix = (index: number): string => (index === 0 ? '' : `_${index + 1}`);

/** What {@link lineTables} returns tables for. */
export interface LineTablesOptions {
  /** Name of the archive bucket, which may be a token. */
  readonly bucketName: string;
  /** The current layout, and then the earlier ones. A layout's place gives its tables their names. */
  readonly layouts: readonly CatalogLayout[];
  /** The first `dt`, as `YYYY-MM-DD`; later than the `1970-01-01` of undated records. */
  readonly from: string;
}

/**
 * Returns the tables over the lines of each layout: all columns are text, one for each part of a line. Their partitions
 * are projected, so no partition is ever added; the engine computes the folders, and reads no other:
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
 */
export function lineTables({
  bucketName,
  from,
  layouts,
}: LineTablesOptions): readonly CatalogTable[] {
  return layouts.flatMap((layout, index) => {
    const dated = { type: 'date', format: 'yyyy-MM-dd', range: `${from},NOW+1DAYS` };
    const lines = linesTable(linesTableName(index), bucketName, layout, {
      dt: { ...dated, interval: '1', 'interval.unit': 'DAYS' },
      hour: { type: 'integer', range: '0,23', digits: '2' },
    });
    if (layout.timeFolder === 'none') return [lines];
    const undated = linesTable(undatedTableName(index), bucketName, layout, {
      dt: { type: 'enum', values: undatedFolders.join() },
      hour: { type: 'enum', values: '00' },
    });
    return [lines, undated];
  });
}

/** Properties of the projection of a partition key: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html */
type Projection = Readonly<Record<string, string>>;

function linesTable(
  name: string,
  bucketName: string,
  { objectPrefix, timeFolder, topics }: CatalogLayout,
  time: Readonly<Record<'dt' | 'hour', Projection>>,
): CatalogTable {
  const location = `s3://${bucketName}/${objectPrefix}`;
  const keys = partitionKeys[timeFolder];
  const projections = { topic: { type: 'enum', values: topics.join() }, ...time };
  const properties = keys.flatMap((key) =>
    Object.entries(projections[key]).map(([property, value]) => [
      `projection.${key}.${property}`,
      value,
    ]),
  );
  return {
    name,
    input: {
      name,
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: keys.map(textColumn),
      parameters: {
        EXTERNAL: 'TRUE',
        'projection.enabled': 'true',
        'storage.location.template': `${location}${keys.map((key) => `${key}=\${${key}}/`).join('')}`,
        ...Object.fromEntries(properties),
      },
      storageDescriptor: {
        columns: LINE_COLUMNS.map(textColumn),
        location,
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
          parameters: { 'input.regex': LINE_PATTERN },
        },
      },
    },
  };
}

const textColumn = (name: string) => ({ name, type: 'string' });
