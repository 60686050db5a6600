import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { bundleOptions } from '../../lib/functions/bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/** The file that a dependency of @platformatic/kafka 2.12.1 reads from a folder next to its code. */
const WASM = 'native.wasm';

/**
 * Bundles the trial function into a folder, and returns that folder.
 *
 * One dependency of @platformatic/kafka 2.12.1 calls `require` for Node's modules, and another reads a file
 * from `../dist/`, relative to its code, which does not work in a bundle. Hence the banner, the definition and
 * the copy.
 *
 * @throws esbuild's `BuildFailure` if the sources do not compile
 */
export function bundleTrialFunction(folder: string = join(root, 'dist/trial')): string {
  buildSync({
    ...bundleOptions,
    entryPoints: ['examples/trial-cluster/function/index.ts'],
    outfile: join(folder, 'index.mjs'),
    banner: {
      js: [
        "import { createRequire as requireOf } from 'node:module';",
        'const require = requireOf(import.meta.url);',
        "const clientUrl = new URL('dist/', import.meta.url).href;",
      ].join(''),
    },
    define: { 'import.meta.url': 'clientUrl' },
  });
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const from = join(root, 'node_modules/@platformatic/wasm-utils/dist', WASM);
  cpSync(from, join(folder, 'dist', WASM));
  return folder;
}
