import { describe, expect, it } from 'vitest';
import { parse, problemsOf } from '../settings-fixture.ts';

const columnAt = (path: string) => ({ columns: { orders: { total: { path, type: 'string' } } } });

describe('catalog settings', () => {
  it('accept text, as on the command line', () => {
    const { catalogTopics, catalogLayouts, columns } = parse({
      catalogTopics: 'refunds, invoices',
      catalogLayouts: '[{"objectPrefix":"","timeFolder":"day","topics":"orders, refunds"}]',
      columns: '{"orders":{"total":{"path":"$.total","type":"double"}}}',
    });
    expect([catalogTopics, catalogLayouts, columns]).toEqual([
      ['refunds', 'invoices'],
      [{ objectPrefix: '', timeFolder: 'day', topics: ['orders', 'refunds'] }],
      { orders: { total: { path: '$.total', type: 'double' } } },
    ]);
  });

  it.each(['$', '$.total', "$['a b'].c-d[0]['ü']", `$${'.abc'.repeat(63)}.ab`])(
    'accept the path %s',
    (path) => {
      expect(problemsOf(columnAt(path))).toEqual([]);
    },
  );

  it.each([
    'total',
    '$.',
    '$..a',
    '$[*]',
    '$[-1]',
    "$['it''s']",
    '$["a"]',
    "$.a' OR '1'='1",
    `$${'.abc'.repeat(64)}`,
  ])('refuse the path %s', (path) => {
    expect(problemsOf(columnAt(path))).toEqual([
      expect.stringMatching(
        /^columns\.orders\.total\.path must be '\$' followed by steps \.name, \['name'\] or \[0\], at most 256 characters, /,
      ),
    ]);
  });

  it('accept columns of topics that are no longer archived, and of no others', () => {
    const catalogTopics = 'refunds';
    expect(problemsOf({ catalogTopics, columns: { refunds: {} } })).toEqual([]);
    expect(problemsOf({ catalogTopics, columns: { invoices: {} } })).toEqual([
      'columns must name only topics in topics or catalogTopics (topics has ["orders"], catalogTopics has ["refunds"]), got \'invoices\'',
    ]);
  });

  it('are refused without the catalog', () => {
    const given = {
      ...{ catalogDatabase: 'shop', catalogFrom: '2024-06-01', catalogTopics: 'refunds' },
      catalogLayouts: [{ objectPrefix: 'a/', timeFolder: 'day' }],
      ...{ ...columnAt('$'), queryScanLimitGiB: 5 },
    };
    expect(problemsOf({ catalog: false, ...given })).toEqual(
      Object.keys(given).map((name) =>
        expect.stringMatching(`^${name} must not be set with catalog false, got `),
      ),
    );
  });

  it.each([
    [[{ objectPrefix: 'example/', timeFolder: 'hour' }], "'example/' and timeFolder 'hour'"],
    [
      [
        { objectPrefix: 'old/', timeFolder: 'day' },
        { objectPrefix: 'old/', timeFolder: 'day', topics: ['orders'] },
      ],
      "'old/' and timeFolder 'day'",
    ],
  ])('refuse folders that two layouts have: %j', (catalogLayouts, both) => {
    expect(problemsOf({ catalogLayouts })).toEqual([
      expect.stringContaining(
        `catalogLayouts must not have the folders of another layout (two have topic 'orders' with objectPrefix ${both}), got [`,
      ),
    ]);
  });

  it('accept layouts that share a prefix, but no folder', () => {
    const catalogLayouts = [
      { objectPrefix: 'example/', timeFolder: 'day' },
      { objectPrefix: 'example/', timeFolder: 'hour', topics: ['refunds'] },
    ];
    expect(problemsOf({ catalogLayouts })).toEqual([]);
  });

  it.each(['decimal(2,3)', 'decimal(1,38)'])(
    'refuse the type %s, of more decimal places than digits',
    (type) => {
      expect(problemsOf({ columns: { orders: { total: { path: '$', type } } } })).toEqual([
        expect.stringMatching(
          /^columns\.orders\.total\.type must be string, .* and s up to p, got /,
        ),
      ]);
    },
  );
});
