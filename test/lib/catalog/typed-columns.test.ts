import { describe, expect, it } from 'vitest';
import {
  COLUMN_NAME,
  COLUMN_PATH,
  COLUMN_TYPE,
  typedColumn,
} from '../../../lib/catalog/typed-columns.ts';

describe('a typed column', () => {
  it.each([
    ['string', 'varchar', 'string', '%'],
    ['boolean', 'boolean', 'boolean', 'TRY_CAST(% AS boolean)'],
    ['integer', 'integer', 'int', 'TRY_CAST(% AS integer)'],
    ['bigint', 'bigint', 'bigint', 'TRY_CAST(% AS bigint)'],
    ['double', 'double', 'double', 'TRY_CAST(% AS double)'],
    ['decimal(10,2)', 'decimal(10,2)', 'decimal(10,2)', 'TRY_CAST(% AS decimal(10,2))'],
    ['date', 'date', 'date', 'TRY_CAST(% AS date)'],
    [
      'timestamp',
      'timestamp(3)',
      'timestamp',
      "coalesce(TRY_CAST(% AS timestamp(3)), CAST(TRY(from_iso8601_timestamp(%)) AT TIME ZONE 'UTC' AS timestamp(3)))",
    ],
  ])('of type %s is %s in Presto and %s in Glue', (type, presto, hive, sql) => {
    expect(type).toMatch(COLUMN_TYPE);
    const scalar = `json_extract_scalar(json, '$["total"]')`;
    expect(typedColumn('total', { path: '$.total', type })).toEqual({
      name: 'total',
      presto,
      hive,
      sql: sql.replaceAll('%', scalar),
    });
  });

  it.each([
    ['$', '$'],
    ['$.a.b-c', '$["a"]["b-c"]'],
    ["$['a b'].c", '$["a b"]["c"]'],
    ["$.items[0]['ä.b']", '$["items"][0]["ä.b"]'],
    ["$['*']['$.x']", '$["*"]["$.x"]'],
  ])('of path %s is extracted by %s', (path, extracted) => {
    expect(path).toMatch(COLUMN_PATH);
    const { sql } = typedColumn('a', { path, type: 'string' });
    expect(sql).toBe(`json_extract_scalar(json, '${extracted}')`);
  });

  it.each([
    '',
    'total',
    '$.',
    '$total',
    '$..a',
    '$.*',
    '$[*]',
    '$[-1]',
    '$.a b',
    ' $.a',
    '$.a\n',
    `$['a'b']`,
    `$['a"b']`,
    `$['a\\b']`,
    `$['a\nb']`,
    `$['']`,
    `$["a"]`,
    `$.a') OR ('1'='1`,
  ])('has no path %j', (path) => {
    expect(path).not.toMatch(COLUMN_PATH);
  });

  it.each(['varchar', 'array(integer)', 'decimal', 'decimal(39,0)', 'integer)', 'date\n', ''])(
    'has no type %j',
    (type) => {
      expect(type).not.toMatch(COLUMN_TYPE);
    },
  );

  it.each([
    ['total', true],
    ['_t2', true],
    ['2t', false],
    ['Total', false],
    ['a b', false],
    ['a"b', false],
    ['a\n', false],
    ['', false],
  ])('may have the name %j: %s', (name, isName) => {
    expect(COLUMN_NAME.test(name)).toBe(isName);
  });
});
