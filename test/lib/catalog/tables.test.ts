import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINE_COLUMNS, LINE_PATTERN } from '../../../lib/catalog/line-pattern.ts';
import { lineTables } from '../../../lib/catalog/tables.ts';

const current = {
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  topics: ['orders', '_schemas'],
} as const;
const tables = lineTables({
  bucketName: 'bucket',
  layouts: [
    current,
    { objectPrefix: '', timeFolder: 'day', topics: ['orders'] },
    { objectPrefix: 'old/', timeFolder: 'none', topics: ['orders'] },
  ],
  from: '2020-01-01',
});
const inputs = new Map(tables.map(({ input, name }) => [name, input]));

describe('the pattern of a line', () => {
  it('is that of the table in docs/reading-the-archive.md', () => {
    const page = readFileSync(
      resolve(import.meta.dirname, '../../../docs/reading-the-archive.md'),
      'utf8',
    );
    const [, inDdl = ''] = /'input\.regex' =\s*'(.*)'\)$/m.exec(page) ?? [];
    expect(inDdl.replaceAll('\\\\', '\\')).toBe(LINE_PATTERN);
  });

  it('cuts a line of each format', () => {
    const cut = (line: string) =>
      Object.fromEntries(
        LINE_COLUMNS.map((name, i) => [name, new RegExp(LINE_PATTERN, 's').exec(line)?.[i + 1]]),
      );
    const head =
      '{"topic":"orders","partition":3,"offset":100,"timestamp":null,"timestamp_type":null';
    const line = `${head},"key":"],\\"value\\":","key_encoding":"utf8","headers":[],"value":{"metadata":\t{}}`;
    const expected = {
      topic_name: 'orders',
      partition: '3',
      offset: '100',
      timestamp: 'null',
      timestamp_type: 'null',
      key: '"],\\"value\\":"',
      key_encoding: 'utf8',
      headers: '[]',
      value: '{"metadata":\t{}}',
      value_encoding: 'json',
      value_line_break: undefined,
      metadata: '{"source":"s"}',
    };
    const end = '"metadata":{"source":"s"}}';
    expect(cut(`${line},"value_encoding":"json",${end}`)).toEqual(expected);
    expect(cut(`${line},"value_encoding":"json","value_line_break":"lf",${end}`)).toEqual({
      ...expected,
      value_line_break: 'lf',
    });
  });
});

describe('the tables over the lines', () => {
  it('are two for each layout with time folders, numbered from the second layout on', () => {
    expect([...inputs.keys()]).toEqual([
      'archive_lines',
      'archive_undated',
      'archive_lines_2',
      'archive_undated_2',
      'archive_lines_3',
    ]);
    for (const [name, input] of inputs) expect(input.name).toBe(name);
  });

  it('project topic, day and hour', () => {
    expect(inputs.get('archive_lines')).toEqual({
      name: 'archive_lines',
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [
        { name: 'topic', type: 'string' },
        { name: 'dt', type: 'string' },
        { name: 'hour', type: 'string' },
      ],
      parameters: {
        EXTERNAL: 'TRUE',
        'projection.enabled': 'true',
        'storage.location.template': `s3://bucket/shop/topic=\${topic}/dt=\${dt}/hour=\${hour}/`,
        'projection.topic.type': 'enum',
        'projection.topic.values': 'orders,_schemas',
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy-MM-dd',
        'projection.dt.range': '2020-01-01,NOW+1DAYS',
        'projection.dt.interval': '1',
        'projection.dt.interval.unit': 'DAYS',
        'projection.hour.type': 'integer',
        'projection.hour.range': '0,23',
        'projection.hour.digits': '2',
      },
      storageDescriptor: {
        columns: LINE_COLUMNS.map((name) => ({ name, type: 'string' })),
        location: 's3://bucket/shop/',
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
          parameters: { 'input.regex': LINE_PATTERN },
        },
      },
    });
  });

  it.each([
    [
      'archive_undated',
      {
        'storage.location.template': `s3://bucket/shop/topic=\${topic}/dt=\${dt}/hour=\${hour}/`,
        'projection.topic.type': 'enum',
        'projection.topic.values': 'orders,_schemas',
        'projection.dt.type': 'enum',
        'projection.dt.values': '1970-01-01,invalid',
        'projection.hour.type': 'enum',
        'projection.hour.values': '00',
      },
    ],
    [
      'archive_undated_2',
      {
        'storage.location.template': `s3://bucket/topic=\${topic}/dt=\${dt}/`,
        'projection.topic.type': 'enum',
        'projection.topic.values': 'orders',
        'projection.dt.type': 'enum',
        'projection.dt.values': '1970-01-01,invalid',
      },
    ],
    [
      'archive_lines_3',
      {
        'storage.location.template': `s3://bucket/old/topic=\${topic}/`,
        'projection.topic.type': 'enum',
        'projection.topic.values': 'orders',
      },
    ],
  ])('project only the keys that %s has', (name, projected) => {
    const { parameters } = inputs.get(name) ?? {};
    expect(parameters).toEqual({ EXTERNAL: 'TRUE', 'projection.enabled': 'true', ...projected });
  });

  it('have the keys of their time folder as partition keys', () => {
    const keys = tables.map(({ input: { partitionKeys } }) =>
      (partitionKeys as { readonly name: string }[]).map(({ name }) => name).join(),
    );
    expect(keys).toEqual(['topic,dt,hour', 'topic,dt,hour', 'topic,dt', 'topic,dt', 'topic']);
  });
});
