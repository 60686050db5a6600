import { type SpawnSyncReturns, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'vitest';

export const root = resolve(import.meta.dirname, '..', '..', '..', '..');

/** A run that has ended. */
export type Run = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>;

/** Starts the demo as a user does, with these variables besides the environment's. */
export function startDemo(args: readonly string[], variables: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [join(root, 'tools/local/bin/demo.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KAFKA_BOOTSTRAP_SERVERS: '', ...variables },
  });
}

/** Runs the demo as a user does. */
export function demo(...args: string[]): Promise<Run> {
  return endOf(startDemo(args, {}));
}

/** What a run has said, when it is over. */
export async function endOf(child: ReturnType<typeof startDemo>): Promise<Run> {
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

/** The files below a folder, from there. */
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

/** All lines of a bucket's folder, read without anything of the project. */
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

/** Expects each partition to have every offset from 0 on, once. */
export function expectEachOffsetOnce(lines: readonly Line[], partitions: number): void {
  const offsets = Map.groupBy(lines, ({ partition }) => partition);
  expect(offsets.size).toBe(partitions);
  for (const list of offsets.values()) {
    const sorted = list.map(({ offset }) => offset).sort((a, b) => a - b);
    expect(sorted).toEqual(sorted.map((_, index) => index));
  }
}

/** Expects a run that has archived so many records; returns what it has archived. */
export function expectArchived(run: Run, out: string, records: number): Line[] {
  const { status, stdout, stderr } = run;
  expect(stderr).toBe('');
  expect(stdout).toContain(`every offset stored exactly once: ${records} of ${records}\n`);
  expect(status).toBe(0);
  const lines = readArchive(out);
  expect(lines).toHaveLength(records);
  return lines;
}

/** Expects a run that is refused, by one line for the user. */
export function expectRefused({ status, stderr }: Run, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
}
