import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A property with its doc comment, as it stands in a source file. */
interface Property {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly fallback: string;
}

/** A doc comment, whose text is a group. */
const COMMENT = String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/`;

const HEAD = `# API reference

Generated from the doc comments of the exports of [lib/index.ts](../lib/index.ts) by \`npm run docs:api\`.

`;

/**
 * The page docs/api.md. It is made from the sources, and not by TypeDoc, which has no release for the compiler that this
 * project uses.
 */
export function apiPage(): string {
  const exports = exportsOf(readSource('index.ts'));
  const areProps = ({ file }: Exports) => file === './kafka-archive-props.ts';
  const files = [...exports.filter(areProps), ...exports.filter((each) => !areProps(each))];
  const sections = [
    ...declarationsOf(
      { source: readSource('kafka-archive.ts'), names: ['KafkaArchive'] },
      'class',
      'Properties of a KafkaArchive',
    ),
    ...files.flatMap((each) => declarationsOf(each, 'interface')),
    typesOf(files),
  ];
  return `${HEAD}${sections.join('\n')}`;
}

/** What the index exports of a file. */
interface Exports {
  readonly file: string;
  readonly source: string;
  readonly names: readonly string[];
}

function exportsOf(index: string): Exports[] {
  const found = index.matchAll(/^export (?:type )?\{([^}]+)\} from '([^']+)'/gm);
  return [...found].map(([, list = '', file = '']) => {
    return { file, source: readSource(file), names: list.match(/\w+/g) ?? [] };
  });
}

function readSource(file: string): string {
  return readFileSync(join(root, 'lib', file), 'utf8');
}

/** The section of the types that are no interface: the values of each, or its definition. */
function typesOf(files: readonly Exports[]): string {
  const rows = files.flatMap(({ names, source }) =>
    names.flatMap((name) => {
      const definition = definitionOf(source, `type ${name}`);
      const [, list] = /^\(typeof (\w+)\)\[number\]$/.exec(definition ?? '') ?? [];
      const named = list === undefined ? `type ${name}` : `const ${list}`;
      const values = list === undefined ? definition : valuesIn(definitionOf(source, named));
      // The type of all settings is inferred from their schema, and has a page of its own.
      if (values === undefined || values.includes('typeof')) return [];
      return `| \`${name}\` | \`${cell(values)}\` | ${parse(commentOf(source, named)).text} |\n`;
    }),
  );
  return `## Types\n${tableOf(['Type', 'Values', 'What it is'], rows.sort())}`;
}

function definitionOf(source: string, declaration: string): string | undefined {
  const pattern = new RegExp(`^(?:export )?${declaration} =\\s+(?:\\| )?([\\s\\S]+?);$`, 'm');
  return pattern.exec(source)?.[1];
}

function valuesIn(list = ''): string {
  return (list.match(/'\w+'/g) ?? []).join(' | ');
}

function commentOf(source: string, declaration: string): string {
  const pattern = new RegExp(`${COMMENT}\\n(?:export )?${declaration} =`);
  return pattern.exec(source)?.[1] ?? '';
}

/** Code, as it stands in one line of a table. */
function cell(code: string): string {
  return code.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

/** A section for each exported class or interface with properties. */
function declarationsOf(
  { source, names }: Omit<Exports, 'file'>,
  kind: 'class' | 'interface',
  title?: string,
): string[] {
  const pattern = new RegExp(`${COMMENT}\\nexport ${kind} (\\w+)[^{]*\\{([\\s\\S]*?)\\n\\}`, 'g');
  const found = [...source.matchAll(pattern)].filter(([, , name = '']) => names.includes(name));
  return found.map(([, comment = '', name = '', body = '']) => {
    const properties = propertiesOf(body);
    const rows = properties.map(
      (each) => `| \`${each.name}\` | \`${each.type}\` | ${each.text} | ${each.fallback} |\n`,
    );
    const { text, example } = parse(comment);
    const table = properties.every(({ fallback }) => fallback === '')
      ? tableOf(['Property', 'Type', 'What it is'], rows.map(withoutDefault))
      : tableOf(['Prop', 'Type', 'What it does', 'Default'], rows);
    return `## ${title ?? name}\n\n${text}\n${example}${table}`;
  });
}

function withoutDefault(row: string): string {
  return row.replace(/ \|[^|]*\|\n$/, ' |\n');
}

function tableOf(head: readonly string[], rows: readonly string[]): string {
  return `\n| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${rows.join('')}`;
}

function propertiesOf(body: string): Property[] {
  const pattern = new RegExp(
    `(?:${COMMENT}\\n)?^ {2}(?:public )?readonly (\\w+)\\??: ([\\s\\S]+?);$`,
    'gm',
  );
  return [...body.matchAll(pattern)].map(([, comment = '', name = '', type = '']) => {
    const { text, fallback } = parse(comment);
    return { name, type: cell(type), text, fallback };
  });
}

/** A doc comment's sentences, its default and its example. */
function parse(comment: string) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  const [all = '', example = ''] = lines.join('\n').split('@example');
  const plain = all
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const [text = '', fallback = ''] = plain.split(/\s*@default\s*/);
  return {
    text: text.replaceAll('|', '\\|'),
    fallback: fallback.startsWith('- ') ? fallback.slice(2) : fallback && `\`${fallback}\``,
    example: example === '' ? '' : `\n\`\`\`ts\n${example.trim()}\n\`\`\`\n`,
  };
}

if (import.meta.main) writeFileSync(join(root, 'docs/api.md'), apiPage());
