import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { sourceStack } from '../../../lambda/io/source-stack.ts';
import { bundleFunction } from '../../../lib/functions/bundle.ts';

const root = join(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(tmpdir(), 'source-stack-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const bundle = join(bundleFunction('archive', scratch), 'index.mjs');
const { href } = pathToFileURL(bundle);

/** A message of lambda/core/errors.ts, which the bundle contains once. */
const MESSAGE = '`unexpected $';

/** The place of a text, as stack traces count: `line:column`, both from one. */
function placeOf(text: string, file: string): string {
  const [before = '', ...after] = readFileSync(file, 'utf8').split(text);
  expect(after).toHaveLength(1);
  const lines = before.split('\n');
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

it('names places in the sources instead of those in the bundle', () => {
  const elsewhere = '    at run (file:///opt/index.mjs:1:1)\n    at node:internal/x:1:2';
  const stack = `ArchiverError: x\n    at t (${href}:${placeOf(MESSAGE, bundle)})\n${elsewhere}`;
  const place = `lambda/core/errors.ts:${placeOf(MESSAGE, join(root, 'lambda/core/errors.ts'))}`;
  expect(sourceStack(stack, href)).toBe(`ArchiverError: x\n    at t (${place})\n${elsewhere}`);
});

it("leaves a place in esbuild's own code, which begins the bundle", () => {
  const stack = `at ${href}:1:1`;
  expect(sourceStack(stack, href)).toBe(stack);
});

it('leaves a stack trace without a source map', () => {
  const stack = `at t (${import.meta.url}:3:4)`;
  expect(sourceStack(stack, import.meta.url)).toBe(stack);
});
