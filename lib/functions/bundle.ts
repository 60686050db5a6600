import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import type { BuildOptions } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/**
 * Loads esbuild, which only a clone and an archive with `enrich` need.
 *
 * @throws Error if it is not installed
 */
export function loadEsbuild(): typeof import('esbuild') {
  try {
    return createRequire(import.meta.url)('esbuild');
  } catch (cause) {
    const problem = 'esbuild is not installed, but enrich needs it';
    throw new Error(`${problem}: npm install --save-dev esbuild`, { cause });
  }
}

/** The functions, each a file with the same name in `lambda/`. */
export const functionEntries = [
  'archive',
  'archive-firehose',
  'replay',
  'replay-firehose',
  'catalog-check',
  'audit',
] as const;

/** One of {@link functionEntries}. */
export type FunctionEntry = (typeof functionEntries)[number];

/**
 * Bundles a function into `dist/<entry>/` and returns that folder, which holds `index.mjs`, its source map, and nothing
 * else.
 *
 * The stack deploys this folder with a plain `lambda.Function`, not through `NodejsFunction`, because the
 * emulator and the tests run the same folder: what is tested locally is deployed, byte for byte. The same
 * sources give the same bytes in any folder.
 *
 * @param folder another folder to write to; the bytes are the same as for `dist/<entry>/`. The package has its bundles
 * in `dist/functions/`, because `npm run build` deletes that folder while a test may read `dist/<entry>/`.
 * @throws esbuild's `BuildFailure` if the sources do not compile
 */
export function bundleFunction(
  entry: FunctionEntry,
  folder: string = join(root, 'dist', entry),
): string {
  const { buildSync } = loadEsbuild();
  const options = { ...bundleOptions, outfile: join(root, 'dist', entry, 'index.mjs') };
  const whole = buildSync({
    ...options,
    ...partOptions,
    entryPoints: [join('lambda', `${entry}.ts`)],
    minify: false,
    sourcemap: 'inline',
    write: false,
  });
  const contents = whole.outputFiles.map(({ text }) => withPlainKeys(text)).join('');
  const { outputFiles } = buildSync({
    ...options,
    stdin: { contents, resolveDir: join(root, 'dist', entry), sourcefile: 'index.mjs' },
    // Without a comment in the bundle that names the map; lambda/io/source-stack.ts finds it by its name.
    sourcemap: 'external',
    write: false,
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  replaceFiles(folder, files);
  return folder;
}

/** The esbuild options of every function, including that of the trial cluster. Entries are relative to the project. */
export const bundleOptions = {
  absWorkingDir: root,
  // Keeps the paths of packages in the source map, even if node_modules is a link.
  preserveSymlinks: true,
  bundle: true,
  // No `external`, since the SDK of the Lambda runtime changes without a deployment.
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'eof',
  logLevel: 'silent',
} satisfies BuildOptions;

/** Replaces parts of the SDK, of Node and of the Kafka client that a function does not need, for a shorter cold start. */
const partOptions = {
  alias: {
    'node:http': './lambda/io/bundled/node-http.ts',
    'node:https': './lambda/io/bundled/node-https.ts',
    'node:process': './lambda/io/bundled/node-process.ts',
    'node:util': './lambda/io/bundled/node-util.ts',
    '@aws-sdk/credential-provider-node': './lambda/io/bundled/function-credentials.ts',
    '@smithy/core/event-streams': './lambda/io/bundled/no-event-streams.ts',
    // The same with its WebAssembly in the code; the default reads a file beside its own.
    '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled',
    avsc: './lambda/io/bundled/nothing.ts',
    debug: './lambda/io/bundled/nothing.ts',
  },
} satisfies BuildOptions;

/**
 * Replaces the computed keys of the SDK's schemas (`{ [_h]: … }`, with `var _h = "http"`) by plain ones.
 *
 * A client has a schema for each operation of its service: more than 100 in S3, of which the functions call a few.
 * esbuild drops an unused object, but not if a key is computed, because that may have an effect. So this is
 * the text between two passes: the first one bundles, the second one drops the schemas and minifies.
 */
function withPlainKeys(bundle: string): string {
  const texts = new Map(
    Array.from(bundle.matchAll(/^var (_\w+) = ("\w*");$/gm), ([, name, text]) => [name, text]),
  );
  return bundle.replaceAll(/\[(_\w+)\]:/g, (key, name) =>
    texts.has(name) ? `${texts.get(name)}:` : key,
  );
}

interface File {
  /** The path in the folder of the bundle. */
  readonly name: string;
  readonly contents: Uint8Array;
}

/**
 * Makes the folder hold exactly these files. Tests and a synth may do this concurrently, so each file is
 * renamed into place when it is complete.
 */
function replaceFiles(folder: string, files: readonly File[]): void {
  mkdirSync(folder, { recursive: true });
  const temporary = mkdtempSync(`${folder}-${process.pid}-`);
  try {
    for (const { name, contents } of files) {
      const whole = join(temporary, basename(name));
      writeFileSync(whole, contents);
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      renameSync(whole, join(folder, name));
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const kept = files.map(({ name }) => name.split('/')[0]);
  const stale = readdirSync(folder).filter((name) => !kept.includes(name));
  for (const name of stale) rmSync(join(folder, name), { recursive: true, force: true });
}
