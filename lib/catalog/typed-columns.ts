/** A column of a topic's view: a scalar inside the JSON values. */
export interface TypedColumn {
  /** As {@link COLUMN_PATH} allows. */
  readonly path: string;
  /** As {@link COLUMN_TYPE} allows. */
  readonly type: string;
}

/** Columns of a topic's view, by name. */
export type TypedColumns = Readonly<Record<string, TypedColumn>>;

/** Names of typed columns. */
export const COLUMN_NAME = /^[a-z_][a-z0-9_]{0,127}$/;

const step = /\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^'"\\\p{Cc}]+)'\]|\[(\d{1,9})\]/u;

/** Paths of typed columns: `$`, followed by steps `.name`, `['name']` or `[0]`. */
export const COLUMN_PATH = new RegExp(
  `^\\$(?:${step.source.replaceAll(/\((?!\?)/g, '(?:')})*$`,
  'u',
);

/** Types of typed columns, in Athena's names. */
export const COLUMN_TYPE =
  /^(?:string|boolean|integer|bigint|double|date|timestamp|decimal\((?:[1-9]|[12]\d|3[0-8]),(?:\d|[12]\d|3[0-8])\))$/;

/** Types, where Presto and Hive have other names than Athena's users. */
const prestoTypes: Readonly<Record<string, string>> = {
  string: 'varchar',
  timestamp: 'timestamp(3)',
};
const hiveTypes: Readonly<Record<string, string>> = { integer: 'int' };

/** A column of a view, its types twice: as Presto names them, inside a view, and as Glue does. */
export interface ViewColumn {
  readonly name: string;
  readonly presto: string;
  readonly hive: string;
  /** The expression that computes it. */
  readonly sql: string;
}

/** Returns the column of a view that selects the columns `value` and `value_encoding`. NULL where nothing fits. */
export function typedColumn(name: string, { path, type }: TypedColumn): ViewColumn {
  const presto = prestoTypes[type] ?? type;
  return { name, presto, hive: hiveTypes[type] ?? type, sql: castSql(scalarSql(path), presto) };
}

function scalarSql(path: string): string {
  const steps = path.matchAll(new RegExp(step, 'gu'));
  const written = [...steps].map(([, name, quoted, index]) =>
    index === undefined ? `["${name ?? quoted}"]` : `[${index}]`,
  );
  return `json_extract_scalar(json, '$${written.join('')}')`;
}

function castSql(scalar: string, type: string): string {
  if (type === 'varchar') return scalar;
  const cast = `TRY_CAST(${scalar} AS ${type})`;
  if (type !== 'timestamp(3)') return cast;
  // A cast does not accept the form of ISO 8601, which is usual in JSON.
  return `coalesce(${cast}, CAST(TRY(from_iso8601_timestamp(${scalar})) AT TIME ZONE 'UTC' AS ${type}))`;
}
