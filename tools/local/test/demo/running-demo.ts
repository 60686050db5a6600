import { type SpawnSyncReturns, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'vitest';

export const root = resolve(import.meta.dirname, '..', '..', '..', '..');

/** The outcome of a run. */
export type Run = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>;

/** Starts the demo as a user would, with additional environment variables. */
export function startDemo(args: readonly string[], variables: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [join(root, 'tools/local/bin/demo.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KAFKA_BOOTSTRAP_SERVERS: '', ...variables },
  });
}

/** Runs the demo as a user would. */
export function demo(...args: string[]): Promise<Run> {
  return endOf(startDemo(args, {}));
}

/** Waits for the end of a run. */
export async function endOf(child: ReturnType<typeof startDemo>): Promise<Run> {
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

/** Paths of all files below a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** A line of an archived object. */
export interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: unknown;
}

/** Reads all lines of a bucket's folder, without the project's code. */
export function readArchive(out: string): Line[] {
  return filesOf(join(out, 'archive')).flatMap((file) => {
    const body = readFileSync(join(out, 'archive', file));
    const unpacked = file.endsWith('.gz')
      ? gunzipSync(body)
      : file.endsWith('.zst')
        ? zstdDecompressSync(body)
        : body;
    expect(unpacked.at(-1)).toBe(10);
    const lines = unpacked.toString().trimEnd().split('\n');
    return lines.map((line): Line => JSON.parse(line));
  });
}

/** Expects each partition to have every offset from 0 once. */
export function expectEachOffsetOnce(lines: readonly Line[], partitions: number): void {
  const offsets = Map.groupBy(lines, ({ partition }) => partition);
  expect(offsets.size).toBe(partitions);
  for (const list of offsets.values()) {
    const sorted = list.map(({ offset }) => offset).sort((a, b) => a - b);
    expect(sorted).toEqual(sorted.map((_, index) => index));
  }
}

/**
 * Expects a run to print what a section of docs/tutorial.md shows of it, except for figures, lines of progress, and the
 * hint of `--keep`.
 *
 * @param command the demo's command, which precedes its output on the page
 * @param out the run's folder, which is `demo-out` on the page
 */
export function expectAsInTutorial({ stdout }: Run, command: string, out: string): void {
  const page = readFileSync(join(root, 'docs/tutorial.md'), 'utf8');
  const [, shown = ''] = page.split(`\n${command}\n\`\`\`\n\n\`\`\`\n`);
  const withoutFigures = (text: string) => text.replaceAll(/\d+(?:[.,]\d+)*/g, '#');
  const lines = shown
    .slice(0, shown.indexOf('\n```'))
    .split('\n')
    .filter((line) => !/^(produced |S3 at |npm run )/.test(line))
    .map((line) => withoutFigures(line.replace(/ *…$/, '')))
    .filter((line) => line !== '');
  expect(lines).not.toEqual([]);
  const printed = withoutFigures(stdout.replaceAll(out, 'demo-out'));
  expect(lines.filter((line) => !printed.includes(line))).toEqual([]);
}

/** Expects a run to have archived a number of records, and returns them. */
export function expectArchived(run: Run, out: string, records: number): Line[] {
  const { status, stdout, stderr } = run;
  expect(stderr).toBe('');
  expect(stdout).toContain(`every offset stored exactly once: ${records} of ${records}\n`);
  expect(status).toBe(0);
  const lines = readArchive(out);
  expect(lines).toHaveLength(records);
  return lines;
}

/** Expects a run to fail with one line for the user, by default with exit code 1. */
export function expectRefused({ status, stderr }: Run, message: RegExp, code = 1): void {
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(status).toBe(code);
}
