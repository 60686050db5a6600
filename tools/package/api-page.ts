import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A property of a class or interface, with the parts of its doc comment. */
interface Property {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly fallback: string;
}

const HEAD = `# API reference

Generated from the doc comments of [lib/kafka-archive-props.ts](../lib/kafka-archive-props.ts) and
[lib/kafka-archive.ts](../lib/kafka-archive.ts) by \`npm run docs:api\`.

`;

/** Generates docs/api.md from the sources. TypeDoc has no release that supports this project's compiler. */
export function apiPage(): string {
  const read = (file: string) => readFileSync(join(root, 'lib', file), 'utf8');
  const props = read('kafka-archive-props.ts');
  const archive = read('kafka-archive.ts');
  const sections = [
    ...declarationsOf(archive, 'class', 'Properties of a KafkaArchive'),
    ...declarationsOf(props, 'interface'),
  ];
  return `${HEAD}${sections.join('\n')}`;
}

/** Generates a section for each exported class or interface. */
function declarationsOf(source: string, kind: 'class' | 'interface', title?: string): string[] {
  const pattern = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport ${kind} (\\w+)[^{]*\\{([\\s\\S]*?)\\n\\}`,
    'g',
  );
  return [...source.matchAll(pattern)].map(([, comment = '', name = '', body = '']) => {
    const rows = propertiesOf(body).map(
      (each) => `| \`${each.name}\` | \`${each.type}\` | ${each.text} | ${each.fallback} |\n`,
    );
    const { text, example } = parse(comment);
    const table =
      kind === 'class'
        ? tableOf(['Property', 'Type', 'Description'], rows.map(withoutDefault))
        : tableOf(['Prop', 'Type', 'Description', 'Default'], rows);
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
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(?:public )?readonly (\w+)\??: ([^;]+);/g;
  return [...body.matchAll(pattern)].map(([, comment = '', name = '', type = '']) => {
    const { text, fallback } = parse(comment);
    return { name, type: type.replaceAll('|', '\\|').replaceAll(/\s+/g, ' '), text, fallback };
  });
}

/** Splits a doc comment into its text, its default and its example. */
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
