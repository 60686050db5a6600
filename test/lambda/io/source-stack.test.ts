import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

it('leaves a place that has no source, such as in a helper of esbuild', () => {
  const folder = join(scratch, 'helper');
  mkdirSync(folder);
  const map = { version: 3, names: [], sources: ['../../lambda/a.ts'], mappings: ';AAAA' };
  writeFileSync(join(folder, 'index.mjs.map'), JSON.stringify(map));
  const own = pathToFileURL(join(folder, 'index.mjs')).href;
  expect(sourceStack(`at ${own}:1:1\nat ${own}:2:1`, own)).toBe(
    `at ${own}:1:1\nat lambda/a.ts:1:1`,
  );
});

it('leaves a stack trace without a source map', () => {
  const stack = `at t (${import.meta.url}:3:4)`;
  expect(sourceStack(stack, import.meta.url)).toBe(stack);
});
