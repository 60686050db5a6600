import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { openLog } from '../log-file.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function write(text: string, ...to: Parameters<typeof openLog>): Promise<void> {
  const log = openLog(...to);
  log.end(text);
  await finished(log);
}

it('a log exists at once, in a new folder', () => {
  const path = join(temporaryFolder(), 'out/function.log');
  openLog(path).destroy();
  expect(readFileSync(path, 'utf8')).toBe('');
});

it('a log is appended to or replaced', async () => {
  const path = join(temporaryFolder(), 'function.log');
  await write('first\n', path);
  await write('second\n', path, 'a');
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
  await write('third\n', path);
  expect(readFileSync(path, 'utf8')).toBe('third\n');
});

it.each([
  ['it is a folder', '', 'EISDIR'],
  ['its folder is a file', 'file/function.log', 'EEXIST'],
])('a log is refused if %s', (_, name, code) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, name);
  const open = () => openLog(path);
  expect(open).toThrow(ArchiverError);
  expect(open).toThrow(`cannot write the log ${path}: ${code}`);
});
