import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ENRICH_SYMBOL } from '../../lambda/contract.ts';
import { bundleFunction, type FunctionEntry, loadEsbuild } from './bundle.ts';

/** Whether this runs from the package, as JavaScript and with prebuilt bundles. In a clone, it is TypeScript. */
const isPackage = import.meta.filename.endsWith('.js');

/**
 * Returns the folder of a function for a stack to deploy: in the package its prebuilt bundle, in a clone a new
 * one.
 *
 * @param enrich the path of a module that exports `enrich`, which then replaces the one in `lambda/enrich.ts`;
 * a relative path is resolved against the working directory
 * @throws Error if the module has no such export or esbuild is not installed; esbuild's `BuildFailure` if the
 * module does not compile
 */
export function functionFolder(entry: FunctionEntry, enrich?: string): string {
  const folder = isPackage
    ? join(import.meta.dirname, '../../functions', entry)
    : bundleFunction(entry);
  return enrich === undefined ? folder : enrichedFolder(folder, resolve(enrich));
}

/** A file to deploy beside a bundle. */
export interface AddedFile {
  readonly name: string;
  readonly text: string;
}

/** Returns a copy of a function's folder with one more file, until the process ends. */
export function folderWith(folder: string, { name, text }: AddedFile): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(copy, name), text);
  return copy;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-archive-function-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Sets `enrich` before it loads the function, which reads it only once. */
const INDEX = `import { enrich } from './enrich.mjs';
globalThis[Symbol.for('${ENRICH_SYMBOL}')] = enrich;
const { handler } = await import('./function.mjs');
export { handler };
`;

/** Creates a copy of a function's folder with another `enrich`: a file for each, and an index that loads both. */
function enrichedFolder(folder: string, enrich: string): string {
  const { metafile, outputFiles } = loadEsbuild().buildSync({
    // Keeps the output independent of the app's working directory.
    absWorkingDir: dirname(enrich),
    entryPoints: [enrich],
    outfile: 'enrich.mjs',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'eof',
    logLevel: 'silent',
  });
  const exported = Object.values(metafile.outputs).flatMap((output) => output.exports);
  if (!exported.includes('enrich')) {
    const found = exported.length === 0 ? 'nothing' : exported.join(', ');
    throw new Error(
      `enrich must be the path of a module that exports 'enrich', got ${enrich}, which exports ${found}`,
    );
  }
  const enriched = temporaryFolder();
  cpSync(join(folder, 'index.mjs'), join(enriched, 'function.mjs'));
  cpSync(join(folder, 'index.mjs.map'), join(enriched, 'index.mjs.map'));
  for (const { contents } of outputFiles) writeFileSync(join(enriched, 'enrich.mjs'), contents);
  writeFileSync(join(enriched, 'index.mjs'), INDEX);
  return enriched;
}
