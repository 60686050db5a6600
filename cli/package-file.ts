import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Reads a text file of this package, in a clone as well as built.
 *
 * @param path relative to the folder of `package.json`
 */
export function readPackageFile(path: string): string {
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) throw new Error('the package has no package.json');
  return readFileSync(join(dirname(file), path), 'utf8');
}
