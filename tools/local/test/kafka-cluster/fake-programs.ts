import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';

/** Folders of a test file's own, that are gone when its tests are over. */
export function temporaryFolders(): { create(): string } {
  let root: string;
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'kafka-cluster-')));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return { create: () => mkdtempSync(join(root, 'test-')) };
}

/** Puts a shell script where a program would be, and gives the program's path. */
export function writeProgram(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return program;
}

/** A script that says its version as Java does. */
export function javaVersion(version: string): string {
  return `echo 'openjdk version "${version}" 2025-04-15' >&2`;
}

/** The message that something is refused with, as the user's mistake. */
export async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
    return error.message;
  }
  return 'none';
}
