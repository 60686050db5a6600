import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleFunction, functionEntries } from '../../lib/functions/bundle.ts';

/** Builds what the package holds: JavaScript with declarations, since Node strips no types below node_modules, and the bundles. */
const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');

for (const folder of ['bin', 'cli', 'functions', 'kafka', 'lambda', 'lib']) {
  rmSync(join(dist, folder), { recursive: true, force: true });
}
const compile = (...options: readonly string[]) =>
  execFileSync(join(root, 'node_modules/.bin/tsc'), options, { cwd: root, stdio: 'inherit' });
compile('-p', 'tsconfig.build.json');
// Of the library only: those of the command line, whose types commander infers, would take minutes and gigabytes.
compile('-p', 'tsconfig.types.json');
for (const entry of functionEntries) bundleFunction(entry, join(dist, 'functions', entry));
chmodSync(join(dist, 'bin/kafka-archive.js'), 0o755);
cpSync(join(root, 'bin/require-node.mjs'), join(dist, 'bin/require-node.mjs'));
