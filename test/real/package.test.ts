import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiPage } from '../../tools/package/api-page.ts';

const root = resolve(import.meta.dirname, '../..');

interface Packed {
  /** The size of the tarball in bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Matches the imports of packages. */
const IMPORT = /(?:\bfrom|^import) '([^.'][^']*)';$/gm;

/** The construct, the command line, the code that they share with the functions, the functions' bundles, and the pages. */
const allowed = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
  /^dist\/(bin|cli|kafka|lambda|lib)\/[\w/-]+\.js$/,
  /^dist\/bin\/require-node\.mjs$/,
  /^dist\/(lambda|lib)\/[\w/-]+\.d\.ts$/,
  /^dist\/functions\/(?:(?:archive|replay)(?:-firehose)?|audit|catalog-check)\/index\.mjs(\.map)?$/,
  /^sql\/duckdb\.sql$/,
  // Alarms and notifications name the runbook.
  /^docs\/[\w/-]+\.md$/,
];

describe('the packed tarball', () => {
  let packed: Packed;
  let paths: readonly string[];

  beforeAll(async () => {
    const arguments_ = ['pack', '--dry-run', '--json', '--silent'];
    const { stdout } = await promisify(execFile)('npm', arguments_, { cwd: root });
    const [only]: Packed[] = JSON.parse(stdout);
    if (only === undefined) throw new Error('nothing was packed');
    packed = only;
    paths = only.files.map(({ path }) => path);
  }, 120_000);

  it('contains only what a user needs', () => {
    expect(paths.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'dist/functions/archive/index.mjs',
        'dist/functions/archive-firehose/index.mjs',
        'dist/functions/replay/index.mjs',
        'dist/functions/replay-firehose/index.mjs',
        'dist/lib/index.d.ts',
        'dist/lib/index.js',
        'docs/runbook.md',
      ]),
    );
  });

  it('is small', () => {
    // The source maps of the functions, which make the stack traces in their logs readable, are half of it.
    // A third is the audit's bundle with its map: it contains the Kafka client.
    expect(packed.size).toBeLessThan(2_500_000);
  });

  it('asks for a newer Node before it links what an older one cannot', async () => {
    const oldNode = `data:text/javascript,
      import { registerHooks } from 'node:module';
      Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });
      registerHooks({
        resolve(name, context, next) {
          if (name.includes('/cli/')) throw new SyntaxError('cannot be linked');
          return next(name, context);
        },
      });`;
    const command = ['--import', oldNode, join(root, 'dist/bin/kafka-archive.js')];

    await expect(promisify(execFile)(process.execPath, command)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^msk-s3-archiver needs Node 22\.18 or later, but this is 20\.20\.2: .+\n$/,
      ),
    });
  });

  it('imports only packages that its package.json lists', () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const imported = paths
      .filter((path) => /^dist\/(?!functions).*\.js$/.test(path))
      .flatMap((path) => [...readFileSync(join(root, path), 'utf8').matchAll(IMPORT)])
      .map(([, name = '']) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
    expect(imported).not.toEqual([]);
    const named = { ...dependencies, ...peerDependencies };
    expect([...new Set(imported)].filter((name) => !(name in named))).toEqual([]);
  });
});

it('docs/api.md is up to date with npm run docs:api', () => {
  expect(readFileSync(join(root, 'docs/api.md'), 'utf8')).toBe(apiPage());
});
