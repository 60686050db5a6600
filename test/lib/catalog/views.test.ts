import { Buffer } from 'node:buffer';
import type * as glue from 'aws-cdk-lib/aws-glue';
import { describe, expect, it } from 'vitest';
import { catalogViews, topicColumns } from '../../../lib/catalog/views.ts';

const hourly = { objectPrefix: 'shop/', timeFolder: 'hour', topics: ['orders'] } as const;
const options = { database: 'shop', layouts: [hourly], topics: ['orders', 'Pay-1'], columns: {} };

/** The JSON inside a view. */
function definitionOf({ viewOriginalText = '' }: glue.CfnTable.TableInputProperty) {
  const [, encoded = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(viewOriginalText) ?? [];
  return JSON.parse(Buffer.from(encoded, 'base64').toString());
}

/** The SQL of each view by its name. */
function sqlOf(of: Partial<Parameters<typeof catalogViews>[0]>): Record<string, string> {
  const views = catalogViews({ ...options, ...of });
  return Object.fromEntries(
    views.map(({ input, name }) => [name, definitionOf(input).originalSql]),
  );
}

describe('the views', () => {
  it('follow those that they select from, and end with one of each topic', () => {
    expect(catalogViews(options).map(({ name }) => name)).toEqual([
      'archive_all',
      'archive_once',
      'archive',
      'orders',
      'pay_1',
    ]);
  });

  it('have their columns twice: of Presto inside the text, of Hive in the table', () => {
    const input = catalogViews(options)[2]?.input as glue.CfnTable.TableInputProperty;
    const { columns, ...definition } = definitionOf(input);
    const outer = input.storageDescriptor as glue.CfnTable.StorageDescriptorProperty;
    const types = (of: unknown) =>
      (of as { readonly name: string; readonly type: string }[]).map(
        ({ name, type }) => `${name} ${type}`,
      );
    expect({ definition, inner: types(columns), outer: types(outer.columns) }).toEqual({
      definition: {
        catalog: 'awsdatacatalog',
        schema: 'shop',
        originalSql:
          'SELECT "topic", "partition", "offset", "time", "timestamp", "timestamp_type", "key", "key_encoding", "headers", "value", "value_encoding", "metadata", "dt", "hour", "object"\nFROM archive_once',
      },
      inner: [
        'topic varchar',
        'partition integer',
        'offset bigint',
        'time timestamp(3)',
        'timestamp bigint',
        'timestamp_type varchar',
        'key varchar',
        'key_encoding varchar',
        'headers array(row(name varchar, value varchar, encoding varchar))',
        'value varchar',
        'value_encoding varchar',
        'metadata varchar',
        'dt varchar',
        'hour varchar',
        'object varchar',
      ],
      outer: [
        'topic string',
        'partition int',
        'offset bigint',
        'time timestamp',
        'timestamp bigint',
        'timestamp_type string',
        'key string',
        'key_encoding string',
        'headers array<struct<name:string,value:string,encoding:string>>',
        'value string',
        'value_encoding string',
        'metadata string',
        'dt string',
        'hour string',
        'object string',
      ],
    });
    expect(input).toEqual({
      name: 'archive',
      owner: 'hadoop',
      tableType: 'VIRTUAL_VIEW',
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: input.viewOriginalText,
      viewExpandedText: '/* Presto View */',
      partitionKeys: [],
      storageDescriptor: { columns: outer.columns, location: '', serdeInfo: {} },
    });
  });

  it('archive_all decodes the lines of every table', () => {
    expect(sqlOf({}).archive_all).toMatchInlineSnapshot(`
      "SELECT "topic" AS "topic",
        CAST("partition" AS integer) AS "partition",
        CAST("offset" AS bigint) AS "offset",
        CASE WHEN TRY_CAST("timestamp" AS bigint) BETWEEN 946684800000 AND 253402300799999 THEN CAST(from_unixtime(TRY_CAST("timestamp" AS bigint) / 1e3) AT TIME ZONE 'UTC' AS timestamp(3)) END AS "time",
        TRY_CAST("timestamp" AS bigint) AS "timestamp",
        json_extract_scalar(timestamp_type, '$') AS "timestamp_type",
        json_extract_scalar("key", '$') AS "key",
        "key_encoding" AS "key_encoding",
        CAST(json_parse(headers) AS array(row(name varchar, value varchar, encoding varchar))) AS "headers",
        CASE value_encoding
          WHEN 'json' THEN CASE value_line_break
            WHEN 'lf' THEN replace(value, chr(9), chr(10))
            WHEN 'crlf' THEN replace(value, chr(9), chr(13) || chr(10))
            ELSE value END
          ELSE json_extract_scalar(value, '$') END AS "value",
        "value_encoding" AS "value_encoding",
        "metadata" AS "metadata",
        dt AS "dt",
        hour AS "hour",
        "$path" AS "object"
      FROM archive_lines
      UNION ALL
      SELECT "topic" AS "topic",
        CAST("partition" AS integer) AS "partition",
        CAST("offset" AS bigint) AS "offset",
        CASE WHEN TRY_CAST("timestamp" AS bigint) BETWEEN 946684800000 AND 253402300799999 THEN CAST(from_unixtime(TRY_CAST("timestamp" AS bigint) / 1e3) AT TIME ZONE 'UTC' AS timestamp(3)) END AS "time",
        TRY_CAST("timestamp" AS bigint) AS "timestamp",
        json_extract_scalar(timestamp_type, '$') AS "timestamp_type",
        json_extract_scalar("key", '$') AS "key",
        "key_encoding" AS "key_encoding",
        CAST(json_parse(headers) AS array(row(name varchar, value varchar, encoding varchar))) AS "headers",
        CASE value_encoding
          WHEN 'json' THEN CASE value_line_break
            WHEN 'lf' THEN replace(value, chr(9), chr(10))
            WHEN 'crlf' THEN replace(value, chr(9), chr(13) || chr(10))
            ELSE value END
          ELSE json_extract_scalar(value, '$') END AS "value",
        "value_encoding" AS "value_encoding",
        "metadata" AS "metadata",
        '1970-01-01' AS "dt",
        '00' AS "hour",
        "$path" AS "object"
      FROM archive_undated"
    `);
  });

  it('archive_once has each record once', () => {
    expect(sqlOf({}).archive_once).toMatchInlineSnapshot(`
      "SELECT "topic", "partition", "offset", "time", "timestamp", "timestamp_type", "key", "key_encoding", "headers", "value", "value_encoding", "metadata", "dt", "hour", "object"
      FROM (
        SELECT *, row_number() OVER (PARTITION BY topic, dt, hour, "partition", "offset", "timestamp", key_encoding = 'invalid', key_digest,
            value_encoding = 'invalid', as_format_1
          ORDER BY is_plain, value_digest, is_format_1, object DESC) AS place, lag(value_digest) OVER (PARTITION BY topic, dt, hour, "partition", "offset", "timestamp", key_encoding = 'invalid', key_digest,
            value_encoding = 'invalid', as_format_1
          ORDER BY is_plain, value_digest, is_format_1, object DESC) AS previous
        FROM (
          SELECT *,
            value_encoding = 'json' AND NOT has_breaks AS is_plain,
            regexp_like(object, '-[0-9]{20}-[0-9]{20}[^/]*$') AS is_format_1,
            CASE WHEN has_breaks AND (value_encoding = 'json'
                OR (length(decoded) <= 50000 AND TRY(json_parse(decoded)) IS NOT NULL))
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
      WHERE place = 1 OR (NOT is_plain AND value_digest IS DISTINCT FROM previous)"
    `);
  });

  it('archive_all computes the day and the hour of layouts without such folders, and reads no folder below theirs', () => {
    const selects = (timeFolder: 'day' | 'none') =>
      sqlOf({ layouts: [hourly, { ...hourly, timeFolder }] })
        .archive_all?.split('\nUNION ALL\n')
        .slice(2)
        .map((sql) =>
          sql.split('\n').filter((line) => /AS "(?:dt|hour)"|^(?:FROM|WHERE)/.test(line)),
        );
    const time = `CASE WHEN TRY_CAST("timestamp" AS bigint) BETWEEN 946684800000 AND 253402300799999 THEN CAST(from_unixtime(TRY_CAST("timestamp" AS bigint) / 1e3) AT TIME ZONE 'UTC' AS timestamp(3)) END`;
    const hour = `  coalesce(lpad(CAST(hour(${time}) AS varchar), 2, '0'), '00') AS "hour",`;
    expect(selects('day')).toEqual([
      ['  dt AS "dt",', hour, 'FROM archive_lines_2', `WHERE "$path" NOT LIKE '%/dt=%/hour=%'`],
      [
        `  '1970-01-01' AS "dt",`,
        `  '00' AS "hour",`,
        'FROM archive_undated_2',
        `WHERE "$path" NOT LIKE '%/dt=%/hour=%'`,
      ],
    ]);
    expect(selects('none')).toEqual([
      [
        `  coalesce(CAST(CAST(${time} AS date) AS varchar), '1970-01-01') AS "dt",`,
        hour,
        'FROM archive_lines_2',
        `WHERE "$path" NOT LIKE '%/topic=%/dt=%'`,
      ],
    ]);
  });
});

describe('the view of a topic', () => {
  it('has the records of the topic', () => {
    expect(sqlOf({}).pay_1).toBe(
      `SELECT ${topicColumns.map((name) => `"${name}"`).join(', ')}\nFROM archive\nWHERE topic = 'Pay-1'`,
    );
  });

  it('has its typed columns last', () => {
    const columns = {
      orders: {
        total: { path: '$.total', type: 'double' },
        first: { path: "$.items[0]['sku']", type: 'integer' },
      },
    };
    const [, , , view] = catalogViews({ ...options, columns });
    const { columns: inner, originalSql } = definitionOf(
      view?.input as glue.CfnTable.TableInputProperty,
    );
    expect(inner.slice(-3)).toEqual([
      { name: 'object', type: 'varchar' },
      { name: 'total', type: 'double' },
      { name: 'first', type: 'integer' },
    ]);
    expect(originalSql).toBe(`SELECT ${topicColumns.map((name) => `"${name}"`).join(', ')},
  TRY_CAST(json_extract_scalar(json, '$["total"]') AS double) AS "total",
  TRY_CAST(json_extract_scalar(json, '$["items"][0]["sku"]') AS integer) AS "first"
FROM (SELECT *, CASE WHEN value_encoding = 'json' OR (value_encoding = 'utf8' AND length(value) <= 50000) THEN value END AS json FROM archive WHERE topic = 'orders')`);
  });

  it('escapes the name of the topic', () => {
    expect(sqlOf({ topics: ["o'x"] }).o_x).toContain("WHERE topic = 'o''x'");
  });
});
