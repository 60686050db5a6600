import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINE_COLUMNS, LINE_PATTERN } from '../lib/catalog/line-pattern.ts';
import { lineTables } from '../lib/catalog/tables.ts';
import { viewNames } from '../lib/catalog/view-names.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/reading-the-archive.md'), 'utf8');
const [, ddl = ''] = /\n```sql\n(CREATE EXTERNAL TABLE [\s\S]*?)```/.exec(page) ?? [];

/** What {@link lineTables} returns of a table, none of which is a token here. */
interface Table {
  readonly parameters: Readonly<Record<string, string>>;
  readonly partitionKeys: readonly Column[];
  readonly storageDescriptor: {
    readonly columns: readonly Column[];
    readonly location: string;
    readonly serdeInfo: {
      readonly serializationLibrary: string;
      readonly parameters: Readonly<Record<string, string>>;
    };
  };
}
interface Column {
  readonly name: string;
  readonly type: string;
}

const [table] = lineTables({
  bucketName: 'BUCKET',
  layouts: [{ objectPrefix: 'shop/', timeFolder: 'hour', topics: ['orders', 'payments'] }],
  from: '2026-01-01',
}).map(({ input }) => input as unknown as Table);

describe('docs/reading-the-archive.md', () => {
  it('has the statement for the table that the catalog deploys', () => {
    const { parameters, partitionKeys, storageDescriptor } = table ?? expect.fail('no table');
    const columnsOf = (list: string | undefined) =>
      list?.split(',').map((column) => {
        const [name, type] = column.trim().replaceAll('`', '').split(' ');
        return { name, type };
      });
    const [, columns, keys] =
      /archive_lines \(([^)]*)\)\nPARTITIONED BY \(([^)]*)\)/.exec(ddl) ?? [];
    expect(columnsOf(columns)).toEqual(storageDescriptor.columns);
    expect(columnsOf(keys)).toEqual(partitionKeys);
    expect(/ROW FORMAT SERDE '(.*?)'/.exec(ddl)?.[1]).toBe(
      storageDescriptor.serdeInfo.serializationLibrary,
    );
    const regex = /'input\.regex' =\n {2}'(.*)'\)\nSTORED AS TEXTFILE LOCATION '(.*)'/.exec(ddl);
    expect(regex?.[1]?.replaceAll('\\\\', '\\')).toBe(
      storageDescriptor.serdeInfo.parameters['input.regex'],
    );
    expect(regex?.[2]).toBe(storageDescriptor.location);
    const properties = /TBLPROPERTIES \(([\s\S]*)\);/.exec(ddl)?.[1] ?? '';
    const { EXTERNAL, ...others } = parameters;
    expect(EXTERNAL).toBe('TRUE');
    const written = [...properties.matchAll(/'([^']+)'='([^']+)'/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(written)).toEqual(others);
  });

  it('has the regular expression and the columns for Python', () => {
    expect(page).toContain(`LINE = r"""${LINE_PATTERN}"""`);
    const [, list = ''] = /COLUMNS = \[([^\]]*)\]/.exec(page) ?? [];
    const names = list.match(/\w+/g);
    expect(names).toEqual(['topic', ...LINE_COLUMNS.slice(1)]);
  });

  it('names views as the catalog does', () => {
    const names = viewNames(['Shop.Orders', '_schemas']);
    for (const [topic, name] of names) expect(page).toContain(`\`${topic}\` is \`${name}\``);
  });
});
