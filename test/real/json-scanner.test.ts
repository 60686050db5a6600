import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('the WebAssembly in lambda/core is what its source compiles to', () => {
  const build = join(import.meta.dirname, '../../tools/scanner/build.ts');
  // Fails with what the script says where the two differ, and where the compiler cannot be had.
  const said = execFileSync(process.execPath, [build, '--check'], { encoding: 'utf8' });
  expect(said).toBe('');
});
