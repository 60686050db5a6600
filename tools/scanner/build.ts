import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HELP = `Compiles tools/scanner/json-scanner.ts to WebAssembly, as text in lambda/core/record/json-scanner-wasm.ts. Needs npm's
registry: the compiler is fetched for the occasion, being larger than all else together that it would come with.

Usage: npm run build:scanner [-- --check]
  --check   writes nothing, and fails where the file is not what the compiler makes
`;

/** Pinned: another version may make other bytes of the same source. */
const COMPILER = 'assemblyscript@0.28.20';

const target = join(import.meta.dirname, '../../lambda/core/record/json-scanner-wasm.ts');

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'json-scanner-'));
  try {
    const wasm = join(folder, 'json-scanner.wasm');
    const flags = [
      ...['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd'],
      // No data of its own: all of its memory is the caller's.
      ...['--memoryBase', '0', '--initialMemory', '1', '--outFile', wasm],
    ];
    const source = join(import.meta.dirname, 'json-scanner.ts');
    const command = ['exec', '--yes', `--package=${COMPILER}`, '--', 'asc', source, ...flags];
    execFileSync('npm', command, { stdio: ['ignore', 'inherit', 'inherit'] });
    return readFileSync(wasm);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toModule(wasm: Buffer): string {
  const lines = wasm.toString('base64').match(/.{1,96}/g) ?? [];
  return `/** tools/scanner/json-scanner.ts as WebAssembly, in base64: made by \`npm run build:scanner\`, not by hand. */
export const jsonScannerWasm =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}

const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== '--check')) {
  console.log(HELP);
  if (option !== '--help') process.exitCode = 2;
} else if (option === undefined) {
  writeFileSync(target, toModule(compile()));
} else if (readFileSync(target, 'utf8') !== toModule(compile())) {
  console.error(
    'lambda/core/record/json-scanner-wasm.ts is not made of tools/scanner/json-scanner.ts: run',
  );
  console.error('  npm run build:scanner');
  process.exitCode = 1;
}
