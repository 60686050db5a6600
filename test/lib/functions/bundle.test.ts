import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunction, type FunctionEntry } from '../../../lib/functions/bundle.ts';

const root = join(import.meta.dirname, '../../..');

interface Bundle {
  readonly entry: FunctionEntry;
  readonly mostBytes: number;
  /** The files in the folder and its subfolders. */
  readonly files: readonly string[];
}

const bundles: readonly Bundle[] = [
  { entry: 'archive', mostBytes: 310_000, files: ['index.mjs', 'index.mjs.map'] },
  // Also contains the SQS client.
  { entry: 'replay', mostBytes: 410_000, files: ['index.mjs', 'index.mjs.map'] },
  // Also contain the Firehose client.
  { entry: 'archive-firehose', mostBytes: 350_000, files: ['index.mjs', 'index.mjs.map'] },
  { entry: 'replay-firehose', mostBytes: 430_000, files: ['index.mjs', 'index.mjs.map'] },
  { entry: 'catalog-check', mostBytes: 310_000, files: ['index.mjs', 'index.mjs.map'] },
  // Also contains the Kafka client and the client of Secrets Manager.
  { entry: 'audit', mostBytes: 1_100_000, files: ['index.mjs', 'index.mjs.map'] },
];

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .sort();

describe.each(bundles)('the bundle of $entry', ({ entry, files, mostBytes }) => {
  let folder: string;
  /** A folder for this test only, since other tests bundle into `dist/` at the same time. */
  let scratch: string;

  const read = (name: string, from = folder): string => readFileSync(join(from, name), 'utf8');

  beforeAll(() => {
    folder = bundleFunction(entry);
    scratch = mkdtempSync(join(tmpdir(), 'bundle-'));
  });

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('writes the function and its source map into its folder of dist', () => {
    expect(folder).toBe(join(root, 'dist', entry));
    expect(filesIn(folder)).toEqual(files);
  });

  it('does not name its source map, which Node would read at every cold start', () => {
    expect(read('index.mjs')).not.toContain('sourceMappingURL');
  });

  it('removes every file of an earlier bundle, leaves none beside the folder, and is the same, byte for byte', () => {
    const earlier = join(scratch, 'earlier');
    mkdirSync(join(earlier, 'stale'), { recursive: true });
    writeFileSync(join(earlier, 'stale.mjs'), '');
    writeFileSync(join(earlier, 'index.mjs'), 'an older one');

    bundleFunction(entry, earlier);

    expect(filesIn(earlier)).toEqual(files);
    for (const file of files) expect(read(file, earlier)).toBe(read(file));
    expect(readdirSync(scratch).filter((name) => name.startsWith('earlier-'))).toEqual([]);
  });

  it('contains nothing about the machine that built it', () => {
    const map: { readonly sources: readonly string[]; readonly sourcesContent?: unknown } =
      JSON.parse(read('index.mjs.map'));
    expect(map.sources).toContain(`../../lambda/${entry}.ts`);
    expect(map.sources.filter((source) => !source.startsWith('../../'))).toEqual([]);
    expect(map.sourcesContent).toBeUndefined();
    expect(read('index.mjs')).not.toContain(root);
    expect(read('index.mjs.map')).not.toContain(root);
  });

  it('has the schemas of the operations that the function calls, but of no other', () => {
    const code = read('index.mjs');
    expect(code).toContain(entry === 'catalog-check' ? '"ListObjectsV2"' : '"PutObject"');
    expect(code).toContain('"NoSuchBucket"');
    expect(code).not.toContain('SelectObjectContent');
  });

  it('is small enough to start fast', () => {
    expect(Buffer.byteLength(read('index.mjs'))).toBeLessThanOrEqual(mostBytes);
  });

  it('contains all of its imports', () => {
    const imported = [
      ...read('index.mjs').matchAll(/(?:^|[;}\n])import[^'"();]*["']([^"']+)["']/g),
    ];
    const foreign = imported.map(([, name = '']) => name).filter((name) => !isBuiltIn(name));
    expect(foreign).toEqual([]);
    // esbuild emits this for a `require` that it cannot resolve, which throws in an ES module.
    expect(read('index.mjs')).not.toContain('Dynamic require of');
  });
});

function isBuiltIn(name: string): boolean {
  return process.getBuiltinModule(name) !== undefined;
}
