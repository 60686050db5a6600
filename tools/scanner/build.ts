import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { print, printError } from '../../cli/terminal.ts';

/** Pinned, because another version may compile the same source to other bytes. */
const COMPILER = 'assemblyscript@0.28.20';

const target = join(import.meta.dirname, '../../lambda/core/record/json-scanner-wasm.ts');

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'json-scanner-'));
  try {
    const wasm = join(folder, 'json-scanner.wasm');
    const flags = [
      ...['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd'],
      // No static data: all memory belongs to the caller.
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

const command = createCommand(
  'npm run build:scanner --',
  `Compiles tools/scanner/json-scanner.ts to WebAssembly, as text in \
lambda/core/record/json-scanner-wasm.ts. Needs npm's registry, because the compiler is larger than \
all development dependencies together and is therefore not one of them.`,
)
  .option('--check', 'write nothing, and fail if the file differs from the output of the compiler')
  .action(({ check = false }) => {
    const text = toModule(compile());
    if (!check) writeFileSync(target, text);
    else if (readFileSync(target, 'utf8') !== text) {
      printError(
        'lambda/core/record/json-scanner-wasm.ts is out of date: run npm run build:scanner',
      );
      throw new NotDone();
    }
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
