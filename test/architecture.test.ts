import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

const product = ['bin', 'cli', 'kafka', 'lambda', 'lib'];
const tools = ['tools/account', 'tools/bench', 'tools/faults', 'tools/local', 'tools/prove'];

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !/^tools\/\w+\/test\/|\/node_modules\//.test(file));
}

const texts = new Map(
  [...product, ...tools].flatMap(sourcesOf).map((file) => [file, read(file)] as const),
);

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** What a file imports: paths from the root for the project's own files, names for the rest. */
function importsOf(file: string): string[] {
  const found = texts.get(file)?.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g) ?? [];
  return [...found].map(([, name = '']) =>
    name.startsWith('.')
      ? relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/')
      : name,
  );
}

/** `file → import` for each import, in the files under a folder, that is not allowed. */
function refused(folder: string, isAllowed: (name: string, file: string) => boolean): string[] {
  return files(folder).flatMap((file) =>
    importsOf(file)
      .filter((name) => !isAllowed(name, file))
      .map((name) => `${file} → ${name}`),
  );
}

/** Every file under a folder. */
function files(folder: string): string[] {
  const found = [...texts.keys()].filter((file) => file.startsWith(`${folder}/`));
  expect(found).not.toEqual([]);
  return found;
}

/** Every file under a folder whose text matches. */
function matching(folder: string, pattern: RegExp): string[] {
  return files(folder).filter((file) => pattern.test(texts.get(file) ?? ''));
}

/** An import circle, as the files on it; undefined where there is none. */
function importCircle(): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const name of importsOf(file).filter((each) => texts.has(each))) {
      const circle = visit(name);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of texts.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe('architecture', () => {
  it('keeps lambda/core pure: no clock, no ids, no I/O, nothing printed', () => {
    const pure = ['node:buffer', 'node:crypto', 'node:util', 'node:zlib', 'p-limit'];
    expect(
      refused(
        'lambda/core',
        (name) =>
          name.startsWith('lambda/core/') || name === 'lambda/contract.ts' || pure.includes(name),
      ),
    ).toEqual([]);
    const impure =
      /\bprocess\.|Date\.now|new Date\(\)|Math\.random|randomUUID|setTimeout|performance\./;
    expect(matching('lambda/core', impure)).toEqual([]);
  });

  it('lets the product import no tool and no test', () => {
    const isAllowed = (name: string) => !/^(tools|test)\//.test(name);
    expect(product.flatMap((folder) => refused(folder, isAllowed))).toEqual([]);
  });

  it('lets the tools import no test', () => {
    const isAllowed = (name: string) => !/(^|\/)test\//.test(name);
    expect(refused('tools', isAllowed)).toEqual([]);
  });

  it('has no import circle, types included', () => {
    expect(importCircle()).toBeUndefined();
  });

  it('lets lib and lambda meet in the contract and the environment alone', () => {
    const isShared = (name: string, file: string) =>
      name === 'lambda/contract.ts' ||
      name === 'lambda/environment.ts' ||
      // The types of a user's own `enrich`, which the package exports.
      (file === 'lib/index.ts' && name === 'lambda/core/record/enrichment.ts');
    const isAllowed = (name: string, file: string) =>
      !name.startsWith('lambda/') || isShared(name, file);
    expect(refused('lib', isAllowed)).toEqual([]);
    const foreign = /^(bin|cli|lib)\/|^aws-cdk-lib|^constructs/;
    expect(refused('lambda', (name) => !foreign.test(name))).toEqual([]);
  });

  it('lets kafka/ know of nothing that uses it', () => {
    const isAllowed = (name: string) =>
      !/^(bin|cli|lib|lambda)\//.test(name) || name === 'lambda/core/errors.ts';
    expect(refused('kafka', isAllowed)).toEqual([]);
  });

  it('leaves the AWS SDK to lambda/io, the environment to wiring, and printing to the logger', () => {
    const isAllowed = (name: string, file: string) =>
      file.startsWith('lambda/io/') || !/^@(aws-sdk|smithy)\//.test(name);
    expect(refused('lambda', isAllowed)).toEqual([]);
    // The hosts of AWS's console are no printing.
    expect(matching('lambda', /\bconsole\.(?!aws\.|amazonaws)/)).toEqual([]);
    expect(matching('lambda', /process\.env/).filter((file) => !/-wiring\.ts$/.test(file))).toEqual(
      [],
    );
    expect(matching('lambda', /new (Type|Range)?Error\(/)).toEqual([]);
  });

  it('documents every export', () => {
    const undocumented = [...texts].flatMap(([file, text]) =>
      [...text.matchAll(/^(?!\s*(?: \*\/|\*\/))(.*)\n(export (?!\{|\*|type \{).*)/gm)]
        .filter(([, before = '']) => !before.trim().endsWith('*/'))
        .map(([, , line = '']) => `${file}: ${line}`)
        // A type named after the constant above it, which has the comment.
        .filter((line) => !/: export type (\w+) = \(typeof /.test(line)),
    );
    expect(undocumented).toEqual([]);
  });
});
