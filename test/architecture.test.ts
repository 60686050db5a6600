import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file).replaceAll('\\', '/'));
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** What a file imports: paths from the root for the project's own files, names for the rest. */
function imports(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.')
      ? relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/')
      : name,
  );
}

/** Not the hosts of AWS's console. */
const printing = /\bconsole\.(?!aws\.|amazonaws)/;

const pure = ['node:buffer', 'node:crypto', 'node:util', 'node:zlib', 'p-limit'];

describe('what imports what', () => {
  it.each(sources('lambda/core'))('%s is pure', (file) => {
    const isAllowed = (name: string) =>
      name.startsWith('lambda/core/') || name === 'lambda/contract.ts' || pure.includes(name);
    expect(imports(file).filter((name) => !isAllowed(name))).toEqual([]);
    expect(read(file)).not.toMatch(printing);
    expect(read(file)).not.toMatch(
      /\bprocess\.|Date\.now|new Date\(\)|Math\.random|randomUUID|setTimeout|performance\./,
    );
  });

  it.each(sources('lambda'))('%s knows nothing of constructs and emulator', (file) => {
    const foreign =
      /^(bin|cli|dashboard|lib|emulator|bench|faults|test)\/|^aws-cdk-lib|^constructs/;
    expect(imports(file).filter((name) => foreign.test(name))).toEqual([]);
  });

  it.each(sources('lambda').filter((file) => !file.startsWith('lambda/io/')))(
    '%s leaves the AWS SDK to lambda/io',
    (file) => {
      expect(imports(file).filter((name) => /^@(aws-sdk|smithy)\//.test(name))).toEqual([]);
    },
  );

  it.each(sources('lib'))('%s takes from the functions only the contract', (file) => {
    expect(imports(file).filter((name) => name.startsWith('lambda/'))).toEqual(
      imports(file).filter((name) => /^lambda\/(trial-)?contract\.ts$/.test(name)),
    );
  });

  it.each(sources('emulator'))('%s takes from the functions only contract and errors', (file) => {
    const allowed = ['lambda/contract.ts', 'lambda/core/errors.ts'];
    expect(
      imports(file).filter((name) => name.startsWith('lambda/') && !allowed.includes(name)),
    ).toEqual([]);
  });
});

describe('what the picture of the dashboard imports', () => {
  it.each(sources('dashboard/metrics'))('%s is pure', (file) => {
    const isAllowed = (name: string) =>
      /^dashboard\/(metrics\/|definition\/(alarms|dashboard-body)\.ts$|errors\.ts$)/.test(name);
    expect(imports(file).filter((name) => !isAllowed(name))).toEqual([]);
    expect(read(file)).not.toMatch(/\bprocess\.|\bconsole\.|Date\.now|new Date\(\)|Math\.random/);
  });

  it.each(sources('dashboard/picture'))('%s knows nothing of simulation and stack', (file) => {
    const foreign = /^(bin|cli|dashboard\/simulation|lib|lambda|emulator)\/|^node:|^aws-cdk-lib/;
    expect(imports(file).filter((name) => foreign.test(name))).toEqual([]);
  });

  it.each([...sources('lib'), ...sources('emulator'), ...sources('cli')])(
    '%s does not need it',
    (file) => {
      expect(imports(file).filter((name) => name.startsWith('dashboard/'))).toEqual([]);
    },
  );
});

describe('errors and environment', () => {
  it.each([...sources('lambda')])('%s raises ArchiverError, not Error', (file) => {
    expect(read(file)).not.toMatch(/new (Type|Range)?Error\(/);
  });

  it('is read where the parts of a function are wired alone: the environment', () => {
    const readers = sources('lambda').filter((file) => /process\.env/.test(read(file)));
    expect(readers).toEqual([
      'lambda/archive-wiring.ts',
      'lambda/firehose-delivery.ts',
      'lambda/replay-wiring.ts',
      'lambda/trial.ts',
    ]);
  });

  it('is left to Powertools: what is printed', () => {
    expect(sources('lambda').filter((file) => printing.test(read(file)))).toEqual([]);
  });
});

describe('documentation', () => {
  const folders = ['lambda', 'lib', 'cli', 'dashboard', 'emulator', 'bench', 'faults'];
  it.each(folders.flatMap(sources))('%s has a doc comment on every export', (file) => {
    const undocumented = [
      ...read(file).matchAll(/^(?!\s*(?: \*\/|\*\/))(.*)\n(export (?!\{|\*|type \{).*)/gm),
    ]
      .filter(([, before = '']) => !before.trim().endsWith('*/'))
      .map(([, , line = '']) => line)
      // A type named after the constant above it, which has the comment.
      .filter((line) => !/^export type (\w+) = \(typeof /.test(line));
    expect(undocumented).toEqual([]);
  });
});
