import { Buffer } from 'node:buffer';
import type { CatalogLayout } from '../../lambda/contract.ts';
import { type CatalogTable, linesTableName, undatedTableName } from './tables.ts';
import { type TypedColumns, typedColumn, type ViewColumn } from './typed-columns.ts';
import { viewNames } from './view-names.ts';

/** The catalog that Athena's views name, and thus the one of every engine that reads them. */
const CATALOG = 'awsdatacatalog';

/** The timestamps (epoch milliseconds) that name a folder: those of the years 2000 to 9999, in UTC. */
const USABLE = `BETWEEN ${Date.UTC(2000, 0, 1)} AND ${Date.UTC(10_000, 0, 1) - 1}`;

/**
 * The longest name (characters) in JSON that Trino's functions accept: https://javadoc.io/doc/com.fasterxml.jackson.core/jackson-core/latest/com/fasterxml/jackson/core/StreamReadConstraints.html
 * They fail the query otherwise, and `TRY` does not catch it. Format 2 embeds no such value. Text may have one.
 */
const LONGEST_NAME = 50_000;

const UNDATED = '1970-01-01';

const millis = `TRY_CAST("timestamp" AS bigint)`;
const time = `CASE WHEN ${millis} ${USABLE} THEN CAST(from_unixtime(${millis} / 1e3) AT TIME ZONE 'UTC' AS timestamp(3)) END`;

const headerType = 'array(row(name varchar, value varchar, encoding varchar))';

/** An embedded value has each line break as a tab, where `value_line_break` says so. Other values are JSON strings. */
const value = `CASE value_encoding
    WHEN 'json' THEN CASE value_line_break
      WHEN 'lf' THEN replace(value, chr(9), chr(10))
      WHEN 'crlf' THEN replace(value, chr(9), chr(13) || chr(10))
      ELSE value END
    ELSE json_extract_scalar(value, '$') END`;

/** The columns of `archive_all` that are computed from a line. */
const lineColumns: readonly ViewColumn[] = [
  { name: 'partition', presto: 'integer', hive: 'int', sql: `CAST("partition" AS integer)` },
  { name: 'offset', presto: 'bigint', hive: 'bigint', sql: `CAST("offset" AS bigint)` },
  { name: 'time', presto: 'timestamp(3)', hive: 'timestamp', sql: time },
  { name: 'timestamp', presto: 'bigint', hive: 'bigint', sql: millis },
  text('timestamp_type', `json_extract_scalar(timestamp_type, '$')`),
  text('key', `json_extract_scalar("key", '$')`),
  text('key_encoding'),
  {
    name: 'headers',
    presto: headerType,
    hive: 'array<struct<name:string,value:string,encoding:string>>',
    sql: `CAST(json_parse(headers) AS ${headerType})`,
  },
  text('value', value),
  text('value_encoding'),
  text('metadata'),
];

/** The columns of `archive_all`, and of every view on it. Of their expressions, those of `dt` and `hour` depend on the table. */
const columns: readonly ViewColumn[] = [
  text('topic'),
  ...lineColumns,
  text('dt'),
  text('hour'),
  text('object', `"$path"`),
];

/** The columns of a topic's view, which no typed column may have the name of. */
export const topicColumns: readonly string[] = columns
  .map(({ name }) => name)
  .filter((name) => name !== 'topic');

function text(name: string, sql = `"${name}"`): ViewColumn {
  return { name, presto: 'varchar', hive: 'string', sql };
}

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const names = listed(columns.map(({ name }) => name));

/** What {@link catalogViews} returns views for. */
export interface CatalogViewsOptions {
  /** Name of the database, not a token. */
  readonly database: string;
  /** As for the tables. */
  readonly layouts: readonly CatalogLayout[];
  /** The topics that have a view of their own. */
  readonly topics: readonly string[];
  /** By topic. */
  readonly columns: Readonly<Record<string, TypedColumns>>;
}

/**
 * Returns the views of the catalog, each after those that it selects from: `archive_all` with every line, its values
 * decoded and typed; `archive_once` and `archive` with each record once; and a view for each topic. Athena's form of a
 * view, which Glue stores as a table, is only documented by example:
 *
 * ASSUMED: https://github.com/iconara/terraform-aws-athena-view, which Trino reads likewise.
 */
export function catalogViews({
  columns: typed,
  database,
  layouts,
  topics,
}: CatalogViewsOptions): readonly CatalogTable[] {
  const view = (name: string, of: readonly ViewColumn[], sql: string) =>
    viewTable({ database, name, columns: of, sql });
  return [
    view('archive_all', columns, layouts.flatMap(layoutSql).join('\nUNION ALL\n')),
    view('archive_once', columns, onceSql),
    view('archive', columns, `SELECT ${names}\nFROM archive_once`),
    ...[...viewNames(topics)].map(([topic, name]) => {
      const own = Object.entries(typed[topic] ?? {}).map(([of, column]) => typedColumn(of, column));
      const kept = columns.filter((column) => column.name !== 'topic');
      return view(name, [...kept, ...own], topicSql(topic, own));
    }),
  ];
}

const hourOfRecord = `coalesce(lpad(CAST(hour(${time}) AS varchar), 2, '0'), '00')`;

/** The expressions of `dt` and `hour` of each form of folders; those that no folder gives are of the record's own time. */
const timeSql = {
  hour: { dt: 'dt', hour: 'hour' },
  day: { dt: 'dt', hour: hourOfRecord },
  none: {
    dt: `coalesce(CAST(CAST(${time} AS date) AS varchar), '${UNDATED}')`,
    hour: hourOfRecord,
  },
} as const;

/** An engine that reads folders below a partition's would find the objects of a layout with more folders. */
const ownObjects = {
  hour: '',
  day: `\nWHERE "$path" NOT LIKE '%/dt=%/hour=%'`,
  none: `\nWHERE "$path" NOT LIKE '%/topic=%/dt=%'`,
} as const;

function layoutSql({ timeFolder }: CatalogLayout, index: number): readonly string[] {
  const select = (table: string, { dt, hour }: { readonly dt: string; readonly hour: string }) => {
    const expressions: Readonly<Record<string, string>> = { dt, hour };
    const selected = columns.map(({ name, sql }) => `${expressions[name] ?? sql} AS "${name}"`);
    return `SELECT ${selected.join(',\n  ')}\nFROM ${table}${ownObjects[timeFolder]}`;
  };
  const lines = select(linesTableName(index), timeSql[timeFolder]);
  if (timeFolder === 'none') return [lines];
  return [lines, select(undatedTableName(index), { dt: `'${UNDATED}'`, hour: `'00'` })];
}

/**
 * The lines that are records, by the rule of `isSameRecord` in lambda/core/record/record-identity.ts. An embedded value without line breaks is a
 * duplicate of the value with line breaks that format 1 would have written so; `as_format_1` is the digest of the value
 * as format 1 wrote it, and `is_plain` puts the embedded value after the other. `topic`, `dt` and `hour` follow from the
 * record; a filter on them reaches the tables only because the windows are partitioned by them.
 */
const identity = `PARTITION BY topic, dt, hour, "partition", "offset", "timestamp", key_encoding = 'invalid', key_digest,
      value_encoding = 'invalid', as_format_1
    ORDER BY is_plain, value_digest, is_format_1, object DESC`;

const onceSql = `SELECT ${names}
FROM (
  SELECT *, row_number() OVER (${identity}) AS place, lag(value_digest) OVER (${identity}) AS previous
  FROM (
    SELECT *,
      value_encoding = 'json' AND NOT has_breaks AS is_plain,
      regexp_like(object, '-[0-9]{20}-[0-9]{20}[^/]*$') AS is_format_1,
      CASE WHEN has_breaks AND (value_encoding = 'json'
          OR (length(decoded) <= ${LONGEST_NAME} AND TRY(json_parse(decoded)) IS NOT NULL))
        THEN sha256(to_utf8(replace(replace(decoded, chr(13), ' '), chr(10), ' ')))
        ELSE value_digest END AS as_format_1
    FROM (
      SELECT *, strpos(decoded, chr(10)) > 0 OR strpos(decoded, chr(13)) > 0 AS has_breaks
      FROM (
        SELECT *,
          sha256(CASE key_encoding WHEN 'base64' THEN from_base64("key") ELSE to_utf8("key") END) AS key_digest,
          sha256(CASE value_encoding WHEN 'base64' THEN from_base64(value) ELSE to_utf8(value) END) AS value_digest,
          CASE value_encoding WHEN 'base64' THEN from_utf8(from_base64(value)) ELSE value END AS decoded
        FROM archive_all
        WHERE "offset" IS NOT NULL))))
WHERE place = 1 OR (NOT is_plain AND value_digest IS DISTINCT FROM previous)`;

function topicSql(topic: string, own: readonly ViewColumn[]): string {
  const selected = [
    listed(topicColumns),
    ...own.map(({ name, sql }) => `${sql} AS "${name}"`),
  ].join(',\n  ');
  const where = `topic = ${literal(topic)}`;
  if (own.length === 0) return `SELECT ${selected}\nFROM archive\nWHERE ${where}`;
  const json = `CASE WHEN value_encoding = 'json' OR (value_encoding = 'utf8' AND length(value) <= ${LONGEST_NAME}) THEN value END AS json`;
  return `SELECT ${selected}\nFROM (SELECT *, ${json} FROM archive WHERE ${where})`;
}

const literal = (of: string): string => `'${of.replaceAll("'", "''")}'`;

interface View {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly ViewColumn[];
  readonly sql: string;
}

function viewTable({ columns: of, database, name, sql }: View): CatalogTable {
  const definition = {
    originalSql: sql,
    catalog: CATALOG,
    schema: database,
    columns: of.map(({ name: column, presto }) => ({ name: column, type: presto })),
  };
  const encoded = Buffer.from(JSON.stringify(definition)).toString('base64');
  return {
    name,
    input: {
      name,
      // Trino refuses a view without an owner.
      owner: 'hadoop',
      tableType: 'VIRTUAL_VIEW',
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: `/* Presto View: ${encoded} */`,
      viewExpandedText: '/* Presto View */',
      partitionKeys: [],
      storageDescriptor: {
        columns: of.map(({ name: column, hive }) => ({ name: column, type: hive })),
        location: '',
        serdeInfo: {},
      },
    },
  };
}
